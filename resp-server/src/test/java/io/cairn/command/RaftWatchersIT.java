package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** MONITOR and CLIENT TRACKING in raft mode, on a cluster of one shard. */
class RaftWatchersIT {
    private static final int PORT = 29_500;

    @TempDir
    private Path directory;

    private static List<byte[]> words(String... words) {
        return Arrays.stream(words)
                .map(word -> word.getBytes(StandardCharsets.ISO_8859_1))
                .toList();
    }

    private static String told(String key) {
        return ">2\r\n$10\r\ninvalidate\r\n*1\r\n$" + key.length() + "\r\n" + key + "\r\n";
    }

    @Test
    void whoWatchesOrTracksIsToldByTheNodeItReads() throws Exception {
        try (RaftCluster cluster = RaftCluster.form(directory, PORT, 2);
                RaftCluster.Client writer = cluster.client()) {
            int primary = writer.owner("k");
            int replica = primary == PORT ? PORT + 1 : PORT;
            try (RespConnection monitor = new RespConnection(primary);
                    RespConnection near = new RespConnection(primary);
                    RespConnection far = new RespConnection(replica);
                    RespConnection probe = new RespConnection(replica)) {
                tracksWhatItReads(writer, near);
                tracksAtAReplica(writer, far, probe);
                monitors(writer, monitor);
            }
        }
    }

    private static void tracksWhatItReads(RaftCluster.Client writer, RespConnection reader) throws Exception {
        reader.run("hello", "3");
        reader.run("client", "tracking", "on");
        writer.run("set", "k", "1");
        assertThat(reader.run("get", "k")).isEqualTo("$1\r\n1\r\n");
        writer.run("set", "k", "2");
        assertThat(reader.receive()).isEqualTo(told("k"));
        reader.run("get", "k");
        assertThat(reader.run("incr", "k")).isEqualTo(":3\r\n");
        assertThat(reader.receive()).isEqualTo(told("k"));
        reader.run("eval", "return redis.call('get', KEYS[1])", "1", "k");
        reader.run("multi");
        reader.run("incr", "k");
        reader.run("get", "k");
        assertThat(reader.run("exec")).isEqualTo("*2\r\n:4\r\n$1\r\n4\r\n");
        assertThat(reader.receive()).isEqualTo(told("k"));
        writer.run("set", "k", "5");
        writer.run("flushall");
        assertThat(reader.receive()).isIn(told("k"), ">2\r\n$10\r\ninvalidate\r\n_\r\n");
        reader.run("reset");
    }

    private static void tracksAtAReplica(RaftCluster.Client writer, RespConnection reader, RespConnection probe)
            throws Exception {
        writer.run("set", "k", "1");
        probe.run("readonly");
        String there = "";
        for (int i = 0; i < 100_000 && !there.endsWith("1\r\n1\r\n"); i++) {
            there = probe.run("get", "k");
        }
        reader.run("hello", "3");
        reader.run("readonly");
        reader.run("client", "tracking", "on");
        assertThat(reader.run("get", "k")).isEqualTo("$1\r\n1\r\n");
        writer.run("set", "k", "2");
        assertThat(reader.receive()).isEqualTo(told("k"));
    }

    private static void monitors(RaftCluster.Client writer, RespConnection monitor) throws Exception {
        assertThat(monitor.run("monitor")).isEqualTo("+OK\r\n");
        writer.run("set", "k", "v");
        writer.run("get", "k");
        writer.run("eval", "return redis.call('get', KEYS[1])", "1", "k");
        assertThat(monitor.receive()).endsWith("] \"set\" \"k\" \"v\"\r\n");
        assertThat(monitor.receive()).endsWith("] \"get\" \"k\"\r\n");
        assertThat(monitor.receive()).contains("] \"eval\" \"return");
        assertThat(monitor.receive()).endsWith(" [0 lua] \"get\" \"k\"\r\n");
        monitor.send(words("reset"));
        assertThat(monitor.receive()).isEqualTo("+RESET\r\n");
    }
}

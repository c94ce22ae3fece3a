package io.cairn.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.config.Config;
import io.cairn.resp.RawClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CONFIG of a raft node says what the node does. */
class RaftConfigIT {
    /** Below the range that the kernel gives to outgoing connections, as the defaults are not. */
    private static final int BUS_PORT = 20_701;

    private static final int RAFT_PORT = 20_702;

    @TempDir
    Path directory;

    private CairnProcess start(int port, String... more) throws Exception {
        List<String> words = new ArrayList<>(List.of(
                "--port", Integer.toString(port),
                "--dir", directory.toString(),
                "--bind", "127.0.0.1",
                "--cluster-enabled", "yes",
                "--cluster-consensus", "raft",
                "--cluster-port", Integer.toString(BUS_PORT),
                "--cluster-raft-port", Integer.toString(RAFT_PORT)));
        words.addAll(List.of(more));
        Config config = Config.of(words.toArray(new String[0]));
        CairnProcess process = new CairnProcess(config, NodeKinds.of(config));
        process.start();
        return process;
    }

    @Test
    void configShowsTheLogThatRaftModeKeepsAndRefusesToChangeIt() throws Exception {
        int port = TestServer.freePort();
        try (CairnProcess process = start(port);
                RawClient client = new RawClient(port)) {
            assertThat(process.ready()).isFalse();
            assertThat(client.call("CONFIG", "GET", "appendonly")).endsWith("$3\r\nyes\r\n");
            assertThat(client.call("CONFIG", "GET", "appendfsync")).endsWith("$6\r\nalways\r\n");
            assertThat(client.call("INFO", "persistence")).contains("aof_fsync_policy:always");
            assertThat(client.call("CONFIG", "SET", "appendonly", "no"))
                    .isEqualTo("-ERR CONFIG SET failed (possibly related to argument 'appendonly') - raft mode always"
                            + " keeps a log\r\n");
            assertThat(client.call("CONFIG", "SET", "appendfsync", "no"))
                    .isEqualTo("-ERR CONFIG SET failed (possibly related to argument 'appendfsync') - appendfsync of"
                            + " raft mode is set at the start of the server\r\n");
            assertThat(client.call("CONFIG", "SET", "appendonly", "yes")).isEqualTo("+OK\r\n");
            assertThat(client.call("CONFIG", "GET", "appendfsync")).endsWith("$6\r\nalways\r\n");
        }
    }

    @Test
    void aPolicyThatWasChosenIsShown() throws Exception {
        int port = TestServer.freePort();
        try (CairnProcess process = start(port, "--appendfsync", "everysec", "--appendonly", "no");
                RawClient client = new RawClient(port)) {
            assertThat(process.ready()).isFalse();
            assertThat(client.call("CONFIG", "GET", "appendonly")).endsWith("$3\r\nyes\r\n");
            assertThat(client.call("INFO", "persistence")).contains("aof_fsync_policy:everysec");
        }
    }
}

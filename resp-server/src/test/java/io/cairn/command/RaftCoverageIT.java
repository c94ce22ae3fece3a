package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a cluster in raft mode answers while a slot has no owner, how a client that waits for replicas is let go, and in what order. */
final class RaftCoverageIT {
    private static final int FIRST_PORT = 26_500;
    private static final String DOWN = "-CLUSTERDOWN The cluster is down\r\n";
    private static final String READS_ONLY = "-CLUSTERDOWN The cluster is down and only accepts read commands\r\n";

    @TempDir
    private static Path directory;

    private static RaftCluster cluster;

    @BeforeAll
    static void form() throws Exception {
        cluster = RaftCluster.form(directory.resolve("cluster"), FIRST_PORT, 0);
    }

    @AfterAll
    static void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    private static void everywhere(RaftCluster.Client client, String line) throws Exception {
        for (int port = FIRST_PORT; port < FIRST_PORT + RaftCluster.NODES; port++) {
            assertThat(client.at(port).line(line)).isEqualTo("+OK\r\n");
        }
    }

    private static void await(RaftCluster.Client client, int port, String line, String reply) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        String last = "";
        while (!last.equals(reply)) {
            assertThat(System.nanoTime()).as("%s answers %s", line, last).isLessThan(deadline);
            Thread.sleep(20);
            last = client.at(port).line(line);
        }
    }

    @Test
    void aRefusalIsAnsweredAfterTheWritesBeforeIt() throws Exception {
        try (RaftCluster.Client client = cluster.client()) {
            RespConnection owner = client.at(client.owner("k"));
            List<String> lines = List.of("set k v", "nosuchcommand", "set k w", "get", "append k x", "exec", "incr k");
            for (int i = 0; i < 50; i++) {
                for (String line : lines) {
                    owner.send(Stream.of(line.split(" ", -1))
                            .map(word -> word.getBytes(StandardCharsets.US_ASCII))
                            .toList());
                }
                assertThat(owner.receive()).isEqualTo("+OK\r\n");
                assertThat(owner.receive()).startsWith("-ERR unknown command");
                assertThat(owner.receive()).isEqualTo("+OK\r\n");
                assertThat(owner.receive()).startsWith("-ERR wrong number of arguments");
                assertThat(owner.receive()).isEqualTo(":2\r\n");
                assertThat(owner.receive()).startsWith("-ERR EXEC without MULTI");
                assertThat(owner.receive()).startsWith("-ERR value is not an integer");
            }
        }
    }

    @Test
    void aSlotWithoutAnOwnerStopsAllOrNothingButItself() throws Exception {
        try (RaftCluster.Client client = cluster.client()) {
            int hole = client.owner("hole");
            String slot = client.line("cluster keyslot hole").strip().substring(1);
            String key = "elsewhere";
            for (int i = 0; client.owner(key) == hole; i++) {
                key = "elsewhere" + i;
            }
            int other = client.owner(key);
            assertThat(client.run("set", key, "1")).isEqualTo("+OK\r\n");
            assertThat(client.at(hole).line("cluster delslots " + slot)).isEqualTo("+OK\r\n");

            await(client, other, "get " + key, DOWN);
            await(client, hole, "get hole", DOWN);
            assertThat(client.at(other).line("set " + key + " 2")).isEqualTo(DOWN);
            assertThat(client.at(other).line("ping")).isEqualTo("+PONG\r\n");
            assertThat(client.at(other).line("cluster info")).contains("cluster_state:fail");

            everywhere(client, "config set cluster-allow-reads-when-down yes");
            await(client, other, "get " + key, "$1\r\n1\r\n");
            assertThat(client.at(other).line("set " + key + " 2")).isEqualTo(READS_ONLY);
            await(client, hole, "get hole", DOWN);
            everywhere(client, "config set cluster-allow-reads-when-down no");
            await(client, other, "get " + key, DOWN);

            everywhere(client, "config set cluster-require-full-coverage no");
            await(client, other, "set " + key + " 2", "+OK\r\n");
            assertThat(client.at(other).line("cluster info")).contains("cluster_state:ok");
            await(client, hole, "get hole", "-CLUSTERDOWN Hash slot not served\r\n");
            assertThat(client.at(other).line("set hole 1")).isEqualTo("-CLUSTERDOWN Hash slot not served\r\n");
            everywhere(client, "config set cluster-require-full-coverage yes");
            await(client, other, "get " + key, DOWN);

            assertThat(client.at(other).line("cluster addslots " + slot)).isEqualTo("+OK\r\n");
            await(client, other, "get " + key, "$1\r\n2\r\n");
            await(client, other, "set hole 1", "+OK\r\n");
        }
    }

    @Test
    void aClientInWaitIsLetGo() throws Exception {
        try (RaftCluster.Client control = cluster.client()) {
            int port = control.owner("waited");
            try (RespConnection waiting = new RespConnection(port)) {
                String id = waiting.line("client id").strip().substring(1);
                waiting.line("set waited 1");
                String unblock = "client unblock " + id;
                assertThat(control.at(port).line(unblock)).isEqualTo(":0\r\n");
                BlockingIT.send(waiting, "wait 3 0");
                await(control, port, unblock, ":1\r\n");
                assertThat(waiting.receive()).isEqualTo(":0\r\n");
                BlockingIT.send(waiting, "wait 3 0");
                await(control, port, unblock + " error", ":1\r\n");
                assertThat(waiting.receive()).isEqualTo("-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
                BlockingIT.send(waiting, "waitaof 1 3 0");
                await(control, port, unblock + " timeout", ":1\r\n");
                assertThat(waiting.receive()).isEqualTo("*2\r\n:1\r\n:0\r\n");
                assertThat(control.at(port).line(unblock)).isEqualTo(":0\r\n");
                assertThat(waiting.line("get waited")).isEqualTo("$1\r\n1\r\n");
            }
        }
    }
}

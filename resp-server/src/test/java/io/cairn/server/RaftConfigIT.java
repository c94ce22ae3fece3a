package io.cairn.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.config.Config;
import io.cairn.resp.RawClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
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

    @Test
    void beforeTheFirstSnapshotLastsaveIsTheStart() throws Exception {
        long before = System.currentTimeMillis() / 1000;
        int port = TestServer.freePort();
        try (CairnProcess process = start(port);
                RawClient client = new RawClient(port)) {
            assertThat(process.ready()).isFalse();
            long saved = Long.parseLong(client.call("LASTSAVE").strip().substring(1));
            assertThat(saved).isBetween(before, System.currentTimeMillis() / 1000);
            assertThat(client.call("INFO", "persistence")).contains("rdb_last_save_time:" + saved);
            assertThat(client.call("CAIRN", "HELP")).contains("+CAIRN <subcommand>", "+FORM <replicas>", "+STATUS");
        }
    }

    @Test
    void clusterSlotsAndShardsFollowThePreferredEndpointType() throws Exception {
        int port = TestServer.freePort();
        try (CairnProcess process = start(port, "--cluster-announce-hostname", "h.example");
                RawClient client = new RawClient(port)) {
            form(client, port);
            assertThat(process.nodes()).hasSize(1);
            String name = ":" + port + "\r\n$40\r\n"
                    + process.nodes().get(0).directory().nodeId() + "\r\n";
            String ip = "$9\r\n127.0.0.1\r\n";
            String host = "$9\r\nh.example\r\n";
            assertThat(client.call("CLUSTER", "SLOTS")).contains(ip + name + "*2\r\n$8\r\nhostname\r\n" + host);
            client.call("CONFIG", "SET", "cluster-preferred-endpoint-type", "hostname");
            assertThat(client.call("CLUSTER", "SLOTS")).contains(host + name + "*2\r\n$2\r\nip\r\n" + ip);
            assertThat(client.call("CLUSTER", "SHARDS")).contains("$2\r\nip\r\n" + ip + "$8\r\nendpoint\r\n" + host);
            client.call("CONFIG", "SET", "cluster-preferred-endpoint-type", "unknown-endpoint");
            assertThat(client.call("CLUSTER", "SLOTS"))
                    .contains("$-1\r\n" + name + "*4\r\n$2\r\nip\r\n" + ip + "$8\r\nhostname\r\n" + host);
            assertThat(client.call("CLUSTER", "SHARDS")).contains("$8\r\nendpoint\r\n$0\r\n\r\n");
            assertThat(client.call("CLUSTER", "NODES")).contains(" 127.0.0.1:" + port + "@" + BUS_PORT + ",h.example ");
            announcesAnother(client, port);
        }
    }

    /** What is set is announced, without a start. */
    private static void announcesAnother(RawClient client, int port) throws Exception {
        assertThat(client.call("CONFIG", "SET", "cluster-announce-ip", "127.0.0.9"))
                .contains("can't set immutable config");
        assertThat(client.call(
                        "CONFIG", "SET", "cluster-announce-hostname", "other.example", "cluster-announce-port", "1"))
                .isEqualTo("+OK\r\n");
        awaitNodes(client, " 127.0.0.1:1@" + BUS_PORT + ",other.example ");
        assertThat(client.call("CONFIG", "SET", "cluster-announce-hostname", "h".repeat(300)))
                .startsWith("-ERR CONFIG SET failed");
        assertThat(client.call("CONFIG", "SET", "cluster-announce-hostname", "", "cluster-announce-port", "0"))
                .isEqualTo("+OK\r\n");
        awaitNodes(client, " 127.0.0.1:" + port + "@" + BUS_PORT + " ");
    }

    private static void awaitNodes(RawClient client, String part) throws Exception {
        long deadline = System.nanoTime() + 10_000_000_000L;
        String nodes = client.call("CLUSTER", "NODES");
        while (!nodes.contains(part) && System.nanoTime() < deadline) {
            Thread.sleep(50);
            nodes = client.call("CLUSTER", "NODES");
        }
        assertThat(nodes).contains(part);
    }

    /** Who got no answer in time asks again, while the first request is still at work. */
    @Test
    void askingTwiceFormsOneCluster() throws Exception {
        int port = TestServer.freePort();
        try (CairnProcess process = start(port)) {
            assertThat(process.nodes()).hasSize(1);
            String[] words = {"CAIRN", "FORM", "0", "shared", "127.0.0.1:" + port};
            ExecutorService others = Executors.newFixedThreadPool(3);
            try {
                List<Future<String>> askers = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    askers.add(others.submit(() -> formOrAlready(port, words)));
                }
                List<String> answers = new ArrayList<>();
                for (Future<String> asker : askers) {
                    answers.add(asker.get(60, TimeUnit.SECONDS));
                }
                assertThat(answers)
                        .containsOnlyOnce("+OK\r\n")
                        .allMatch(answer ->
                                answer.equals("+OK\r\n") || answer.startsWith("-ERR This node is already in cluster "));
            } finally {
                others.shutdownNow();
            }
        }
    }

    private static String formOrAlready(int port, String... words) throws Exception {
        try (RawClient client = new RawClient(port)) {
            String answer = "-NOTYET";
            while (answer.startsWith("-NOTYET")) {
                answer = client.call(words);
            }
            return answer;
        }
    }

    private static void form(RawClient client, int port) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        String answer = "-NOTYET";
        while (answer.startsWith("-NOTYET")) {
            assertThat(System.nanoTime()).as(answer).isLessThan(deadline);
            answer = client.call("CAIRN", "FORM", "0", "shared", "127.0.0.1:" + port);
        }
        assertThat(answer).isEqualTo("+OK\r\n");
        while (!client.call("CLUSTER", "SLOTS").contains(":16383")) {
            assertThat(System.nanoTime()).isLessThan(deadline);
        }
    }
}

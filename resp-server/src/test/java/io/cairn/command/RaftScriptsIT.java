package io.cairn.command;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scripts in raft mode, on a cluster of one shard. */
class RaftScriptsIT {
    private static final int PLACED_SECONDS = 30;
    private static final int PORT = 26_200;
    private static final int ROUNDS = 300;

    @TempDir
    private Path directory;

    private static void load(RaftCluster cluster, String key, AtomicBoolean stop) {
        try (RaftCluster.Client client = cluster.client()) {
            while (!stop.get()) {
                client.run("set", key, "v");
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Runs a command again while the shard has no primary: a busy machine may make it change. */
    private static String sure(RaftCluster.Client client, String... words) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        String reply = client.run(words);
        while (System.nanoTime() < end
                && reply.matches("(?s)-(CLUSTERDOWN|READONLY|TRYAGAIN|UNKNOWNOUTCOME|MOVED) .*")) {
            Thread.sleep(100);
            client.run("exists", "k");
            reply = client.run(words);
        }
        return reply;
    }

    /** What a script answers of its time is what is in the log, though other writes overtake it. */
    @Test
    void aScriptAnswersTheTimesThatItWrote() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        try (RaftCluster cluster = RaftCluster.form(directory, PORT, 2);
                RaftCluster.Client client = cluster.client()) {
            CompletableFuture<Void> others = CompletableFuture.allOf(
                    CompletableFuture.runAsync(() -> load(cluster, "a", stop)),
                    CompletableFuture.runAsync(() -> load(cluster, "b", stop)));
            try {
                for (int i = 0; i < ROUNDS; i++) {
                    String id = sure(client, "eval", "return redis.call('xadd', KEYS[1], '*', 'f', 'v')", "1", "s");
                    assertThat(sure(client, "xrevrange", "s", "+", "-", "count", "1"))
                            .contains(id);
                    String expiry = sure(
                            client,
                            "eval",
                            "redis.call('set', KEYS[1], 'v', 'ex', 100); return redis.call('pexpiretime', KEYS[1])",
                            "1",
                            "k");
                    assertThat(sure(client, "pexpiretime", "k")).isEqualTo(expiry);
                }
            } finally {
                stop.set(true);
            }
            others.get(30, TimeUnit.SECONDS);
        }
    }

    /** What a script does before it is logged is taken back: of FLUSHALL there is no taking back. */
    @Test
    void aTransactionWithAScriptThatIsKilledTakesNoKeys() throws Exception {
        try (RaftCluster cluster = RaftCluster.form(directory, PORT, 2);
                RaftCluster.Client client = cluster.client();
                RaftCluster.Client other = cluster.client()) {
            sure(client, "set", "k", "v");
            sure(client, "function", "load", "#!lua name=one\nredis.register_function('f', function() return 1 end)");
            for (String all : new String[] {"flushall", "flushdb", "function flush", "function delete one"}) {
                assertThat(client.run("multi")).isEqualTo("+OK\r\n");
                client.line(all);
                client.run("eval", "while true do end", "0");
                CompletableFuture<String> end = CompletableFuture.supplyAsync(() -> {
                    try {
                        return client.run("exec");
                    } catch (java.io.IOException e) {
                        throw new IllegalStateException(e);
                    }
                });
                while (!end.isDone()) {
                    Thread.sleep(200);
                    other.at(client.port()).line("script kill");
                }
                assertThat(end.get()).startsWith("-");
                assertThat(sure(client, "get", "k")).isEqualTo("$1\r\nv\r\n");
                assertThat(sure(client, "fcall", "f", "0")).isEqualTo(":1\r\n");
            }
        }
    }

    /** A library travels in one entry of the log, with all there is of it on the heap. */
    @Test
    void aLibraryHasBounds() throws Exception {
        String code = "\nredis.register_function('f', function() return 1 end)";
        try (RaftCluster cluster = RaftCluster.form(directory, PORT, 2);
                RaftCluster.Client client = cluster.client()) {
            String large = "#!lua name=large\n--" + "x".repeat(3 << 20) + code;
            assertThat(sure(client, "function", "load", "replace", large)).isEqualTo("$5\r\nlarge\r\n");
            String tooLarge = "#!lua name=huge\n--" + "x".repeat(5 << 20) + code.replace("'f'", "'g'");
            assertThat(sure(client, "function", "load", tooLarge)).startsWith("-ERR A library may not be larger than");
            assertThat(sure(client, "fcall", "f", "0")).isEqualTo(":1\r\n");
            client.run("multi");
            client.run("function", "load", "replace", "#!lua name=one" + code.replace("'f'", "'h'"));
            client.run("function", "load", "#!lua name=one" + code.replace("'f'", "'i'"));
            assertThat(client.run("exec"))
                    .as("the second is not answered as if it were there")
                    .contains("-");
        }
    }

    /** Else it would keep the node from applying what the next primary's log has, and from telling who waits. */
    @Test
    void anEndlessScriptEndsWithItsPrimary() throws Exception {
        try (RaftCluster cluster = RaftCluster.form(directory, PORT, 2);
                RaftCluster.Client client = cluster.client()) {
            // A young cluster may still hand over to the primary that was planned: then the script would not even
            // begin.
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PLACED_SECONDS);
            while (!sure(client, "cluster", "info").contains("cluster_primaries_placed:yes")) {
                assertThat(System.nanoTime()).as("primaries are placed").isLessThan(deadline);
                Thread.sleep(50);
            }
            sure(client, "del", "k");
            int primary = client.port();
            int next = primary == PORT ? PORT + 1 : PORT;
            try (RespConnection endless = new RespConnection(primary);
                    RespConnection waiting = new RespConnection(primary)) {
                waiting.send(List.of("blpop".getBytes(UTF_8), "q".getBytes(UTF_8), "0".getBytes(UTF_8)));
                Thread.sleep(500);
                endless.send(List.of("eval".getBytes(UTF_8), "while true do end".getBytes(UTF_8), "0".getBytes(UTF_8)));
                Thread.sleep(500);
                client.at(next).line("cluster failover");
                assertThat(endless.receive()).matches("(?s)-(MOVED|CLUSTERDOWN|TRYAGAIN) .*");
                assertThat(waiting.receive()).startsWith("-UNBLOCKED ");
            }
        }
    }
}

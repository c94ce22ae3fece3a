package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scripts in raft mode, on a cluster of one shard. */
class RaftScriptsIT {
    private static final int PORT = 23310;
    private static final int ROUNDS = 300;

    @TempDir
    private Path directory;

    private static void load(RaftCluster cluster, String key, AtomicBoolean stop) {
        try (RaftCluster.Client client = cluster.client()) {
            while (!stop.get()) {
                assertThat(client.run("set", key, "v")).isEqualTo("+OK\r\n");
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
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
                    String id = client.run("eval", "return redis.call('xadd', KEYS[1], '*', 'f', 'v')", "1", "s");
                    assertThat(client.run("xrevrange", "s", "+", "-", "count", "1"))
                            .contains(id);
                    String expiry = client.run(
                            "eval",
                            "redis.call('set', KEYS[1], 'v', 'ex', 100); return redis.call('pexpiretime', KEYS[1])",
                            "1",
                            "k");
                    assertThat(client.run("pexpiretime", "k")).isEqualTo(expiry);
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
            client.run("set", "k", "v");
            client.run("function", "load", "#!lua name=one\nredis.register_function('f', function() return 1 end)");
            for (String all : new String[] {"flushall", "flushdb", "function flush", "function delete one"}) {
                assertThat(client.run("multi")).isEqualTo("+OK\r\n");
                assertThat(client.line(all)).isEqualTo("+QUEUED\r\n");
                assertThat(client.run("eval", "while true do end", "0")).isEqualTo("+QUEUED\r\n");
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
                assertThat(client.run("get", "k")).isEqualTo("$1\r\nv\r\n");
                assertThat(client.run("fcall", "f", "0")).isEqualTo(":1\r\n");
            }
        }
    }
}

package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** FAILOVER between Cairn and redis-server, both ways, and what ends it. */
class FailoverIT {
    private static final long WAIT_NANOS = 30_000_000_000L;

    @TempDir
    private Path directory;

    @BeforeEach
    void needsRedis() {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine");
    }

    private CairnServer cairn(String name) throws Exception {
        return CairnServer.start(directory.resolve(name), "--repl-diskless-sync-delay", "0");
    }

    private static void eventually(String what, Callable<Boolean> holds) throws Exception {
        long end = System.nanoTime() + WAIT_NANOS;
        while (!holds.call()) {
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            LockSupport.parkNanos(2_000_000);
        }
    }

    @FunctionalInterface
    private interface Server {
        String run(String... words) throws IOException;
    }

    private static void awaitUp(Server replica) throws Exception {
        eventually("the link is up", () -> replica.run("info", "replication").contains("master_link_status:up"));
    }

    private static boolean is(Server server, String line) throws IOException {
        return server.run("info", "replication").contains(line + "\r\n");
    }

    /** Counts on a primary until it is none; what was acknowledged must be there on the other. */
    private static void overUnderLoad(Server old, int oldPort, Server next, int nextPort) throws Exception {
        AtomicBoolean refused = new AtomicBoolean();
        CompletableFuture<Long> load = CompletableFuture.supplyAsync(() -> {
            long acknowledged = 0;
            try (RespConnection client = new RespConnection(oldPort)) {
                while (!refused.get()) {
                    String reply = client.run("incr", "count");
                    refused.set(reply.startsWith("-READONLY"));
                    acknowledged += reply.startsWith(":") ? 1 : 0;
                }
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            return acknowledged;
        });
        eventually("writes come", () -> !old.run("get", "count").equals("$-1\r\n"));
        String[] id = {field(old, "master_replid")};
        assertThat(old.run("failover", "to", "127.0.0.1", "" + nextPort, "timeout", "20000"))
                .isEqualTo("+OK\r\n");
        eventually("the replica leads", () -> is(next, "role:master"));
        eventually("the primary follows", () -> is(old, "role:slave") && is(old, "master_link_status:up"));
        assertThat(load.get()).isPositive();
        assertThat(next.run("get", "count")).contains("\r\n" + load.get() + "\r\n");
        assertThat(is(old, "master_failover_state:no-failover")).isTrue();
        assertThat(field(next, "master_replid2")).isEqualTo(id[0]);
        assertThat(next.run("set", "after", "v")).isEqualTo("+OK\r\n");
        eventually("changes come back", () -> old.run("get", "after").contains("v"));
        assertThat(next.run("info", "stats")).contains("sync_partial_ok:1\r\n");
    }

    private static String field(Server server, String name) throws IOException {
        for (String line : server.run("info", "replication").split("\r\n", -1)) {
            if (line.startsWith(name + ":")) {
                return line.substring(name.length() + 1);
            }
        }
        return "";
    }

    @Test
    void redisTakesOverFromCairnAndCairnFromRedisWithoutALostWrite() throws Exception {
        try (RedisProcess redis = RedisProcess.start(directory);
                CairnServer cairn = cairn("cairn");
                RespConnection ours = cairn.connect()) {
            redis.run("replicaof", "127.0.0.1", "" + cairn.port);
            awaitUp(redis::run);
            overUnderLoad(ours::run, cairn.port, redis::run, redis.port);
            ours.run("config", "resetstat");
            redis.run("del", "count");
            eventually("the same", () -> ours.run("exists", "count").equals(":0\r\n"));
            overUnderLoad(redis::run, redis.port, ours::run, cairn.port);
        }
    }

    @Test
    void whatIsWrongIsSaidAsRedisSaysIt() throws Exception {
        List<String> lines = List.of(
                "failover abort",
                "failover abort now",
                "failover to 127.0.0.1 1",
                "failover to 127.0.0.1",
                "failover to 127.0.0.1 x",
                "failover timeout 0",
                "failover timeout x",
                "failover force",
                "failover to 127.0.0.1 1 force",
                "failover to 127.0.0.1 1 to 127.0.0.1 2",
                "psync ? 1 failover",
                "psync " + "0".repeat(40) + " 1 failover");
        try (RedisProcess redis = RedisProcess.start(directory);
                CairnServer cairn = cairn("cairn");
                CairnServer ourReplica = cairn("ours");
                CairnServer theirReplica = cairn("theirs")) {
            try (RespConnection ours = cairn.connect()) {
                assertThat(ours.run("failover")).isEqualTo(redis.run("failover"));
            }
            for (int round = 0; round < 2; round++) {
                for (String line : lines) {
                    try (RespConnection ours = cairn.connect();
                            RespConnection theirs = new RespConnection(redis.port)) {
                        assertThat(ours.run(line.split(" ", -1))).as(line).isEqualTo(theirs.run(line.split(" ", -1)));
                    }
                }
                try (RespConnection ours = ourReplica.connect();
                        RespConnection theirs = theirReplica.connect()) {
                    ours.run("replicaof", "127.0.0.1", "" + cairn.port);
                    theirs.run("replicaof", "127.0.0.1", "" + redis.port);
                    redis.run("config", "set", "repl-diskless-sync-delay", "0");
                    awaitUp(ours::run);
                    awaitUp(theirs::run);
                    assertThat(ours.run("failover"))
                            .isEqualTo("-ERR FAILOVER is not valid when server is a replica.\r\n");
                    assertThat(ours.run("psync", "x".repeat(40), "1", "failover"))
                            .isEqualTo("-ERR PSYNC FAILOVER replid must match my replid.\r\n");
                }
            }
        }
    }

    @Test
    void aReplicaThatIsBehindEndsItWhenTheTimeIsOverOrIsForced() throws Exception {
        try (RedisProcess redis = RedisProcess.start(directory);
                CairnServer cairn = cairn("cairn");
                RespConnection ours = cairn.connect();
                RespConnection writer = cairn.connect()) {
            redis.run("replicaof", "127.0.0.1", "" + cairn.port);
            awaitUp(redis::run);
            eventually("it acknowledges", () -> ours.run("wait", "1", "100").equals(":1\r\n"));
            try (RespConnection stopper = new RespConnection(redis.port)) {
                // It acknowledges nothing while it sleeps.
                CompletableFuture<String> asleep = later(stopper, "debug", "sleep", "2");
                eventually("a write it lacks", () -> ours.run("set", "k", "v").equals("+OK\r\n"));
                assertThat(ours.run("failover", "timeout", "300")).isEqualTo("+OK\r\n");
                assertThat(is(ours::run, "master_failover_state:waiting-for-sync"))
                        .isTrue();
                assertThat(ours.run("failover")).isEqualTo("-ERR FAILOVER already in progress.\r\n");
                assertThat(ours.run("replicaof", "no", "one"))
                        .isEqualTo("-ERR REPLICAOF not allowed while failing over.\r\n");
                assertThat(ours.run("get", "k")).as("reads go on").isEqualTo("$1\r\nv\r\n");
                assertThat(writer.run("set", "k", "w"))
                        .as("a write waits until it is given up")
                        .isEqualTo("+OK\r\n");
                assertThat(is(ours::run, "master_failover_state:no-failover")).isTrue();
                assertThat(is(ours::run, "role:master")).isTrue();
                asleep.get();
            }
            try (RespConnection stopper = new RespConnection(redis.port)) {
                CompletableFuture<String> asleep = later(stopper, "debug", "sleep", "1.5");
                eventually("a write it lacks", () -> ours.run("set", "k", "x").equals("+OK\r\n"));
                assertThat(ours.run("failover")).isEqualTo("+OK\r\n");
                assertThat(ours.run("failover", "abort")).isEqualTo("+OK\r\n");
                assertThat(writer.run("set", "k", "y")).isEqualTo("+OK\r\n");
                assertThat(ours.run("failover", "to", "127.0.0.1", "" + redis.port, "force", "timeout", "100"))
                        .isEqualTo("+OK\r\n");
                eventually("it follows by force", () -> is(ours::run, "role:slave"));
                asleep.get();
                eventually("the other leads", () -> is(redis::run, "role:master"));
                awaitUp(ours::run);
            }
        }
    }

    private static CompletableFuture<String> later(RespConnection on, String... words) throws Exception {
        CompletableFuture<String> reply = CompletableFuture.supplyAsync(() -> {
            try {
                return on.run(words);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        LockSupport.parkNanos(100_000_000);
        return reply;
    }
}

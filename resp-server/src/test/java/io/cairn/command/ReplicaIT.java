package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a replica and its primary promise their clients, and what survives a restart. Cairn follows Cairn. */
class ReplicaIT {
    private static final long WAIT_NANOS = 30_000_000_000L;
    private static final String READ_ONLY = "-READONLY You can't write against a read only replica.\r\n";
    private static final String[] AT_ONCE = {"--repl-diskless-sync-delay", "0"};

    @TempDir
    private Path directory;

    private CairnServer server(String name, String... options) throws Exception {
        return CairnServer.start(directory.resolve(name), options);
    }

    private static void eventually(String what, Callable<Boolean> holds) throws Exception {
        long end = System.nanoTime() + WAIT_NANOS;
        while (!holds.call()) {
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            LockSupport.parkNanos(2_000_000);
        }
    }

    private static void follow(RespConnection replica, int port) throws Exception {
        replica.run("replicaof", "127.0.0.1", "" + port);
        awaitUp(replica);
    }

    private static void awaitUp(RespConnection replica) throws Exception {
        eventually("the link is up", () -> replica.run("info", "replication").contains("master_link_status:up"));
    }

    private static String field(RespConnection of, String section, String field) throws IOException {
        for (String line : of.run("info", section).split("\r\n", -1)) {
            if (line.startsWith(field + ":")) {
                return line.substring(field.length() + 1);
            }
        }
        return "";
    }

    private static void same(RespConnection primary, RespConnection replica) throws Exception {
        eventually(
                "both have the same",
                () -> field(primary, "replication", "master_repl_offset")
                                .equals(field(replica, "replication", "master_repl_offset"))
                        && primary.run("debug", "digest").equals(replica.run("debug", "digest")));
    }

    @Test
    void aReplicaRefusesWritesWhateverTheyComeIn() throws Exception {
        try (CairnServer one = server("one", AT_ONCE);
                CairnServer two = server("two");
                RespConnection primary = one.connect();
                RespConnection replica = two.connect()) {
            assertThat(replica.run("set", "own", "gone with the first sync")).isEqualTo("+OK\r\n");
            primary.run("set", "k", "v");
            follow(replica, one.port);
            assertThat(replica.run("get", "own")).isEqualTo("$-1\r\n");
            assertThat(replica.run("set", "k", "w")).isEqualTo(READ_ONLY);
            assertThat(replica.run("blpop", "l", "0")).isEqualTo(READ_ONLY);
            assertThat(replica.run("flushall")).isEqualTo(READ_ONLY);
            assertThat(replica.run("multi")).isEqualTo("+OK\r\n");
            assertThat(replica.run("set", "k", "w")).isEqualTo(READ_ONLY);
            assertThat(replica.run("exec")).startsWith("-EXECABORT");
            assertThat(replica.run("eval", "return redis.call('set','k','w')", "0"))
                    .contains("READONLY");
            assertThat(replica.run("eval", "#!lua\nreturn 1", "0"))
                    .startsWith("-READONLY Can not run script with write flag on readonly replica.");
            assertThat(replica.run("eval", "return redis.call('get','k')", "0")).isEqualTo("$1\r\nv\r\n");
            assertThat(replica.run("wait", "0", "0")).startsWith("-ERR WAIT cannot be used with replica instances.");
            assertThat(replica.run("role")).startsWith("*5\r\n$5\r\nslave\r\n").contains("connected");
            assertThat(replica.run("client", "list", "type", "master")).contains(" flags=M ");
            assertThat(primary.run("client", "list", "type", "replica")).contains(" flags=S ");
            assertThat(replica.run("replicaof", "127.0.0.1", "" + one.port))
                    .isEqualTo("+OK Already connected to specified master\r\n");
            assertThat(replica.run("config", "get", "replicaof")).contains("127.0.0.1 " + one.port);

            replica.run("config", "set", "replica-read-only", "no");
            assertThat(replica.run("set", "local", "1")).isEqualTo("+OK\r\n");
            String offset = field(replica, "replication", "master_repl_offset");
            assertThat(replica.run("set", "local", "2")).isEqualTo("+OK\r\n");
            assertThat(field(replica, "replication", "master_repl_offset")).isEqualTo(offset);
            replica.run("config", "set", "replica-read-only", "yes");
            assertThat(replica.run("replicaof", "no", "one")).isEqualTo("+OK\r\n");
            assertThat(replica.run("set", "k", "mine")).isEqualTo("+OK\r\n");
            assertThat(replica.run("config", "get", "replicaof")).endsWith("$0\r\n\r\n");
        }
    }

    @Test
    void onlyThePrimaryDecidesWhatIsExpired() throws Exception {
        try (CairnServer one = server("one", AT_ONCE);
                CairnServer two = server("two");
                RespConnection primary = one.connect();
                RespConnection replica = two.connect()) {
            primary.run("debug", "set-active-expire", "0");
            follow(replica, one.port);
            primary.run("set", "k", "v", "px", "30");
            primary.run("rpush", "list", "a");
            primary.run("pexpire", "list", "30");
            same(primary, replica);
            eventually("hidden from reads", () -> replica.run("get", "k").equals("$-1\r\n"));
            eventually("hidden too", () -> replica.run("exists", "list").equals(":0\r\n"));
            assertThat(replica.run("dbsize"))
                    .as("it is there until the primary deletes it")
                    .isEqualTo(":2\r\n");
            assertThat(primary.run("get", "k")).isEqualTo("$-1\r\n");
            eventually(
                    "deleted by the primary's command",
                    () -> replica.run("dbsize").equals(":1\r\n"));
            assertThat(primary.run("rpush", "list", "b")).isEqualTo(":1\r\n");
            same(primary, replica);
            assertThat(replica.run("lrange", "list", "0", "-1")).isEqualTo("*1\r\n$1\r\nb\r\n");
        }
    }

    @Test
    void aWritableReplicaDeletesWhatItsOwnClientsLetExpire() throws Exception {
        try (CairnServer one = server("one", AT_ONCE);
                CairnServer two = server("two", "--replica-read-only", "no", "--appendonly", "yes");
                RespConnection primary = one.connect();
                RespConnection replica = two.connect()) {
            primary.run("debug", "set-active-expire", "0");
            follow(replica, one.port);
            primary.run("set", "k", "the primary's", "px", "30");
            same(primary, replica);
            replica.run("set", "own", "v", "px", "30");
            replica.run("multi");
            replica.run("select", "3");
            replica.run("sadd", "set", "a");
            replica.run("pexpire", "set", "30");
            replica.run("exec");
            replica.run("eval", "redis.call('set','scripted','v','px','30')", "0");
            replica.run("set", "kept", "v", "px", "30");
            replica.run("persist", "kept");
            replica.run("select", "0");
            eventually(
                    "all but the primary's are gone",
                    () -> replica.run("info", "keyspace").contains("db0:keys=1,")
                            && replica.run("info", "keyspace").contains("db3:keys=1,"));
            assertThat(replica.run("get", "k")).isEqualTo("$-1\r\n");
            assertThat(replica.run("debug", "loadaof")).isEqualTo("+OK\r\n");
        }
    }

    @Test
    void aPrimaryThatStopsWaitsForItsReplicasUntilThatIsTakenBack() throws Exception {
        try (CairnServer one = server("one", "--repl-diskless-sync-delay", "0", "--shutdown-timeout", "60");
                CairnServer two = server("two");
                RespConnection primary = one.connect();
                RespConnection stopper = one.connect();
                RespConnection writer = one.connect();
                RespConnection replica = two.connect()) {
            assertThat(primary.run("shutdown", "abort")).isEqualTo("-ERR No shutdown in progress.\r\n");
            follow(replica, one.port);
            assertThat(primary.run("wait", "1", "0")).isEqualTo(":1\r\n");
            // Its script holds all keys: nothing is applied, and acknowledged, meanwhile.
            CompletableFuture<String> busy = later(replica, "eval", "while true do end", "0");
            eventually("the replica is busy", () -> {
                try (RespConnection other = two.connect()) {
                    return other.run("get", "k").startsWith("-BUSY");
                }
            });
            assertThat(primary.run("set", "k", "v")).isEqualTo("+OK\r\n");
            CompletableFuture<String> stop = later(stopper, "shutdown", "nosave");
            eventually("it waits", () -> primary.run("shutdown", "abort").equals("+OK\r\n"));
            assertThat(stop.get(10, TimeUnit.SECONDS)).isEqualTo("-ERR Errors trying to SHUTDOWN. Check logs.\r\n");
            assertThat(writer.run("set", "k", "w")).as("it serves on").isEqualTo("+OK\r\n");
            CompletableFuture<Void> again = CompletableFuture.runAsync(one::stop);
            eventually("writes are held", () -> {
                writer.send(words("set", "k", "w"));
                return writer.isSilent(200) || writer.receive().isEmpty();
            });
            assertThat(again.isDone()).isFalse();
            assertThat(primary.run("get", "k")).as("reads go on").isEqualTo("$1\r\nw\r\n");
            try (RespConnection other = two.connect()) {
                assertThat(other.run("script", "kill")).isEqualTo("+OK\r\n");
            }
            again.get(30, TimeUnit.SECONDS);
            assertThat(busy.get(10, TimeUnit.SECONDS)).startsWith("-ERR");
            assertThat(replica.run("get", "k")).isEqualTo("$1\r\nw\r\n");
        }
    }

    private static List<byte[]> words(String... words) {
        return Stream.of(words)
                .map(word -> word.getBytes(StandardCharsets.US_ASCII))
                .toList();
    }

    private static CompletableFuture<String> later(RespConnection on, String... words) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return on.run(words);
            } catch (IOException e) {
                return "";
            }
        });
    }

    @Test
    void waitCountsWhoHasTheWriteAndWaitaofWhoHasItOnDisk() throws Exception {
        try (CairnServer one = server("one", "--repl-diskless-sync-delay", "0", "--appendonly", "yes");
                CairnServer two = server("two", "--appendonly", "yes", "--appendfsync", "always");
                CairnServer three = server("three");
                RespConnection primary = one.connect();
                RespConnection disk = two.connect();
                RespConnection memory = three.connect();
                CutLink link = new CutLink(one.port)) {
            assertThat(primary.run("wait", "0", "0")).isEqualTo(":0\r\n");
            assertThat(primary.run("wait", "1", "20")).isEqualTo(":0\r\n");
            assertThat(primary.run("wait", "x", "20")).isEqualTo("-ERR value is not an integer or out of range\r\n");
            assertThat(primary.run("wait", "1", "-1")).isEqualTo("-ERR timeout is negative\r\n");
            follow(disk, one.port);
            memory.run("replicaof", "127.0.0.1", "" + link.port());
            awaitUp(memory);
            for (int i = 0; i < 5; i++) {
                primary.run("incr", "n");
                assertThat(primary.run("wait", "2", "10000")).isEqualTo(":2\r\n");
            }
            assertThat(primary.run("waitaof", "1", "1", "10000")).isEqualTo("*2\r\n:1\r\n:1\r\n");
            assertThat(primary.run("waitaof", "0", "2", "100"))
                    .startsWith("*2\r\n")
                    .endsWith(":1\r\n");
            assertThat(primary.run("waitaof", "2", "0", "0")).startsWith("-ERR value is out of range");
            primary.run("config", "set", "appendonly", "no");
            assertThat(primary.run("waitaof", "1", "0", "0"))
                    .isEqualTo("-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.\r\n");

            primary.run("config", "set", "min-replicas-to-write", "2");
            assertThat(primary.run("incr", "n")).startsWith(":");
            link.block();
            eventually(
                    "one is gone",
                    () -> primary.run("incr", "n").equals("-NOREPLICAS Not enough good replicas to write.\r\n"));
            primary.run("config", "set", "min-replicas-to-write", "0");
            primary.run("incr", "n");
            CompletableFuture<String> waits = CompletableFuture.supplyAsync(() -> {
                try (RespConnection other = one.connect()) {
                    other.run("incr", "n");
                    return other.run("wait", "2", "0");
                } catch (Exception e) {
                    return e.toString();
                }
            });
            eventually("it waits", () -> !"0".equals(field(primary, "clients", "blocked_clients")));
            link.join();
            assertThat(waits.get(30, TimeUnit.SECONDS)).isEqualTo(":2\r\n");
            assertThat(field(primary, "stats", "sync_partial_ok")).isEqualTo("1");
        }
    }

    @Test
    void withoutItsPrimaryAReplicaServesWhatItHasOrNothing() throws Exception {
        try (CairnServer one = server("one", AT_ONCE);
                CairnServer two = server("two");
                RespConnection primary = one.connect();
                RespConnection replica = two.connect();
                CutLink link = new CutLink(one.port)) {
            primary.run("set", "k", "v");
            replica.run("replicaof", "127.0.0.1", "" + link.port());
            awaitUp(replica);
            link.block();
            eventually(
                    "the link is down", () -> replica.run("info", "replication").contains("master_link_status:down"));
            assertThat(replica.run("get", "k")).isEqualTo("$1\r\nv\r\n");
            replica.run("config", "set", "replica-serve-stale-data", "no");
            assertThat(replica.run("get", "k"))
                    .isEqualTo("-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n");
            assertThat(replica.run("ping"))
                    .isEqualTo("-MASTERDOWN Link with MASTER is down and"
                            + " replica-serve-stale-data is set to 'no'.\r\n");
            try (RespConnection third = two.connect()) {
                assertThat(third.run("psync", "?", "-1")).startsWith("-");
            }
            link.join();
            awaitUp(replica);
            assertThat(replica.run("get", "k")).isEqualTo("$1\r\nv\r\n");
        }
    }

    @Test
    void aPlaceInTheHistorySurvivesACleanRestart() throws Exception {
        for (String logged : List.of("no", "yes")) {
            Path home = directory.resolve("log-" + logged);
            String[] options = {"--repl-diskless-sync-delay", "0", "--appendonly", logged, "--save", "3600 1000000"};
            int onePort = RedisProcess.freePort();
            CairnServer one = CairnServer.start(onePort, home.resolve("one"), options);
            int twoPort = RedisProcess.freePort();
            CairnServer two = CairnServer.start(twoPort, home.resolve("two"), options);
            try (RespConnection primary = one.connect();
                    RespConnection replica = two.connect()) {
                follow(replica, onePort);
                primary.run("select", "3");
                primary.run("set", "k", "v");
                same(primary, replica);
                two.stop();
                primary.run("incr", "n");
            }
            two = CairnServer.start(twoPort, home.resolve("two"), with(options, "--replicaof", "127.0.0.1 " + onePort));
            try (RespConnection primary = one.connect();
                    RespConnection replica = two.connect()) {
                awaitUp(replica);
                same(primary, replica);
                assertThat(field(primary, "stats", "sync_full"))
                        .as("log " + logged)
                        .isEqualTo("1");
                assertThat(field(primary, "stats", "sync_partial_ok")).isEqualTo("1");
                replica.run("select", "3");
                assertThat(replica.run("get", "n")).isEqualTo("$1\r\n1\r\n");
            }
            one.stop();
            one = CairnServer.start(onePort, home.resolve("one"), options);
            try (RespConnection primary = one.connect();
                    RespConnection replica = two.connect()) {
                awaitUp(replica);
                same(primary, replica);
                assertThat(field(primary, "stats", "sync_full"))
                        .as("log " + logged)
                        .isEqualTo("0");
                assertThat(field(primary, "stats", "sync_partial_ok")).isEqualTo("1");
                primary.run("select", "3");
                primary.run("incr", "n");
                same(primary, replica);
            }
            two.close();
            one.close();
        }
    }

    private static String[] with(String[] options, String... more) {
        String[] all = java.util.Arrays.copyOf(options, options.length + more.length);
        System.arraycopy(more, 0, all, options.length, more.length);
        return all;
    }

    @Test
    void messagesAndTransactionsArriveWhole() throws Exception {
        try (CairnServer one = server("one", "--repl-diskless-sync", "no");
                CairnServer two = server("two", "--repl-diskless-load", "on-empty-db");
                RespConnection primary = one.connect();
                RespConnection replica = two.connect();
                RespConnection listener = two.connect()) {
            primary.run("set", "before", "v");
            follow(replica, one.port);
            listener.run("subscribe", "c");
            assertThat(primary.run("publish", "c", "hello")).isEqualTo(":0\r\n");
            assertThat(listener.receive()).isEqualTo("*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$5\r\nhello\r\n");
            assertThat(replica.run("watch", "a")).isEqualTo("+OK\r\n");
            primary.run("multi");
            primary.run("set", "a", "1");
            primary.run("select", "2");
            primary.run("set", "b", "2");
            primary.run("exec");
            same(primary, replica);
            replica.run("multi");
            replica.run("get", "a");
            assertThat(replica.run("exec"))
                    .as("the watched key was changed by the primary")
                    .isEqualTo("*-1\r\n");
            assertThat(replica.run("get", "a")).isEqualTo("$1\r\n1\r\n");
            String large = "x".repeat(3_000_000);
            primary.run("set", "large", large);
            primary.run("append", "large", "y");
            same(primary, replica);
        }
    }
}

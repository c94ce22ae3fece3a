package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real redis-server and Cairn follow each other, through cuts of the link, with the same data at the end. {@code make replicate COMMANDS=1000000} is the long
 * form.
 */
class ReplicationIT {
    private static final int COMMANDS = Integer.getInteger("cairn.replication.commands", 4_000);
    private static final long SEED = Long.getLong("cairn.differential.seed", 20_261_122L);
    private static final int KEYS = 12;
    private static final int CUTS = 10;
    private static final boolean LONG = COMMANDS > 10_000;
    private static final int PIPELINE = LONG ? 50 : 1;
    private static final long WAIT_NANOS = 60_000_000_000L;
    /** More than is written while a link that was cut comes up again. */
    private static final int BACKLOG_BYTES = LONG ? 16 << 20 : 1 << 20;

    @TempDir
    private Path directory;

    @BeforeEach
    void needsRedis() {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine to follow and be followed by");
    }

    /** One server of either kind as this test talks to it. */
    @FunctionalInterface
    interface Server {
        String run(String... words) throws IOException;
    }

    @Test
    void redisFollowsCairnThroughCuts() throws Exception {
        try (RedisProcess redis = RedisProcess.start(directory);
                CairnServer cairn = CairnServer.start(
                        directory.resolve("cairn"),
                        "--repl-diskless-sync-delay",
                        "0",
                        "--repl-backlog-size",
                        Integer.toString(BACKLOG_BYTES));
                RespConnection ours = cairn.connect();
                CutLink link = new CutLink(cairn.port)) {
            followThroughCuts(ours, cairn.port, ours::run, redis::run, link);
        }
    }

    @Test
    void cairnFollowsRedisThroughCuts() throws Exception {
        try (RedisProcess redis = RedisProcess.start(directory);
                RespConnection theirs = new RespConnection(redis.port);
                CairnServer cairn = CairnServer.start(directory.resolve("cairn"), "--appendonly", "yes");
                RespConnection ours = cairn.connect();
                CutLink link = new CutLink(redis.port)) {
            redis.run("config", "set", "repl-diskless-sync-delay", "0");
            redis.run("config", "set", "repl-backlog-size", Integer.toString(BACKLOG_BYTES));
            followThroughCuts(theirs, redis.port, theirs::run, ours::run, link);
            String digest = ours.run("debug", "digest");
            awaitNoRewrite(ours::run);
            assertThat(ours.run("debug", "loadaof")).isEqualTo("+OK\r\n");
            assertThat(ours.run("debug", "digest")).as("what the log says").isEqualTo(digest);
        }
    }

    private static void followThroughCuts(RespConnection load, int port, Server primary, Server replica, CutLink link)
            throws IOException {
        Random random = new Random(SEED);
        RandomArguments arguments =
                new RandomArguments(random, KEYS, List.of("no payload".getBytes(StandardCharsets.UTF_8)));
        assertThat(port).isPositive();
        run(load, random, arguments, COMMANDS / 10);
        replica.run("replicaof", "127.0.0.1", Integer.toString(link.port()));
        awaitLink(replica);
        for (int cut = 0; cut < CUTS; cut++) {
            run(load, random, arguments, COMMANDS / (CUTS + 2) / 2);
            link.cut();
            run(load, random, arguments, COMMANDS / (CUTS + 2) / 2);
            awaitSame(primary, replica, "after cut " + cut);
        }
        assertThat(number(primary, "stats", "sync_full")).isEqualTo(1);
        assertThat(number(primary, "stats", "sync_partial_ok")).isEqualTo(CUTS);
        assertThat(number(primary, "stats", "sync_partial_err")).isLessThanOrEqualTo(1);
        link.block();
        run(load, random, arguments, COMMANDS / (CUTS + 2));
        String large = "v".repeat(BACKLOG_BYTES / 8);
        for (int i = 0; i < 12; i++) {
            primary.run("set", "large:" + i, large);
        }
        link.join();
        run(load, random, arguments, COMMANDS / (CUTS + 2));
        awaitSame(primary, replica, "after a cut that was longer than the backlog");
        assertThat(number(primary, "stats", "sync_full")).isEqualTo(2);
        assertThat(number(primary, "stats", "sync_partial_ok")).isEqualTo(CUTS);
        System.out.printf(
                "%,d commands, seed %d: %d partial and %d full resyncs, %d bytes of stream, digest of both %s%n",
                number(primary, "stats", "total_commands_processed"),
                SEED,
                number(primary, "stats", "sync_partial_ok"),
                number(primary, "stats", "sync_full"),
                number(primary, "replication", "master_repl_offset"),
                primary.run("debug", "digest").strip());
    }

    @Test
    void chainsOfBothGoOnAfterAPromotion() throws Exception {
        try (RedisProcess first = RedisProcess.start(directory.resolve("."));
                CairnServer second = CairnServer.start(directory.resolve("second"), "--repl-diskless-sync-delay", "0");
                RedisProcess third = RedisProcess.start(directory);
                CairnServer fourth = CairnServer.start(directory.resolve("fourth"));
                RespConnection load = new RespConnection(first.port);
                RespConnection ours = second.connect();
                RespConnection last = fourth.connect()) {
            first.run("config", "set", "repl-diskless-sync-delay", "0");
            third.run("config", "set", "repl-diskless-sync-delay", "0");
            Random random = new Random(SEED);
            RandomArguments arguments =
                    new RandomArguments(random, KEYS, List.of("no payload".getBytes(StandardCharsets.UTF_8)));
            run(load, random, arguments, COMMANDS / 10);
            ours.run("replicaof", "127.0.0.1", Integer.toString(first.port));
            awaitLink(ours::run);
            third.run("replicaof", "127.0.0.1", Integer.toString(second.port));
            awaitLink(third::run);
            last.run("replicaof", "127.0.0.1", Integer.toString(third.port));
            awaitLink(last::run);
            for (int i = 0; i < 5; i++) {
                // Redis sends it on with = in the place of ~, and LIMIT as it was, which a client may not say.
                load.run("xadd", "trimmed", "maxlen", "~", "1", "limit", "100", "*", "f", "" + i);
            }
            run(load, random, arguments, COMMANDS / 4);
            awaitSame(first::run, ours::run, "the second");
            awaitSame(first::run, third::run, "the third");
            awaitSame(first::run, last::run, "the fourth");

            long partial = number(ours::run, "stats", "sync_partial_ok");
            ours.run("replicaof", "no", "one");
            first.run("replicaof", "127.0.0.1", Integer.toString(second.port));
            awaitLink(first::run);
            run(ours, random, arguments, COMMANDS / 4);
            awaitSame(ours::run, first::run, "the first, now a replica");
            awaitSame(ours::run, third::run, "the third, of a promoted primary");
            awaitSame(ours::run, last::run, "the fourth, of a promoted primary");
            assertThat(number(ours::run, "stats", "sync_partial_ok"))
                    .as("old primary and sibling went on")
                    .isEqualTo(partial + 2);
            assertThat(number(ours::run, "stats", "sync_full")).isEqualTo(1);
            assertThat(number(third::run, "stats", "sync_full")).isEqualTo(1);
            assertThat(ours.run("wait", "2", "5000")).isEqualTo(":2\r\n");
        }
    }

    private static void run(RespConnection load, Random random, RandomArguments arguments, int count)
            throws IOException {
        int open = 0;
        for (int i = 0; i < count; i++) {
            String template;
            do {
                template = Templates.ALL.get(random.nextInt(Templates.ALL.size()));
            } while (template.startsWith("flush") && random.nextInt(5) > 0);
            load.send(CommandTemplate.expand(template, random, arguments::get));
            open++;
            if (open == PIPELINE || i == count - 1) {
                for (; open > 0; open--) {
                    load.receive();
                }
            }
            if (open == 0 && i % 50 == 49) {
                several(load, i);
            }
        }
    }

    /** What is sent as more than one command, or as another one. */
    private static void several(RespConnection load, int i) throws IOException {
        load.run("multi");
        load.run("set", "m" + i % 5, "v");
        load.run("incrbyfloat", "f", "1.25");
        load.run("exec");
        load.run("eval", "redis.call('sadd','es',ARGV[1],'b','c') return redis.call('spop','es')", "0", "" + i);
        load.run("set", "short" + i % 7, "v", "px", "20");
        load.run("append", "short" + i % 7, "w");
        load.run("xadd", "xs", "maxlen", "~", "300", "*", "f", "" + i);
        load.run("xgroup", "create", "xs", "g", "0");
        load.run("xreadgroup", "group", "g", "c" + i % 3, "count", "2", "streams", "xs", ">");
        load.run(
                "function",
                "load",
                "replace",
                "#!lua name=lib\nredis.register_function('f', function() return " + i + " end)");
    }

    private static void awaitLink(Server replica) throws IOException {
        long end = System.nanoTime() + WAIT_NANOS;
        while (!replica.run("info", "replication").contains("master_link_status:up")) {
            assertThat(System.nanoTime()).as("the link does not come up").isLessThan(end);
            LockSupport.parkNanos(5_000_000);
        }
    }

    /** Keys that expire are the primary's to delete: it does in the background. */
    private static void awaitSame(Server primary, Server replica, String when) throws IOException {
        long end = System.nanoTime() + WAIT_NANOS;
        while (true) {
            boolean same = number(primary, "replication", "master_repl_offset")
                            == number(replica, "replication", "master_repl_offset")
                    && primary.run("debug", "digest").equals(replica.run("debug", "digest"));
            if (same) {
                break;
            }
            if (System.nanoTime() > end) {
                assertThat(different(primary, replica)).as(when).isEmpty();
            }
            LockSupport.parkNanos(20_000_000);
        }
        assertThat(replica.run("function", "list", "withcode"))
                .as(when)
                .isEqualTo(primary.run("function", "list", "withcode"));
    }

    /** After a whole copy the log is written anew in the background. */
    private static void awaitNoRewrite(Server server) throws IOException {
        long end = System.nanoTime() + WAIT_NANOS;
        while (number(server, "persistence", "aof_rewrite_in_progress") != 0) {
            assertThat(System.nanoTime()).isLessThan(end);
            LockSupport.parkNanos(20_000_000);
        }
    }

    /** Keys of any database that are not the same on both, and both digests. */
    private static List<String> different(Server primary, Server replica) throws IOException {
        List<String> different = new ArrayList<>();
        different.add(primary.run("debug", "digest") + replica.run("debug", "digest"));
        different.add(primary.run("info", "replication") + replica.run("info", "replication"));
        for (int database = 0; database < 16; database++) {
            primary.run("select", "" + database);
            replica.run("select", "" + database);
            for (Server of : List.of(primary, replica)) {
                if (RespConnection.parse(of.run("keys", "*")) instanceof List<?> keys) {
                    for (Object key : keys) {
                        String[] ask = {"debug", "digest-value", String.valueOf(key)};
                        if (!primary.run(ask).equals(replica.run(ask))) {
                            different.add(database + ": " + key + " " + primary.run("type", ask[2]));
                        }
                    }
                }
            }
        }
        return different;
    }

    private static long number(Server of, String section, String field) throws IOException {
        for (String line : of.run("info", section).split("\r\n", -1)) {
            if (line.startsWith(field + ":")) {
                return Long.parseLong(line.substring(field.length() + 1));
            }
        }
        throw new AssertionError(field + " is missing");
    }
}

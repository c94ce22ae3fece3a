package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.keyspace.DatasetDigest;
import io.cairn.keyspace.EncodingLimits;
import io.cairn.keyspace.Keyspace.Snapshot;
import io.cairn.rdb.RdbReader;
import io.cairn.rdb.RdbWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hashes and sets are a function of the history of commands alone: not of the limits of a node, of its hash secret, or of a snapshot in between. */
class ElementHistoryTest {
    @TempDir
    private Path directory;

    private static byte[] save(CommandHarness from) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        RdbWriter writer = new RdbWriter(Channels.newChannel(bytes), true);
        from.keyspace.lockAll();
        Snapshot snapshot;
        try {
            snapshot = from.keyspace.beginSnapshot();
        } finally {
            from.keyspace.unlockAll();
        }
        writer.begin(1_700_000_000, 0);
        snapshot.writeTo(writer);
        writer.finish();
        return bytes.toByteArray();
    }

    private static void load(CommandHarness to, byte[] rdb) throws IOException {
        new RdbReader(Channels.newChannel(new ByteArrayInputStream(rdb)), to.keyspace, 0).load();
    }

    /** One of many more members than a listpack has, or few. */
    private static String element(Random random, int key) {
        int number = random.nextInt(key % 2 == 0 ? 40 : 400);
        return switch (random.nextInt(6)) {
            case 0, 1 -> Integer.toString(number);
            case 2 -> random.nextInt(30) == 0 ? "long" + "x".repeat(70) + number : "s" + number;
            default -> "m" + number;
        };
    }

    private static String line(Random random) {
        int key = random.nextInt(4);
        String hash = "h" + key;
        String set = "s" + key;
        String one = element(random, key);
        String two = element(random, key);
        return switch (random.nextInt(22)) {
            case 0, 1, 2 -> "hset " + hash + " " + one + " v" + random.nextInt(100) + " " + two + " 7";
            case 3 -> "hsetnx " + hash + " " + one + " x";
            case 4, 5 -> "hdel " + hash + " " + one + " " + two;
            case 6 -> "hincrby " + hash + " " + one + " 3";
            case 7, 8, 9 -> "sadd " + set + " " + one + " " + two;
            case 10 -> "sadd " + set + " " + random.nextInt(1000) + " " + random.nextInt(100_000);
            case 11, 12 -> "srem " + set + " " + one + " " + two;
            case 13 -> "spop " + set;
            case 14 -> "spop " + set + " " + random.nextInt(5);
            case 15 -> "smove " + set + " s" + random.nextInt(4) + " " + one;
            case 16 -> random.nextInt(5) == 0 ? "sunionstore s" + random.nextInt(4) + " " + set : "scard " + set;
            case 17 -> "sdiffstore d " + set + " s" + random.nextInt(4);
            case 18 -> "sinterstore d " + set + " s" + random.nextInt(4);
            case 19 -> "hrandfield " + hash + " " + (random.nextInt(20) - 10);
            case 20 -> "srandmember " + set + " " + (random.nextInt(20) - 10);
            default ->
                random.nextInt(10) == 0 ? "copy " + set + " s" + random.nextInt(4) + " replace" : "hgetall " + hash;
        };
    }

    private static void small(EncodingLimits limits) {
        limits.hashEntries = 2;
        limits.hashValue = 3;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void itIsTheSameOnEveryReplica(long seed) throws IOException {
        Random random = new Random(seed);
        List<CommandHarness> replicas = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            replicas.add(new CommandHarness(false));
        }
        small(replicas.get(1).keyspace.encodingLimits());
        for (int step = 0; step < 6000; step++) {
            String line = line(random);
            List<String> replies = new ArrayList<>();
            for (CommandHarness replica : replicas) {
                replica.seed = seed * 1_000_000 + step;
                replies.add(replica.run(line));
            }
            assertThat(replies.get(1)).as(line).isEqualTo(replies.get(0));
            assertThat(replies.get(2)).as(line).isEqualTo(replies.get(0));
            if (step % 1500 == 1000) {
                // One replica is replaced by one that loads its snapshot.
                CommandHarness from = replicas.remove(2);
                CommandHarness to = new CommandHarness(false);
                load(to, save(from));
                from.close();
                replicas.add(to);
            }
            if (step % 500 == 0) {
                for (int key = 0; key < 4; key++) {
                    for (String read : List.of("hgetall h" + key, "smembers s" + key, "smembers d")) {
                        String reply = replicas.get(0).run(read);
                        assertThat(replicas.get(1).run(read)).isEqualTo(reply);
                        assertThat(replicas.get(2).run(read)).isEqualTo(reply);
                    }
                }
                String digest = DatasetDigest.of(replicas.get(0).keyspace).all();
                assertThat(DatasetDigest.of(replicas.get(1).keyspace).all()).isEqualTo(digest);
                assertThat(DatasetDigest.of(replicas.get(2).keyspace).all()).isEqualTo(digest);
            }
        }
        replicas.forEach(CommandHarness::close);
    }

    @Test
    void redisLoadsWhatWeWriteAndTheOtherWayRound() throws Exception {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine to compare with");
        Random random = new Random(11);
        try (CommandHarness ours = new CommandHarness(false)) {
            for (int i = 0; i < 4000; i++) {
                ours.seed = i;
                ours.run(line(random));
            }
            Files.write(directory.resolve("dump.rdb"), save(ours));
            String digest = "+" + DatasetDigest.of(ours.keyspace).all() + "\r\n";
            try (RedisProcess redis = RedisProcess.start(directory);
                    CommandHarness back = new CommandHarness(false)) {
                assertThat(redis.run("debug", "digest")).isEqualTo(digest);
                redis.run("hset", "more", "field", "x".repeat(300), "n", "-12345");
                redis.run("sadd", "more2", "1", "70000", "-5000000000");
                redis.run("save");
                load(back, Files.readAllBytes(directory.resolve("dump.rdb")));
                assertThat("+" + DatasetDigest.of(back.keyspace).all() + "\r\n")
                        .isEqualTo(redis.run("debug", "digest"));
                assertThat(back.brief("object encoding more2")).isEqualTo("$6 intset");
            }
        }
    }
}

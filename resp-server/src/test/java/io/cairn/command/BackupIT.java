package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.cli.Main;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code cairn backup} and {@code cairn restore}: one point in all shards under writes that depend on each other, into a
 * cluster of another number of shards.
 */
final class BackupIT {
    private static final int FROM = 26_800;
    private static final int TO = 26_850;
    private static final int KEYS = 500;
    private static final int PAIRS = 3;

    @TempDir
    Path directory;

    /** Writes a number to one key, and when that is acknowledged to a second one, which is in another shard. */
    private static final class Pair extends Thread {
        private final SeededNodes nodes;
        private final String first;
        private final String second;
        private final AtomicBoolean stop;
        private final AtomicReference<Throwable> failure;
        volatile long acknowledged;
        volatile long sent;

        Pair(SeededNodes nodes, int number, AtomicBoolean stop, AtomicReference<Throwable> failure) {
            this.nodes = nodes;
            this.first = "{" + keyIn(0, 5_460, number) + "}first" + number;
            this.second = "{" + keyIn(11_000, 16_383, number) + "}second" + number;
            this.stop = stop;
            this.failure = failure;
        }

        private static String keyIn(int from, int to, int number) {
            for (int i = 0; ; i++) {
                String key = "k" + number + "-" + i;
                int slot = io.cairn.keyspace.Slots.of(key.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                if (slot >= from && slot <= to) {
                    return key;
                }
            }
        }

        @Override
        public void run() {
            try (RespConnection one = new RespConnection(owner(first));
                    RespConnection two = new RespConnection(owner(second))) {
                for (long n = 1; !stop.get(); n++) {
                    sent = n;
                    assertThat(one.line("set " + first + " " + n)).isEqualTo("+OK\r\n");
                    assertThat(two.line("set " + second + " " + n)).isEqualTo("+OK\r\n");
                    acknowledged = n;
                }
            } catch (Throwable e) {
                failure.compareAndSet(null, e);
            }
        }

        private int owner(String key) throws Exception {
            String reply = nodes.at(FROM, "exists " + key);
            return reply.startsWith("-MOVED")
                    ? Integer.parseInt(
                            reply.substring(reply.lastIndexOf(':') + 1).strip())
                    : FROM;
        }
    }

    @Test
    void onePointInAllShards() throws Exception {
        Path backup = directory.resolve("backup");
        long[] before = new long[PAIRS];
        long[] after = new long[PAIRS];
        String[][] names = new String[PAIRS][];
        try (SeededNodes nodes = SeededNodes.form(directory.resolve("from"), FROM, 3, 0)) {
            for (int i = 0; i < KEYS; i++) {
                nodes.awaitFollow("+OK", "set key" + i + " value" + i);
            }
            nodes.awaitFollow(":", "rpush list a b c");
            nodes.awaitFollow("+OK", "set short v px 100");
            nodes.awaitFollow("+OK", "set long v ex 1000");
            assertThat(nodes.at(FROM, "config set cluster-node-timeout 12345")).isEqualTo("+OK\r\n");
            refusesWhileASlotMoves(nodes);
            AtomicBoolean stop = new AtomicBoolean();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            List<Pair> pairs = Stream.iterate(0, i -> i + 1)
                    .limit(PAIRS)
                    .map(i -> new Pair(nodes, i, stop, failure))
                    .toList();
            pairs.forEach(Thread::start);
            for (Pair pair : pairs) {
                while (pair.acknowledged < 50 && failure.get() == null) {
                    Thread.sleep(5);
                }
            }
            for (int i = 0; i < PAIRS; i++) {
                before[i] = pairs.get(i).acknowledged;
            }
            assertThat(Main.run("backup", "create", "127.0.0.1:" + FROM, backup.toString()))
                    .isZero();
            for (int i = 0; i < PAIRS; i++) {
                after[i] = pairs.get(i).sent;
                names[i] = new String[] {pairs.get(i).first, pairs.get(i).second};
            }
            stop.set(true);
            for (Pair pair : pairs) {
                pair.join();
            }
            assertThat(failure.get()).as("no call fails meanwhile").isNull();
            assertThat(Main.run("backup", "create", "127.0.0.1:" + FROM, backup.toString()))
                    .as("not empty")
                    .isEqualTo(1);
        }
        assertThat(Main.run("backup", "verify", backup.toString())).isZero();
        findsDamage(backup);
        // With it in force none of the keys could be written: the cluster has no six replicas of anything.
        addSetting(backup, "min-replicas-to-write 6");
        assertThat(Main.run("backup", "verify", backup.toString())).isZero();
        try (SeededNodes nodes = SeededNodes.form(directory.resolve("to"), TO, 3, 2)) {
            assertThat(Main.run("restore", backup.toString(), "127.0.0.1:" + TO))
                    .isZero();
            for (int i = 0; i < KEYS; i++) {
                assertThat(nodes.follow("get key" + i)).contains("value" + i);
            }
            assertThat(nodes.follow("lrange list 0 -1")).contains("a\r\n", "b\r\n", "c\r\n");
            assertThat(nodes.follow("exists short")).isEqualTo(":0\r\n");
            assertThat(nodes.follow("ttl long")).matches(":9\\d\\d\r\n");
            for (int i = 0; i < PAIRS; i++) {
                long first = number(nodes.follow("get " + names[i][0]));
                long second = number(nodes.follow("get " + names[i][1]));
                assertThat(first - second).as("the cut is one moment").isBetween(0L, 1L);
                assertThat(second).isGreaterThanOrEqualTo(before[i]);
                assertThat(first).isLessThanOrEqualTo(after[i]);
            }
            for (int port : nodes.running()) {
                nodes.await(".*12345.*", port, "config get cluster-node-timeout");
                nodes.await(".*min-replicas-to-write \\$1 6.*", port, "config get min-replicas-to-write");
            }
            assertThat(nodes.follow("set more 1")).startsWith("-NOREPLICAS");
            assertThat(Main.run("restore", backup.toString(), "127.0.0.1:" + TO))
                    .as("not empty any more")
                    .isEqualTo(1);
        }
    }

    private static long number(String bulk) {
        return Long.parseLong(bulk.split("\r\n", -1)[1]);
    }

    private void refusesWhileASlotMoves(SeededNodes nodes) throws Exception {
        String slot = "0";
        String moved = nodes.at(FROM, "exists " + Pair.keyIn(0, 0, 0));
        int owner = moved.startsWith("-MOVED")
                ? Integer.parseInt(moved.substring(moved.lastIndexOf(':') + 1).strip())
                : FROM;
        int next = owner == FROM ? FROM + 1 : FROM;
        String other = nodes.at(next, "cluster myid").split("\r\n", -1)[1];
        nodes.await("\\+OK", owner, "cluster setslot " + slot + " migrating " + other);
        assertThat(Main.run(
                        "backup",
                        "create",
                        "127.0.0.1:" + FROM,
                        directory.resolve("not").toString(),
                        "--attempts",
                        "1"))
                .isEqualTo(1);
        nodes.await("\\+OK", owner, "cluster setslot " + slot + " stable");
    }

    private static void addSetting(Path backup, String setting) throws Exception {
        Path manifest = backup.resolve("manifest");
        String text = Files.readString(manifest);
        String body = text.substring(0, text.lastIndexOf("end ")) + "setting " + setting + "\n";
        byte[] sum = MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.UTF_8));
        Files.writeString(manifest, body + "end " + HexFormat.of().formatHex(sum) + "\n");
    }

    private static void findsDamage(Path backup) throws Exception {
        Path file;
        try (Stream<Path> files = Files.list(backup)) {
            file = files.filter(path -> path.toString().endsWith(".rdb"))
                    .findFirst()
                    .orElseThrow();
        }
        byte[] good = Files.readAllBytes(file);
        byte[] bad = good.clone();
        bad[bad.length / 2] ^= 1;
        Files.write(file, bad);
        assertThat(Main.run("backup", "verify", backup.toString())).isEqualTo(1);
        Files.write(file, good);
        Path manifest = backup.resolve("manifest");
        String text = Files.readString(manifest);
        Files.writeString(manifest, text.replace("held-ms ", "held-ms 1"));
        assertThat(Main.run("backup", "verify", backup.toString())).isEqualTo(1);
        Files.writeString(manifest, text);
    }
}

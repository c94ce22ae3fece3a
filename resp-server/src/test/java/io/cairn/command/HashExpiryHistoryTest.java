package io.cairn.command;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.DatasetDigest;
import io.cairn.keyspace.Keyspace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random calls on hashes with fields that expire, against a model, on three replicas: one of them finds expired fields and says which (the primary), one has other
 * limits, one is replaced by what loads its snapshot again and again.
 */
class HashExpiryHistoryTest {
    private static final int KEYS = 5;

    private record Entry(String value, long expireAt) {
        boolean live(long now) {
            return expireAt == 0 || expireAt > now;
        }
    }

    private final Map<String, Map<String, Entry>> model = new HashMap<>();
    private final List<CommandHarness> replicas = new ArrayList<>();
    private long now = 1_700_000_000_000L;
    private long seed;

    private Map<String, Entry> hash(String key) {
        Map<String, Entry> hash = model.computeIfAbsent(key, any -> new TreeMap<>());
        hash.values().removeIf(entry -> !entry.live(now));
        return hash;
    }

    /** Runs it everywhere; the reply is the same. */
    private String run(List<byte[]> words) {
        seed++;
        String first = "";
        for (CommandHarness replica : replicas) {
            replica.now = now;
            replica.seed = seed;
            String reply = replica.run(words).strip().replace("\r\n", " ");
            if (replica == replicas.get(0)) {
                first = reply;
            } else {
                assertThat(reply)
                        .as(words.stream()
                                .map(word -> new String(word, ISO_8859_1))
                                .toList()
                                .toString())
                        .isEqualTo(first);
            }
        }
        return first;
    }

    private String run(String line) {
        List<byte[]> words = new ArrayList<>();
        for (String word : line.split(" ")) {
            words.add(word.getBytes(ISO_8859_1));
        }
        return run(words);
    }

    private static String field(Random random, int key) {
        return "f" + random.nextInt(key == 0 ? 3 : key < 3 ? 30 : 1500);
    }

    private void step(Random random) {
        int number = random.nextInt(KEYS);
        String key = "h" + number;
        Map<String, Entry> hash = hash(key);
        String field = field(random, number);
        Entry old = hash.get(field);
        switch (random.nextInt(16)) {
            case 0, 1, 2, 3 -> {
                String value = "v" + random.nextInt(1000);
                assertThat(run("hset " + key + " " + field + " " + value)).isEqualTo(old == null ? ":1" : ":0");
                hash.put(field, new Entry(value, 0));
            }
            case 4 -> {
                assertThat(run("hdel " + key + " " + field)).isEqualTo(old == null ? ":0" : ":1");
                hash.remove(field);
            }
            case 5, 6, 7, 8 -> expire(random, key, hash, field, old);
            case 9 -> {
                assertThat(run("hpersist " + key + " FIELDS 1 " + field))
                        .isEqualTo("*1 :" + (old == null ? -2 : old.expireAt == 0 ? -1 : 1));
                if (old != null) {
                    hash.put(field, new Entry(old.value, 0));
                }
            }
            case 10 -> {
                assertThat(run("hpexpiretime " + key + " fields 1 " + field))
                        .isEqualTo("*1 :" + (old == null ? -2 : old.expireAt == 0 ? -1 : old.expireAt));
                assertThat(run("hget " + key + " " + field))
                        .isEqualTo(old == null ? "$-1" : "$" + old.value.length() + " " + old.value);
            }
            case 11 -> {
                String counter = "n" + random.nextInt(3);
                Entry count = hash.get(counter);
                long sum = (count == null ? 0 : Long.parseLong(count.value)) + 5;
                assertThat(run("hincrby " + key + " " + counter + " 5")).isEqualTo(":" + sum);
                hash.put(counter, new Entry(Long.toString(sum), count == null ? 0 : count.expireAt));
                run("hpexpire " + key + " " + (1 + random.nextInt(3000)) + " NX fields 1 " + counter);
                if (count == null || count.expireAt == 0) {
                    hash.put(counter, new Entry(Long.toString(sum), replicaExpiry(key, counter)));
                }
            }
            case 12 -> {
                boolean there = random.nextInt(20) == 0;
                run(there ? "del " + key : "hrandfield " + key + " " + (random.nextInt(7) - 3));
                if (there) {
                    hash.clear();
                }
            }
            case 13 -> {
                String to = "h" + random.nextInt(KEYS);
                if (random.nextInt(10) == 0 && !to.equals(key)) {
                    boolean copied = run("copy " + key + " " + to + " replace").equals(":1");
                    if (copied) {
                        model.put(to, new TreeMap<>(hash));
                    }
                }
            }
            case 14 -> now += random.nextInt(100);
            default -> dropExpired(random.nextInt(4) == 0 ? 5000 : 10);
        }
    }

    private long replicaExpiry(String key, String field) {
        return Long.parseLong(run("hpexpiretime " + key + " fields 1 " + field).substring("*1 :".length()));
    }

    private void expire(Random random, String key, Map<String, Entry> hash, String field, @Nullable Entry old) {
        long when = now + random.nextInt(4000) - 200;
        String condition = List.of("", "NX ", "XX ", "GT ", "lt ").get(random.nextInt(5));
        long current = old == null ? 0 : old.expireAt;
        boolean met = switch (condition) {
            case "NX " -> current == 0;
            case "XX " -> current != 0;
            case "GT " -> current != 0 && when > current;
            case "lt " -> current == 0 || when < current;
            default -> true;
        };
        int expected = old == null ? -2 : !met ? 0 : when <= now ? 2 : 1;
        assertThat(run("hpexpireat " + key + " " + when + " " + condition + "FIELDS 1 " + field))
                .as(condition + when + " after " + current)
                .isEqualTo("*1 :" + expected);
        if (expected == 2) {
            hash.remove(field);
        } else if (old != null && expected == 1) {
            hash.put(field, new Entry(old.value, when));
        }
    }

    /** The first replica is the primary: it finds what is expired, and all run its record. */
    private void dropExpired(int limit) {
        List<List<byte[]>> records = new ArrayList<>();
        replicas.get(0).keyspace.collectExpired(now, limit, new Keyspace.ExpiredKey() {
            @Override
            public void expired(int database, byte[] key, long expireAt, long version) {
                throw new AssertionError("no key expires here");
            }

            @Override
            public void fieldsExpired(int database, byte[] key, List<byte[]> fields) {
                records.add(HashExpiryCommands.dropping(key, fields));
            }
        });
        records.forEach(this::run);
    }

    private void compareAll() {
        for (int i = 0; i < KEYS; i++) {
            String key = "h" + i;
            Map<String, Entry> hash = hash(key);
            String[] words = run("hgetall " + key).split(" ");
            Map<String, String> found = new TreeMap<>();
            for (int at = 1; at + 3 < words.length; at += 4) {
                found.put(words[at + 1], words[at + 3]);
            }
            Map<String, String> expected = new TreeMap<>();
            hash.forEach((field, entry) -> expected.put(field, entry.value));
            assertThat(found).as(key).isEqualTo(expected);
            assertThat(run("hscan " + key + " 0 count 100000")).contains("*" + 2 * expected.size());
        }
        String digest = DatasetDigest.exact(replicas.get(0).keyspace).all();
        for (CommandHarness replica : replicas) {
            assertThat(DatasetDigest.exact(replica.keyspace).all()).isEqualTo(digest);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void itIsThatOfTheModelOnEveryReplica(long from) throws IOException {
        Random random = new Random(from);
        for (int i = 0; i < 3; i++) {
            replicas.add(new CommandHarness(false));
        }
        replicas.get(1).keyspace.encodingLimits().hashEntries = 2;
        for (int step = 0; step < 12_000; step++) {
            step(random);
            if (step % 3000 == 2000) {
                CommandHarness old = replicas.remove(2);
                replicas.add(old.reloaded());
                old.close();
            }
            if (step % 1000 == 999) {
                compareAll();
            }
        }
        // In the end everything that expires has gone, and with it what it took.
        now += 1_000_000;
        for (int round = 0; round < 1000; round++) {
            dropExpired(1000);
        }
        compareAll();
        for (CommandHarness replica : replicas) {
            assertThat(replica.keyspace.expiringHashes()).isZero();
        }
        run("flushall");
        replicas.forEach(CommandHarness::close);
    }
}

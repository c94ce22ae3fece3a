package io.cairn.keyspace.chronicle;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.Value;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Sampling: every key may be picked, none far more often than others, those with an expiry alone when asked for. */
class KeySamplerTest {
    private final ChronicleKeyspace keyspace =
            new ChronicleKeyspace(KeyspaceOptions.defaults().withDatabases(1).withStripes(4));
    private final SplittableRandom random = new SplittableRandom(5);
    private final long at = Memory.allocate(1000);

    @AfterEach
    void close() {
        Memory.free(at, 1000);
        keyspace.close();
    }

    private int name(int key) {
        byte[] bytes = ("key:" + key).getBytes(StandardCharsets.ISO_8859_1);
        Memory.copy(bytes, 0, at, bytes.length);
        return bytes.length;
    }

    private void put(int key, int bytes, long expireAt) {
        int length = name(key);
        keyspace.lockAll();
        keyspace.database(0).putString(at, length, at + 100, bytes, Value.BYTES, expireAt);
        keyspace.unlockAll();
    }

    private Map<String, Integer> sample(int times, int count, boolean volatileOnly) {
        Map<String, Integer> seen = new HashMap<>();
        for (int i = 0; i < times; i++) {
            int[] shown = new int[1];
            int answered = keyspace.sample(
                    0, random.nextLong(), count, volatileOnly, (key, length, access, expireAt, version, bytes) -> {
                        shown[0]++;
                        assertThat(version).isPositive();
                        assertThat(bytes).isPositive();
                        assertThat(!volatileOnly || expireAt > 0).isTrue();
                        seen.merge(new String(Memory.bytes(key, length), StandardCharsets.ISO_8859_1), 1, Integer::sum);
                    });
            assertThat(answered).isEqualTo(shown[0]).isLessThanOrEqualTo(count);
        }
        return seen;
    }

    @Test
    void everyKeyIsPickedNowAndThen() {
        assertThat(sample(1, 5, false)).isEmpty();
        int keys = 20_000;
        for (int key = 0; key < keys; key++) {
            put(key, 20 + key % 300, key % 10 == 0 ? 99 : 0);
        }
        Map<String, Integer> seen = sample(60_000, 5, false);
        // Chance alone leaves a share of e^-15 of keys out; neighbours and gaps some more.
        assertThat(seen.size()).isGreaterThan(keys * 98 / 100);
        assertThat(seen.values().stream().mapToInt(count -> count).max().orElse(0))
                .isLessThan(300);
        Map<String, Integer> expiring = sample(20_000, 5, true);
        assertThat(expiring.size()).isBetween(keys / 10 * 98 / 100, keys / 10);
    }

    @Test
    void rareKeysWithAnExpiryAreFound() {
        for (int key = 0; key < 5000; key++) {
            put(key, 50, key == 77 || key == 4000 ? 12_345 : 0);
        }
        assertThat(sample(100, 5, true).keySet()).isEqualTo(Set.of("key:77", "key:4000"));
        put(77, 50, 0);
        put(4000, 50, 0);
        assertThat(sample(10, 5, true)).isEmpty();
        put(4001, 50, 7);
        assertThat(new HashSet<>(sample(10, 5, true).keySet())).isEqualTo(Set.of("key:4001"));
    }

    @Test
    void fewVisibleKeysAmongManyHiddenOnesAreFound() {
        for (int key = 0; key < 5000; key++) {
            put(key, 50, key % 2 == 0 ? 12_345 : 0);
        }
        BitSet slots = new BitSet();
        slots.set(0, Slots.COUNT);
        for (int key = 0; key < 40; key++) {
            slots.clear(Slots.of(at, name(key)));
        }
        keyspace.hide(slots);
        for (boolean volatileOnly : new boolean[] {false, true}) {
            int found = 0;
            for (int i = 0; i < 200; i++) {
                found += sample(1, 5, volatileOnly).isEmpty() ? 0 : 1;
            }
            assertThat(found).isGreaterThan(190);
        }
    }

    @Test
    void emptyTablesAreGivenBack() {
        put(1, 10, 0);
        int length = name(1);
        keyspace.lockAll();
        keyspace.database(0).drop(at, length, 0);
        keyspace.unlockAll();
        assertThat(keyspace.usedBytes()).isPositive();
        keyspace.releaseEmpty();
        assertThat(keyspace.usedBytes()).isZero();
        put(2, 10, 0);
        assertThat(keyspace.database(0).size()).isOne();
    }

    @Test
    void whatOthersHoldIsNotWaitedFor() throws Exception {
        put(1, 10, 0);
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        Thread holder = new Thread(() -> {
            keyspace.lockAll();
            held.countDown();
            try {
                done.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            keyspace.unlockAll();
        });
        holder.start();
        held.await();
        int answered = keyspace.sample(0, 1, 5, false, (key, length, access, expireAt, version, bytes) -> {
            throw new AssertionError("not to be had");
        });
        done.countDown();
        holder.join();
        assertThat(answered).isEqualTo(-1);
    }
}

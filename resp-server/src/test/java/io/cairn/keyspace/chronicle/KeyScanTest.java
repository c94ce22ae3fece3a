package io.cairn.keyspace.chronicle;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** SCAN's guarantee and RANDOMKEY. */
class KeyScanTest {
    private static final byte[] VALUE = new byte[10];

    private static long scan(Driver driver, long cursor, int count, List<String> to) {
        return driver.keyspace
                .database(0)
                .scan(
                        cursor,
                        count,
                        driver.now,
                        (key, keyLength, value) -> to.add(new String(Memory.bytes(key, keyLength), ISO_8859_1)));
    }

    @ParameterizedTest
    @CsvSource({"1,1,100", "1,10,5000", "4,10,5000", "4,1000,5000", "16,100,200", "1,100000,3000", "64,7,0"})
    void everyKeyIsVisitedOnceWhenNothingChanges(int stripes, int count, int keys) {
        try (Driver driver = new Driver(new KeyspaceOptions(1, stripes, 256, 0), 1)) {
            Set<String> expected = new HashSet<>();
            for (int i = 0; i < keys; i++) {
                driver.put(0, "key" + i, VALUE, Value.BYTES, 0);
                expected.add("key" + i);
            }
            List<String> seen = new ArrayList<>();
            long cursor = 0;
            do {
                cursor = scan(driver, cursor, count, seen);
            } while (cursor != 0);
            assertThat(seen).hasSize(keys);
            assertThat(new HashSet<>(seen)).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whatStaysIsVisitedWhileTheTablesGrowAndCountChanges(long seed) {
        Random random = new Random(seed);
        try (Driver driver = new Driver(new KeyspaceOptions(1, 2, 256, 0), seed)) {
            int stay = 1 + random.nextInt(2000);
            Set<String> expected = new HashSet<>();
            for (int i = 0; i < stay; i++) {
                driver.put(0, "stay" + i, VALUE, Value.BYTES, 0);
                expected.add("stay" + i);
            }
            List<String> seen = new ArrayList<>();
            long cursor = 0;
            int next = 0;
            int steps = 0;
            do {
                cursor = scan(driver, cursor, 1 + random.nextInt(1 << random.nextInt(10)), seen);
                for (int i = random.nextInt(400); i > 0 && next < 20_000; i--) {
                    driver.put(0, "come" + next++, VALUE, Value.BYTES, 0);
                }
                for (int i = random.nextInt(20); i > 0 && next > 0; i--) {
                    driver.remove(0, "come" + random.nextInt(next));
                }
                steps++;
            } while (cursor != 0 && steps < 100_000);
            assertThat(cursor).isZero();
            assertThat(new HashSet<>(seen)).containsAll(expected);
        }
    }

    @Test
    void answersAreAboutAsLargeAsAskedFor() {
        try (Driver driver = new Driver(new KeyspaceOptions(1, 4, 256, 0), 3)) {
            for (int i = 0; i < 20_000; i++) {
                driver.put(0, "key" + i, VALUE, Value.BYTES, 0);
            }
            long cursor = 0;
            int calls = 0;
            int most = 0;
            do {
                List<String> seen = new ArrayList<>();
                cursor = scan(driver, cursor, 10, seen);
                most = Math.max(most, seen.size());
                calls++;
            } while (cursor != 0);
            assertThat(calls).isBetween(800, 2200);
            assertThat(most).isLessThan(60);
        }
    }

    @Test
    void anyCursorIsHarmless() {
        try (Driver driver = new Driver(new KeyspaceOptions(1, 4, 256, 0), 3)) {
            for (int i = 0; i < 1000; i++) {
                driver.put(0, "key" + i, VALUE, Value.BYTES, 0);
            }
            for (long cursor : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, 123_456_789_123L}) {
                long at = cursor;
                for (int i = 0; i < 100_000; i++) {
                    at = scan(driver, at, 10, new ArrayList<>());
                    if (at == 0) {
                        break;
                    }
                }
                assertThat(at).as("from %d", cursor).isZero();
            }
        }
    }

    @Test
    void everyKeyIsChosenAtRandomAboutEquallyOften() {
        try (Driver driver = new Driver(new KeyspaceOptions(1, 4, 256, 0), 3)) {
            assertThat(driver.keyspace.database(0).randomKey(1, 0)).isNull();
            for (int i = 0; i < 100; i++) {
                driver.put(0, "key" + i, VALUE, Value.BYTES, 0);
            }
            driver.put(0, "expired", VALUE, Value.BYTES, driver.now - 1);
            Map<String, Integer> chosen = new HashMap<>();
            Random random = new Random(9);
            driver.keyspace.lockAll();
            for (int i = 0; i < 20_000; i++) {
                byte[] key = driver.keyspace.database(0).randomKey(random.nextLong(), driver.now);
                assertThat(key).isNotNull();
                chosen.merge(new String(key, ISO_8859_1), 1, Integer::sum);
            }
            driver.keyspace.unlockAll();
            assertThat(chosen).hasSize(100).doesNotContainKey("expired");
            assertThat(chosen.values()).allMatch(times -> times > 120 && times < 320);
        }
    }
}

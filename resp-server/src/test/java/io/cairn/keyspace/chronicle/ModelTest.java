package io.cairn.keyspace.chronicle;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Value;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random operations on the keyspace and on a HashMap must agree. */
class ModelTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void randomOperationsAgreeWithTheModel(long seed) {
        try (Driver driver = new Driver(new KeyspaceOptions(2, 4, 256, 0), seed)) {
            for (int i = 0; i < 30_000; i++) {
                driver.step(2_000);
                if (i % 5_000 == 4_999) {
                    driver.compareAll();
                }
            }
            driver.compareAll();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {7, 8, 9})
    void growthInStepsAgreesWithTheModel(long seed) {
        try (Driver driver = new Driver(new KeyspaceOptions(2, 1, 256, 0), seed)) {
            for (int i = 0; i < 40_000; i++) {
                driver.step(30_000);
                if (i % 1_000 == 999) {
                    driver.compareSomething();
                }
            }
            driver.compareAll();
        }
    }

    @Test
    void valuesOfVeryDifferentSizesShareATable() {
        try (Driver driver = new Driver(new KeyspaceOptions(1, 1, 4096, 0), 11)) {
            Random random = new Random(11);
            for (int i = 0; i < 20_000; i++) {
                int length = switch (random.nextInt(4)) {
                    case 0 -> random.nextInt(16);
                    case 1 -> random.nextInt(200);
                    case 2 -> random.nextInt(4096);
                    default -> random.nextInt(9000);
                };
                driver.put(0, "k" + random.nextInt(3000), driver.randomBytes(length), Value.BYTES, 0);
            }
            driver.compareAll();
        }
    }

    @Test
    void longKeysAreKept() {
        try (Driver driver = new Driver(new KeyspaceOptions(1, 1, 4096, 0), 12)) {
            for (int length : new int[] {0, 1, 127, 128, 129, 1000, 16_383, 16_384, 16_385, 100_000, 1_000_000}) {
                driver.put(0, "x".repeat(length), driver.randomBytes(100), Value.BYTES, 0);
                driver.put(0, "y" + length, driver.randomBytes(10), Value.BYTES, 0);
            }
            driver.compareAll();
            assertThat(driver.keyspace.database(0).size()).isEqualTo(22);
        }
    }
}

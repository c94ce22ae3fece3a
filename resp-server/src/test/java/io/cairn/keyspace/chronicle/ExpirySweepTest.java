package io.cairn.keyspace.chronicle;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.Value;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Expiry: lazily on reading, and by the sweep. */
class ExpirySweepTest {
    private static final byte[] VALUE = new byte[10];

    private static Driver filled(int keys) {
        Driver driver = new Driver(new KeyspaceOptions(2, 4, 256, 0), 1);
        for (int i = 0; i < keys; i++) {
            driver.put(i % 2, "key" + i, VALUE, Value.BYTES, i % 4 < 2 ? 0 : 1000 + i);
        }
        return driver;
    }

    @Test
    void sweepFindsExactlyTheExpiredKeysAndMayRemoveThemAtOnce() {
        try (Driver driver = filled(8_000)) {
            Set<String> found = new HashSet<>();
            for (int round = 0; round < 1000 && found.size() < 2000; round++) {
                driver.keyspace.collectExpired(1000 + 3999, 10, (database, key, expireAt, version) -> {
                    String name = new String(key, ISO_8859_1);
                    Driver.Known known = driver.model.get(database).get(name);
                    assertThat(known).isNotNull();
                    assertThat(expireAt).isEqualTo(known.expireAt()).isLessThanOrEqualTo(4999);
                    assertThat(version).isEqualTo(known.version());
                    assertThat(found.add(name)).isTrue();
                    driver.now = 4999;
                    driver.remove(database, name);
                });
            }
            assertThat(found).hasSize(2000);
            assertThat(driver.keyspace.collectExpired(4999, 100, (database, key, expireAt, version) -> {
                        throw new AssertionError("nothing is left");
                    }))
                    .isLessThan(8_000);
            driver.compareAll();
        }
    }

    @Test
    void oneCallTellsOfNoMoreThanItsLimit() {
        try (Driver driver = filled(4_000)) {
            int[] told = new int[1];
            driver.keyspace.collectExpired(10_000, 25, (database, key, expireAt, version) -> told[0]++);
            assertThat(told[0]).isEqualTo(25);
        }
    }

    @Test
    void keysThatAreNotRemovedAreToldAgainAndAllAreReached() {
        try (Driver driver = filled(4_000)) {
            Set<String> found = new HashSet<>();
            for (int round = 0; round < 100; round++) {
                driver.keyspace.collectExpired(
                        100_000, 1000, (database, key, expireAt, version) -> found.add(new String(key, ISO_8859_1)));
            }
            assertThat(found).hasSize(2000);
        }
    }

    @Test
    void sweepPassesByALockedStripe() throws InterruptedException {
        try (Driver driver = filled(400)) {
            int[] told = new int[1];
            driver.keyspace.lock(0);
            Thread other = new Thread(() ->
                    driver.keyspace.collectExpired(100_000, 1000, (database, key, expireAt, version) -> told[0]++));
            other.start();
            other.join();
            driver.keyspace.unlock(0);
            assertThat(told[0]).isPositive().isLessThan(200);
        }
    }

    @Test
    void everyKeyThatIsPassedByBecauseItExpiredIsRemembered() {
        try (Driver driver = filled(8)) {
            Database database = driver.keyspace.database(0);
            Database.KeyVisitor nobody =
                    (key, length, value) -> assertThat(value.expireAt).isNotEqualTo(1002);
            assertThat(database.scan(0, 100, 1002, nobody)).isZero();
            assertThat(database.sawExpired()).isEqualTo(1002);
            assertThat(database.sawExpired()).isZero();
            driver.keyspace.lockAll();
            for (int stripe = 0; stripe < driver.keyspace.stripes(); stripe++) {
                database.forEach(stripe, 2_000, nobody);
            }
            assertThat(database.sawExpired()).isEqualTo(1006);
            driver.remove(0, "key0");
            driver.remove(0, "key4");
            assertThat(database.randomKey(7, 2_000)).isNull();
            assertThat(database.sawExpired()).isEqualTo(1006);
            driver.keyspace.unlockAll();
        }
    }

    @Test
    void readOfAnExpiredKeyAnswersAbsentAndIsRemembered() {
        try (Driver driver = filled(8)) {
            assertThat(driver.keyspace.database(0).sawExpired()).isZero();
            driver.now = 2_000;
            driver.check(0, "key2");
            driver.check(0, "key6");
            driver.check(0, "key2");
            assertThat(driver.keyspace.database(0).sawExpired()).isEqualTo(1006);
            assertThat(driver.keyspace.database(0).sawExpired()).isZero();
            assertThat(driver.keyspace.database(0).size()).isEqualTo(4);
        }
    }
}

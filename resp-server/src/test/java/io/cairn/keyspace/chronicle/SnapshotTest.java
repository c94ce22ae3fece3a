package io.cairn.keyspace.chronicle;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.keyspace.Keyspace.Snapshot;
import io.cairn.keyspace.Keyspace.SnapshotSink;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Value;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A snapshot holds exactly the state at its beginning, whatever happens while it is written. */
class SnapshotTest {
    private static final KeyspaceOptions SMALL = new KeyspaceOptions(2, 4, 256, 0);

    /** Compares what it is told with the model as it was, and takes entries out of it. */
    private static final class Checker implements SnapshotSink {
        private final List<Map<String, Driver.Known>> expected = new ArrayList<>();

        Checker(Driver driver) {
            driver.model.forEach(database -> expected.add(new HashMap<>(database)));
        }

        @Override
        public void entry(int database, long key, int keyLength, Value value) {
            String name = new String(Memory.bytes(key, keyLength), ISO_8859_1);
            Driver.Known known = expected.get(database).remove(name);
            assertThat(known).as(name).isNotNull();
            Driver.same(known, value);
        }

        void assertComplete() {
            assertThat(expected).allMatch(Map::isEmpty);
        }
    }

    private static Snapshot begin(Driver driver) {
        driver.keyspace.lockAll();
        try {
            return driver.keyspace.beginSnapshot();
        } finally {
            driver.keyspace.unlockAll();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23, 24, 25, 26})
    void snapshotIsExactWhileAnotherThreadChangesEverything(long seed) throws Exception {
        try (Driver driver = new Driver(SMALL, seed)) {
            for (int i = 0; i < 20_000; i++) {
                driver.step(3_000);
            }
            for (int round = 0; round < 4; round++) {
                Snapshot snapshot = begin(driver);
                Checker checker = new Checker(driver);
                Random choice = new Random(seed + round);
                for (int early = choice.nextInt(200); early > 0; early--) {
                    driver.step(3_000);
                }
                Thread changes = new Thread(() -> {
                    for (int i = 0; i < 6_000; i++) {
                        driver.step(20_000);
                        if (choice.nextInt(1500) == 0) {
                            driver.clear(choice.nextInt(2));
                        }
                        if (choice.nextInt(1500) == 0) {
                            driver.swap();
                        }
                    }
                });
                List<Throwable> thrown = new ArrayList<>();
                changes.setUncaughtExceptionHandler((thread, failure) -> thrown.add(failure));
                changes.start();
                snapshot.writeTo(checker);
                changes.join();
                assertThat(thrown).isEmpty();
                checker.assertComplete();
                driver.compareAll();
            }
        }
    }

    @Test
    void clearAndSwapBeforeTheFirstPartDoNotChangeTheSnapshot() throws IOException {
        try (Driver driver = new Driver(SMALL, 31)) {
            for (int i = 0; i < 10_000; i++) {
                driver.step(2_000);
            }
            Snapshot snapshot = begin(driver);
            Checker checker = new Checker(driver);
            driver.swap();
            driver.clear(0);
            driver.clear(1);
            for (int i = 0; i < 10_000; i++) {
                driver.step(2_000);
            }
            snapshot.writeTo(checker);
            checker.assertComplete();
            driver.compareAll();
        }
    }

    @Test
    void growthDuringASnapshotKeepsItExact() throws IOException {
        try (Driver driver = new Driver(new KeyspaceOptions(1, 1, 256, 0), 32)) {
            for (int i = 0; i < 1_500; i++) {
                driver.put(0, "before" + i, driver.randomBytes(50), Value.BYTES, 0);
            }
            Snapshot snapshot = begin(driver);
            Checker checker = new Checker(driver);
            Thread grower = new Thread(() -> {
                for (int i = 0; i < 20_000; i++) {
                    driver.put(0, "grow" + i, new byte[30], Value.BYTES, 0);
                }
            });
            grower.start();
            snapshot.writeTo(checker);
            checker.assertComplete();
            join(grower);
            driver.compareAll();
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    @Test
    void cancelledSnapshotLeavesNothingBehind() throws IOException {
        try (Driver driver = new Driver(SMALL, 33)) {
            for (int i = 0; i < 5_000; i++) {
                driver.step(2_000);
            }
            Snapshot first = begin(driver);
            assertThatThrownBy(() -> begin(driver)).isInstanceOf(IllegalStateException.class);
            driver.clear(0);
            for (int i = 0; i < 500; i++) {
                driver.step(2_000);
            }
            first.cancel();
            first.cancel();
            Snapshot second = begin(driver);
            Checker checker = new Checker(driver);
            second.writeTo(checker);
            checker.assertComplete();
            assertThatThrownBy(() -> first.writeTo((database, key, keyLength, value) -> {}))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void failingSinkFailsTheSnapshotAndNoWrite() {
        try (Driver driver = new Driver(SMALL, 34)) {
            for (int i = 0; i < 5_000; i++) {
                driver.step(2_000);
            }
            Snapshot snapshot = begin(driver);
            int[] entries = new int[1];
            assertThatThrownBy(() -> snapshot.writeTo((database, key, keyLength, value) -> {
                        if (++entries[0] == 100) {
                            throw new IOException("disk full");
                        }
                    }))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("disk full");
            for (int i = 0; i < 5_000; i++) {
                driver.step(2_000);
            }
            driver.compareAll();
            begin(driver).cancel();
        }
    }

    @Test
    void snapshotThatIsNeverWrittenHoldsABoundedCopy() {
        try (Driver driver = new Driver(new KeyspaceOptions(1, 1, 65_536, 0), 35)) {
            for (int i = 0; i < 3_000; i++) {
                driver.put(0, "k" + i, driver.randomBytes(40_000), Value.BYTES, 0);
            }
            Snapshot snapshot = begin(driver);
            for (int i = 0; i < 3_000; i++) {
                driver.put(0, "k" + i, new byte[10], Value.BYTES, 0);
            }
            assertThatThrownBy(() -> snapshot.writeTo((database, key, keyLength, value) -> {}))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("writeTo was not called");
        }
    }
}

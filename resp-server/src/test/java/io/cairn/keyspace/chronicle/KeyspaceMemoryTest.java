package io.cairn.keyspace.chronicle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Memory: given back, accounted, limited. */
class KeyspaceMemoryTest {
    private static long residentKb() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(0);
    }

    @Test
    void emptyKeyspaceTakesNothing() {
        try (ChronicleKeyspace keyspace = new ChronicleKeyspace(KeyspaceOptions.defaults())) {
            assertThat(keyspace.usedBytes()).isZero();
        }
    }

    @Test
    void clearGivesTheMemoryBackToTheSystem() throws IOException {
        assumeTrue(Files.exists(Path.of("/proc/self/status")), "no /proc");
        try (ChronicleKeyspace keyspace = new ChronicleKeyspace(KeyspaceOptions.defaults())) {
            long at = Memory.allocate(20_000);
            Memory.zero(at, 20_000);
            keyspace.lockAll();
            for (int i = 0; i < 200_000; i++) {
                Memory.putInt(at, i);
                keyspace.database(0).putString(at, 8, at, 600, Value.BYTES, 0);
                if (i % 20 == 0) {
                    Memory.putInt(at, -i);
                    keyspace.database(1).putString(at, 8, at, 10_000, Value.BYTES, 0);
                }
            }
            long used = keyspace.usedBytes() / 1024;
            long full = residentKb();
            assertThat(used).isBetween(200_000L, 280_000L);
            keyspace.database(0).clear();
            keyspace.database(1).clear();
            keyspace.unlockAll();
            Memory.free(at, 20_000);
            assertThat(keyspace.usedBytes()).isZero();
            Memory.trim();
            assertThat(full - residentKb()).isGreaterThan(150_000L);
        }
    }

    @Test
    void writeOverTheLimitFailsAndChangesNothing() {
        try (Driver driver = new Driver(new KeyspaceOptions(1, 2, 256, 1_000_000), 1)) {
            assertThatThrownBy(() -> {
                        for (int i = 0; ; i++) {
                            driver.put(0, "key" + i, driver.randomBytes(i % 400), Value.BYTES, 0);
                        }
                    })
                    .isInstanceOf(OutOfMemoryError.class);
            assertThat(driver.keyspace.usedBytes()).isLessThanOrEqualTo(1_100_000);
            driver.compareAll();
            assertThatThrownBy(() -> driver.resize(0, "key1", 900_000)).isInstanceOf(OutOfMemoryError.class);
            driver.compareAll();
            assertThatThrownBy(() -> driver.putBlock(0, "key1", new byte[900_000], 0))
                    .isInstanceOf(OutOfMemoryError.class);
            driver.compareAll();
            for (int i = 0; i < 1000; i++) {
                driver.remove(0, "key" + i);
            }
            driver.put(0, "room again", driver.randomBytes(300), Value.BYTES, 0);
            driver.compareAll();
        }
    }

    @Test
    void blockThatIsBeingSentIsNotChanged() {
        try (Driver driver = new Driver(new KeyspaceOptions(1, 1, 256, 0), 1)) {
            byte[] bytes = driver.randomBytes(1000);
            driver.put(0, "key", bytes, Value.BYTES, 0);
            NativeBlock held = driver.with("key", (key, length) -> {
                driver.keyspace.database(0).find(key, length, driver.now, driver.view);
                NativeBlock block = driver.view.block;
                assertThat(block).isNotNull();
                return block.retain();
            });
            driver.resize(0, "key", 900);
            driver.resize(0, "key", 2000);
            driver.put(0, "key", new byte[2000], Value.BYTES, 0);
            assertThat(Memory.bytes(held.address(), 1000)).isEqualTo(bytes);
            driver.remove(0, "key");
            assertThat(Memory.bytes(held.address(), 1000)).isEqualTo(bytes);
            held.release();
        }
    }

    @Test
    void valueMayBeCopiedFromAViewOfTheKeyspace() {
        try (Driver driver = new Driver(new KeyspaceOptions(1, 1, 256, 0), 1)) {
            byte[] bytes = driver.randomBytes(200);
            driver.put(0, "from", bytes, Value.BYTES, 0);
            for (int i = 0; i < 3_000; i++) {
                String to = "copy" + i;
                driver.with(
                        "from",
                        (key, length) -> driver.keyspace.database(0).find(key, length, driver.now, driver.view));
                long address = driver.view.address;
                driver.with(to, (key, length) -> {
                    driver.keyspace.database(0).putString(key, length, address, 200, Value.BYTES, 0);
                    return 0;
                });
                driver.model.get(0).put(to, new Driver.Known(bytes, null, 0, driver.keyspace.lastVersion()));
            }
            driver.with("from", (key, length) -> {
                driver.keyspace.database(0).find(key, length, driver.now, driver.view);
                driver.keyspace
                        .database(0)
                        .putString(key, length, driver.view.address + 50, 100, Value.BYTES, 99_999_999);
                return 0;
            });
            byte[] part = java.util.Arrays.copyOfRange(bytes, 50, 150);
            driver.model.get(0).put("from", new Driver.Known(part, null, 99_999_999, driver.keyspace.lastVersion()));
            driver.compareAll();
        }
    }
}

package io.cairn.keyspace.collection;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random changes against a map, and what a hash pays that has none. */
class FieldExpiriesTest {
    private final Map<String, Long> model = new TreeMap<>();

    private interface Use<T> {
        T with(long address, int length);
    }

    private static <T> T with(String name, Use<T> use) {
        NativeBlock block = NativeBlock.allocate(name.length());
        try {
            Memory.copy(name.getBytes(ISO_8859_1), 0, block.address(), name.length());
            return use.with(block.address(), name.length());
        } finally {
            block.release();
        }
    }

    private void compare(FieldExpiries expiries, long now) {
        assertThat(expiries.size()).isEqualTo(model.size());
        assertThat(expiries.earliest())
                .isEqualTo(
                        model.values().stream().mapToLong(Long::longValue).min().orElse(Long.MAX_VALUE));
        Set<String> due = new HashSet<>();
        model.forEach((name, at) -> {
            assertThat(with(name, expiries::of)).isEqualTo(at);
            if (at <= now) {
                due.add(name);
            }
        });
        assertThat(expiries.expired(now)).isEqualTo(due.size());
        Set<String> found = new HashSet<>();
        for (byte[] name : expiries.expired(now, Integer.MAX_VALUE, Integer.MAX_VALUE)) {
            found.add(new String(name, ISO_8859_1));
        }
        assertThat(found).isEqualTo(due);
        int some = due.size() / 2;
        assertThat(expiries.expired(now, some, Integer.MAX_VALUE))
                .hasSize(some)
                .allSatisfy(name -> assertThat(due).contains(new String(name, ISO_8859_1)));
        assertThat(expiries.expired(now, Integer.MAX_VALUE, 1)).hasSize(Math.min(1, due.size()));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void itIsThatOfTheModel(long seed) {
        Random random = new Random(seed);
        FieldExpiries expiries = new FieldExpiries();
        for (int step = 0; step < 20_000; step++) {
            int range = step < 10_000 ? 3000 : 100;
            String name = "field" + random.nextInt(range);
            if (random.nextInt(step < 10_000 ? 4 : 2) > 0) {
                long at = 1L + random.nextInt(500);
                with(name, (address, length) -> {
                    expiries.set(address, length, at);
                    return 0;
                });
                model.put(name, at);
            } else {
                // In the second half what is not named any more goes bit by bit.
                String gone = step >= 10_000 && !model.isEmpty()
                        ? model.keySet().iterator().next()
                        : name;
                assertThat(with(gone, expiries::remove)).isEqualTo(model.remove(gone) != null);
            }
            if (step % 1000 == 0) {
                compare(expiries, random.nextInt(500));
                FieldExpiries copy = expiries.copy();
                compare(copy, random.nextInt(500));
                copy.free();
            }
        }
        expiries.free();
    }

    @Test
    void aHashWithoutPaysNothingAndGetsBackWhatItPaid() {
        HashObject hash = new HashObject();
        for (int i = 0; i < 1000; i++) {
            with("f" + i, (address, length) -> hash.put(address, length, address, length));
        }
        long before = hash.usedBytes();
        assertThat(hash.earliestExpiry()).isEqualTo(Long.MAX_VALUE);
        for (int i = 0; i < 1000; i++) {
            long at = 5000L - i;
            with("f" + i, (address, length) -> {
                hash.expire(address, length, at);
                return 0;
            });
        }
        assertThat(hash.earliestExpiry()).isEqualTo(4001);
        assertThat(hash.usedBytes()).isGreaterThan(before + 30_000);
        for (int i = 0; i < 1000; i++) {
            assertThat(with("f" + i, hash::persist)).isTrue();
        }
        assertThat(hash.usedBytes()).isEqualTo(before);
        assertThat(hash.earliestExpiry()).isEqualTo(Long.MAX_VALUE);
        hash.release();
    }
}

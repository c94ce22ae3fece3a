package io.cairn.keyspace.collection;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Memory;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tree against a {@link TreeMap}. */
class IdTreeTest {
    private final NativeAccount account = new NativeAccount();
    private final IdTree tree = new IdTree(8, account);
    private final TreeMap<Id, Long> model = new TreeMap<>();

    private record Id(long ms, long sequence) implements Comparable<Id> {
        @Override
        public int compareTo(Id other) {
            return StreamId.compare(ms, sequence, other.ms, other.sequence);
        }
    }

    private void put(Id id, long value) {
        long size = tree.size();
        boolean added = model.put(id, value) == null;
        Memory.putLong(tree.put(id.ms, id.sequence), value);
        assertThat(tree.size() - size).isEqualTo(added ? 1 : 0);
    }

    private void remove(Id id) {
        assertThat(tree.remove(id.ms, id.sequence)).isEqualTo(model.remove(id) != null);
    }

    /** Everything, forwards and backwards, and what is found near an id. */
    private void compare(Random random) {
        assertThat(tree.size()).isEqualTo(model.size());
        IdCursor cursor = new IdCursor(tree);
        boolean there = cursor.first();
        for (Map.Entry<Id, Long> entry : model.entrySet()) {
            assertThat(there).isTrue();
            is(cursor, entry);
            assertThat(Memory.getLong(tree.find(cursor.ms(), cursor.sequence())))
                    .isEqualTo(entry.getValue());
            there = cursor.next();
        }
        assertThat(there).isFalse();
        there = cursor.last();
        for (Map.Entry<Id, Long> entry : model.descendingMap().entrySet()) {
            is(cursor, entry);
            there = cursor.previous();
        }
        assertThat(there).isFalse();
        for (int i = 0; i < 20; i++) {
            Id near = id(random, 400);
            isOrGone(cursor, cursor.seekAtLeast(near.ms, near.sequence), model.ceilingEntry(near));
            isOrGone(cursor, cursor.seekAtMost(near.ms, near.sequence), model.floorEntry(near));
            assertThat(tree.find(near.ms, near.sequence) != 0).isEqualTo(model.containsKey(near));
        }
    }

    private static void isOrGone(IdCursor cursor, boolean there, Map.@Nullable Entry<Id, Long> entry) {
        assertThat(there).isEqualTo(entry != null);
        assertThat(cursor.there()).isEqualTo(there);
        if (entry != null) {
            is(cursor, entry);
        }
    }

    private static void is(IdCursor cursor, Map.Entry<Id, Long> entry) {
        assertThat(new Id(cursor.ms(), cursor.sequence())).isEqualTo(entry.getKey());
        assertThat(Memory.getLong(cursor.value())).isEqualTo(entry.getValue());
    }

    /** Some are beyond the largest signed number. */
    private static Id id(Random random, int range) {
        long ms = (long) random.nextInt(range) - range / 8;
        return new Id(ms, random.nextInt(4) - 1);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void itIsWhatATreeMapIs(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 60; round++) {
            int range = random.nextInt(3) == 0 ? 30 : 6000;
            int puts = random.nextInt(11);
            for (int i = 0; i < 700; i++) {
                Id id = id(random, range);
                if (random.nextInt(10) < puts) {
                    put(id, i);
                } else {
                    remove(id);
                    Id next = model.ceilingKey(id);
                    if (next != null) {
                        remove(next);
                    }
                }
            }
            compare(random);
        }
        IdTree copy = tree.copy(account);
        assertThat(copy.size()).isEqualTo(tree.size());
        copy.free();
        tree.free();
        assertThat(account.bytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 40, 5000, 60_000})
    void aQueueStaysSmall(int length) {
        long most = 0;
        for (int i = 0; i < 150_000; i++) {
            tree.put(i / 3, i % 3);
            if (i >= length) {
                assertThat(tree.remove((i - length) / 3, (i - length) % 3)).isTrue();
            }
            most = Math.max(most, account.bytes());
        }
        assertThat(tree.size()).isEqualTo(length);
        assertThat(most).isLessThan(30L * length + 12_000);
        for (int i = 150_000 - length; i < 150_000; i++) {
            assertThat(tree.remove(i / 3, i % 3)).isTrue();
        }
        assertThat(account.bytes()).isZero();
    }

    @Test
    void aTreeThatIsThinnedOutGivesMemoryBack() {
        for (int i = 0; i < 200_000; i++) {
            tree.put(i, 0);
        }
        long full = account.bytes();
        Random random = new Random(1);
        for (int i = 0; i < 200_000; i++) {
            if (random.nextInt(100) > 0) {
                tree.remove(i, 0);
            }
        }
        assertThat(tree.size()).isBetween(1000L, 3000L);
        assertThat(account.bytes()).isLessThan(full / 12);
        tree.free();
        assertThat(account.bytes()).isZero();
    }
}

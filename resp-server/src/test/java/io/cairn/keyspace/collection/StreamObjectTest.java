package io.cairn.keyspace.collection;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams and groups against collections of Java. */
class StreamObjectTest {
    private static final long EMPTY_BYTES = new StreamObject().usedBytes();

    private final NativeBlock memory = NativeBlock.allocate(64 * 1024);
    private StreamObject stream = new StreamObject();
    /** By milliseconds; the sequence is 5. */
    private final TreeMap<Long, List<String>> model = new TreeMap<>();

    @AfterEach
    void close() {
        stream.release();
        memory.release();
    }

    /** Texts in native memory. */
    private final class Texts implements StreamFields {
        private final List<String> texts;
        private final List<Long> at = new ArrayList<>();

        Texts(List<String> texts) {
            this.texts = texts;
            long next = memory.address();
            for (String text : texts) {
                byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
                Memory.copy(bytes, 0, next, bytes.length);
                at.add(next);
                next += bytes.length;
            }
        }

        @Override
        public int pairs() {
            return texts.size() / 2;
        }

        @Override
        public long address(int i) {
            return at.get(i);
        }

        @Override
        public int length(int i) {
            return texts.get(i).length();
        }
    }

    private static String text(long lp, int at) {
        if (Listpack.isNumber(lp, at)) {
            return Long.toString(Listpack.number(lp, at));
        }
        return new String(Memory.bytes(Listpack.address(lp, at), Listpack.length(lp, at)), StandardCharsets.ISO_8859_1);
    }

    /** All entries between two ids in the order in which they come; some fields are left unread. */
    private static Map<Long, List<String>> read(
            StreamObject stream, long from, long to, boolean backwards, Random random) {
        Map<Long, List<String>> all = new java.util.LinkedHashMap<>();
        StreamIterator at = stream.iterator().range(new StreamId(from, 0), new StreamId(to, -1), backwards);
        while (at.next()) {
            List<String> fields = new ArrayList<>();
            boolean some = random.nextInt(4) == 0;
            while (at.nextField()) {
                fields.add(text(at.listpack(), at.fieldAt()));
                fields.add(text(at.listpack(), at.valueAt()));
                if (some) {
                    break;
                }
            }
            assertThat(at.id().sequence).isEqualTo(5);
            all.put(at.id().ms, some ? List.of() : fields);
        }
        return all;
    }

    private void compare(StreamObject actual, Random random) {
        assertThat(actual.elements()).isEqualTo(model.size());
        assertThat(actual.first().ms).isEqualTo(model.isEmpty() ? 0 : model.firstKey());
        long from = random.nextInt(3000);
        long to = random.nextInt(3000);
        same(read(actual, 0, 1 << 20, false, random), model);
        same(read(actual, 0, 1 << 20, true, random), model.descendingMap());
        NavigableMap<Long, List<String>> range =
                from <= to ? model.subMap(from, true, to, true) : new TreeMap<Long, List<String>>();
        same(read(actual, from, to, false, random), range);
        same(read(actual, from, to, true, random), range.descendingMap());
    }

    private static void same(Map<Long, List<String>> actual, Map<Long, List<String>> expected) {
        assertThat(new ArrayList<>(actual.keySet())).isEqualTo(new ArrayList<>(expected.keySet()));
        actual.forEach((id, fields) -> {
            if (!fields.isEmpty()) {
                assertThat(fields).isEqualTo(expected.get(id));
            }
        });
    }

    private List<String> fields(Random random) {
        List<String> fields = new ArrayList<>();
        int pairs = random.nextInt(3) > 0 ? 2 : 1 + random.nextInt(40);
        for (int i = 0; i < pairs; i++) {
            fields.add(random.nextInt(10) > 0 ? "field" + i : "other" + random.nextInt(3));
            fields.add(
                    switch (random.nextInt(8)) {
                        case 0 -> "";
                        case 1 -> Long.toString(random.nextLong() >> random.nextInt(63));
                        case 2 -> "x".repeat(random.nextInt(1000));
                        default -> "v" + random.nextInt(100);
                    });
        }
        return fields;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void itIsWhatATreeMapIs(long seed) {
        Random random = new Random(seed);
        long nodeEntries = seed == 5 ? 1000 : 100;
        long newest = 0;
        for (int round = 0; round < 1500; round++) {
            int what = random.nextInt(20);
            if (what < 17) {
                newest += 1 + random.nextInt(3);
                List<String> fields = fields(random);
                stream.append(new StreamId(newest, 5), new Texts(fields), seed == 5 ? 1 << 20 : 4096, nodeEntries);
                model.put(newest, fields);
            } else if (what < 19) {
                long id = random.nextInt((int) newest + 2);
                boolean there = model.remove(id) != null;
                assertThat(stream.delete(new StreamId(id, 5))).isEqualTo(there);
                stream.findFirst();
            } else if (random.nextInt(10) == 0) {
                trim(random, newest);
            }
            if (round % 100 == 0) {
                compare(stream, random);
            }
        }
        compare(stream, random);
        StreamObject copy = (StreamObject) stream.copy();
        stream.release();
        stream = copy;
        compare(stream, random);
        stream.trim(new StreamTrim(0, new StreamId(), false, 0));
        assertThat(stream.usedBytes()).isEqualTo(EMPTY_BYTES);
    }

    private void trim(Random random, long newest) {
        long before = model.size();
        if (random.nextBoolean()) {
            long keep = random.nextInt((int) before + 2);
            while (model.size() > keep) {
                model.pollFirstEntry();
            }
            assertThat(stream.trim(new StreamTrim(keep, new StreamId(), false, 0)))
                    .isEqualTo(before - model.size());
        } else {
            long least = random.nextInt((int) newest + 2);
            model.headMap(least, false).clear();
            assertThat(stream.trim(new StreamTrim(-1, new StreamId(least, 0), false, 0)))
                    .isEqualTo(before - model.size());
        }
    }

    private record Owned(String consumer, long delivered, long deliveries) {}

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void aGroupIsWhatAMapIs(long seed) {
        Random random = new Random(seed);
        StreamGroup group = stream.create("group".getBytes(StandardCharsets.US_ASCII), new StreamId(), 0);
        TreeMap<Long, Owned> pending = new TreeMap<>();
        for (int i = 0; i < 20_000; i++) {
            StreamId id = new StreamId(random.nextInt(800), 1);
            String name = "c" + random.nextInt(5);
            int what = random.nextInt(100);
            if (what < 50) {
                group.assign(id, consumer(group, name), i, i % 7);
                pending.put(id.ms, new Owned(name, i, i % 7));
            } else if (what < 99) {
                assertThat(group.acknowledge(id)).isEqualTo(pending.remove(id.ms) != null);
            } else {
                group.delete(consumer(group, name));
                pending.values().removeIf(owned -> owned.consumer.equals(name));
            }
            if (i % 1000 == 0) {
                compare(group, pending);
            }
        }
        compare(group, pending);
        StreamObject copy = (StreamObject) stream.copy();
        compare(Objects.requireNonNull(copy.group("group".getBytes(StandardCharsets.US_ASCII))), pending);
        stream.destroy(group);
        assertThat(stream.usedBytes()).isEqualTo(EMPTY_BYTES);
        copy.release();
    }

    private static StreamConsumer consumer(StreamGroup group, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        StreamConsumer consumer = group.consumer(bytes);
        return consumer == null ? group.create(bytes, 0) : consumer;
    }

    private static void compare(StreamGroup group, Map<Long, Owned> pending) {
        assertThat(group.isOwned()).isTrue();
        assertThat(contents(group.walk())).isEqualTo(pending);
        Map<Long, Owned> byConsumer = new HashMap<>();
        for (StreamConsumer consumer : group.consumers()) {
            Map<Long, Owned> own = contents(group.walk(consumer));
            assertThat(own).hasSize((int) consumer.pending());
            byConsumer.putAll(own);
        }
        assertThat(byConsumer).isEqualTo(pending);
    }

    private static Map<Long, Owned> contents(StreamPending at) {
        Map<Long, Owned> contents = new HashMap<>();
        StreamId id = new StreamId();
        for (boolean there = at.first(); there; there = at.next()) {
            at.id(id);
            contents.put(
                    id.ms,
                    new Owned(
                            new String(at.consumer().name(), StandardCharsets.US_ASCII),
                            at.delivered(),
                            at.deliveries()));
        }
        return contents;
    }

    @Test
    void aMillionPendingEntriesAreFewBytesEach() {
        StreamGroup group = stream.create(new byte[] {'g'}, new StreamId(), 0);
        StreamConsumer one = group.create(new byte[] {'a'}, 0);
        StreamConsumer two = group.create(new byte[] {'b'}, 0);
        StreamId id = new StreamId();
        for (int i = 0; i < 1_000_000; i++) {
            id.set(i / 10, i % 10);
            group.deliver(id, i % 3 == 0 ? one : two, i);
        }
        assertThat(group.pending()).isEqualTo(1_000_000);
        assertThat(stream.usedBytes() / 1_000_000).isLessThan(60);
        group.delete(one);
        for (int i = 0; i < 1_000_000; i++) {
            id.set(i / 10, i % 10);
            assertThat(group.acknowledge(id)).isEqualTo(i % 3 != 0);
        }
        stream.destroy(group);
        assertThat(stream.usedBytes()).isEqualTo(EMPTY_BYTES);
    }
}

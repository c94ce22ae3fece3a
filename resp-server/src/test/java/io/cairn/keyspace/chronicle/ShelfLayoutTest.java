package io.cairn.keyspace.chronicle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.keyspace.KeyHash;
import io.cairn.keyspace.Memory;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import net.openhft.chronicle.bytes.BytesStore;
import net.openhft.chronicle.hash.Data;
import net.openhft.chronicle.map.ExternalMapQueryContext;
import net.openhft.chronicle.map.MapEntry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Our reading of Chronicle's memory agrees with Chronicle's own, also in segments that have more than one tier. */
class ShelfLayoutTest {
    private final KeyHash hash = new KeyHash();
    private final long memory = Memory.allocate(100_000);
    private final Span key = new Span();
    private final Payload payload = new Payload();

    @AfterEach
    void free() {
        Memory.free(memory, 100_000);
    }

    private Span key(int n, int length) {
        Memory.zero(memory, length + 4L);
        Memory.putInt(memory, n);
        return key.set(memory, length, hash.of(memory, length));
    }

    private static long locateByQuery(Shelf shelf, Span key) {
        try (ExternalMapQueryContext<Span, Payload, ?> query = shelf.map().queryContext(key)) {
            MapEntry<Span, Payload> entry = query.entry();
            if (entry == null) {
                return 0;
            }
            Data<Payload> value = entry.value();
            return ((BytesStore<?, ?>) value.bytes()).addressForRead(value.offset());
        }
    }

    @ParameterizedTest
    @CsvSource({"1,64,64,500", "1,64,64,900", "8,64,64,5000", "2,30000,64,100", "4,200,60000,1000", "64,100,100,20000"})
    void bothFindTheSame(int segments, int average, int largest, int entries) {
        Random random = new Random(entries);
        try (Shelf shelf = new Shelf(segments, average, largest)) {
            Map<Integer, Integer> lengths = new HashMap<>();
            for (int n = 0; n < entries; n++) {
                int length = 4 + random.nextInt(n % 50 == 0 ? 1000 : 20);
                payload.setNumber(0, n, n % 3 == 0 ? 7 : 0);
                try {
                    shelf.put(key(n, length), payload);
                    lengths.put(n, length);
                } catch (IllegalStateException full) {
                    break;
                }
                if (n % 5 == 4 && lengths.containsKey(n / 2)) {
                    shelf.remove(key(n / 2, lengths.getOrDefault(n / 2, 0)));
                    lengths.remove(n / 2);
                }
            }
            assertThat(lengths).hasSizeGreaterThan(50);
            for (int n = 0; n < entries; n++) {
                Span span = key(n, lengths.getOrDefault(n, 5));
                long found = shelf.locate(span);
                assertThat(found).isEqualTo(locateByQuery(shelf, span));
                if (lengths.containsKey(n)) {
                    assertThat(shelf.locatedSize).isEqualTo(EntryFormat.size(n % 3 == 0, Long.BYTES));
                    assertThat(Memory.getLong(EntryFormat.payload(found, Memory.getInt(found))))
                            .isEqualTo(n);
                } else {
                    assertThat(found).isZero();
                }
            }
            Map<Integer, Integer> visited = new HashMap<>();
            for (int segment = 0; segment < segments; segment++) {
                int expected = segment;
                shelf.forEach(segment, (address, length, entry, size) -> {
                    assertThat(shelf.segmentOf(hash.of(address, length))).isEqualTo(expected);
                    assertThat(visited.put(Memory.getInt(address), length)).isNull();
                });
            }
            assertThat(visited).isEqualTo(lengths);
            assertThat(shelf.map().longSize()).isEqualTo(lengths.size());
        }
    }

    @Test
    void fullShelfRefusesAndStaysReadable() {
        try (Shelf shelf = new Shelf(1, 64, 64)) {
            int[] stored = new int[1];
            assertThatThrownBy(() -> {
                        for (int n = 0; ; n++) {
                            payload.setNumber(0, n, 0);
                            shelf.put(key(n, 100), payload);
                            stored[0]++;
                        }
                    })
                    .isInstanceOf(IllegalStateException.class);
            for (int n = 0; n < stored[0]; n++) {
                assertThat(shelf.locate(key(n, 100)))
                        .as("%d of %d, query %d", n, stored[0], locateByQuery(shelf, key(n, 100)))
                        .isNotZero();
            }
            payload.setBytes(1, memory + 200, 5_000, 0);
            assertThatThrownBy(() -> shelf.put(key(1, 100), payload)).isInstanceOf(IllegalStateException.class);
            for (int n = 0; n < stored[0]; n++) {
                long found = shelf.locate(key(n, 100));
                assertThat(found).isNotZero();
                assertThat(Memory.getLong(EntryFormat.payload(found, 0))).isEqualTo(n);
            }
        }
    }

    @Test
    void chronicleAnalyticsIsNotThere() {
        assertThatThrownBy(() -> Class.forName("net.openhft.chronicle.analytics.Analytics"))
                .isInstanceOf(ClassNotFoundException.class);
    }
}

package io.cairn.rdb;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.keyspace.DatasetDigest;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.PackedSortedSet;
import io.cairn.keyspace.collection.SortedSet;
import io.cairn.keyspace.collection.SortedView;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Sorted sets in every encoding that Redis has written; what is damaged is refused. */
class SortedSetRdbTest {
    private static final byte[] KEY = {'k'};

    private final StringStore store = new StringStore();

    @AfterEach
    void close() {
        store.close();
    }

    /** Restores a type byte and body under the key; "member score" of all, and the encoding. */
    private String restore(byte[] body) throws IOException {
        return restore(body, KEY);
    }

    private String restore(byte[] body, byte[] name) throws IOException {
        long memory = Memory.allocate(name.length + body.length + 10L);
        Memory.copy(name, 0, memory, name.length);
        Memory.copy(body, 0, memory + name.length, body.length);
        store.keyspace.lockAll();
        try {
            DumpPayload.restore(
                    memory + name.length,
                    body.length + 10,
                    store.keyspace.database(0),
                    memory,
                    name.length,
                    0,
                    store.keyspace);
            Value value = new Value();
            assertThat(store.keyspace.database(0).find(memory, name.length, 1, value))
                    .isTrue();
            assertThat(value.type).isEqualTo(ValueType.ZSET);
            return shown(value);
        } finally {
            store.keyspace.unlockAll();
            Memory.free(memory, name.length + body.length + 10L);
        }
    }

    private static String shown(Value value) {
        boolean large = value.encoding == Value.OBJECT;
        StringBuilder shown = new StringBuilder(large ? "large" : "packed");
        try (SortedView set =
                large ? (SortedSet) Objects.requireNonNull(value.object) : new PackedSortedSet(value.address)) {
            for (long at = set.first(); at != SortedView.NONE; at = set.next(at)) {
                shown.append(' ')
                        .append(new String(Memory.bytes(set.member(at), set.length(at)), ISO_8859_1))
                        .append('=')
                        .append(set.score(at));
            }
        }
        return shown.toString();
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private static byte[] pair(String member, double score) {
        int length = member.length();
        ByteBuffer buffer = ByteBuffer.allocate(2 + length + 8).order(ByteOrder.LITTLE_ENDIAN);
        return buffer.put((byte) (0x40 | length >> 8))
                .put((byte) length)
                .put(member.getBytes(ISO_8859_1))
                .putDouble(score)
                .array();
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    @Test
    void theOldestFormHasScoresAsText() throws IOException {
        byte[] body = join(bytes(3, 4, 1, 'b', 3, '1', '.', '5', 1, 'a', 255, 1, 'c', 254), bytes(1, 'z', 2, '-', '0'));
        assertThat(restore(body)).isEqualTo("packed a=-Infinity z=0.0 b=1.5 c=Infinity");
        assertThatThrownBy(() -> restore(bytes(3, 1, 1, 'b', 253))).isInstanceOf(RdbException.class);
        assertThatThrownBy(() -> restore(bytes(3, 1, 1, 'b', 1, 'x'))).isInstanceOf(RdbException.class);
        assertThatThrownBy(() -> restore(bytes(3, 1, 1, 'b', 9, '1'))).isInstanceOf(RdbException.class);
    }

    @Test
    void binaryScoresMayComeInAnyOrder() throws IOException {
        assertThat(restore(join(bytes(5, 3), pair("b", 2), pair("7", -0.0), pair("a", 2))))
                .isEqualTo("packed 7=0.0 a=2.0 b=2.0");
        assertThat(restore(join(bytes(5, 2), pair("b", 2), pair("m".repeat(63) + "yz", 1))))
                .startsWith("large mmm");
        assertThatThrownBy(() -> restore(join(bytes(5, 2), pair("b", 2), pair("b", 3))))
                .isInstanceOf(RdbException.class);
        assertThatThrownBy(() -> restore(join(bytes(5, 1), pair("b", Double.NaN))))
                .isInstanceOf(RdbException.class);
        assertThatThrownBy(() -> restore(join(bytes(5, 2), pair("b", 2)))).isInstanceOf(RdbException.class);
        assertThatThrownBy(() -> restore(bytes(5, 0))).isInstanceOf(RdbException.class);
        assertThatThrownBy(() -> restore(bytes(5, 0x81, 0xFF, 255, 255, 255, 255, 255, 255, 255)))
                .isInstanceOf(RdbException.class);
    }

    @Test
    void ziplistsOfOldVersionsBecomeListpacks() throws IOException {
        // "a" 1, "b" "2.5": header, elements with the length before each, end.
        byte[] ziplist = bytes(24, 0, 0, 0, 18, 0, 0, 0, 4, 0, 0, 1, 'a', 3, 0xF2, 2, 1, 'b', 3, 3, '2', '.', '5', 255);
        ziplist[0] = (byte) ziplist.length;
        ziplist[4] = 17;
        ziplist[4] = (byte) (ziplist.length - 6);
        assertThat(restore(join(bytes(12, ziplist.length), ziplist))).isEqualTo("packed a=1.0 b=2.5");
        ziplist[14] = (byte) 0xF9;
        assertThatThrownBy(() -> restore(join(bytes(12, ziplist.length), ziplist)))
                .isInstanceOf(RdbException.class);
    }

    private byte[] written(byte[] name) throws IOException {
        long key = Memory.allocate(name.length);
        Memory.copy(name, 0, key, name.length);
        store.keyspace.lockAll();
        try {
            Value value = new Value();
            assertThat(store.keyspace.database(0).find(key, name.length, 1, value))
                    .isTrue();
            byte[] payload = DumpPayload.of(value, false);
            return java.util.Arrays.copyOf(payload, payload.length - 10);
        } finally {
            store.keyspace.unlockAll();
            Memory.free(key, name.length);
        }
    }

    @Test
    void bothFormsSurviveASnapshot() throws IOException {
        Random random = new Random(1);
        for (int key = 0; key < 40; key++) {
            int members = key % 2 == 0 ? 1 + random.nextInt(100) : 129 + random.nextInt(1000);
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            body.write(5);
            body.write(0x40 | members >> 8);
            body.write(members);
            for (int i = 0; i < members; i++) {
                body.writeBytes(pair(i % 3 == 0 ? Integer.toString(i) : "m" + i, random.nextInt(1000) / 8.0));
            }
            String shown = restore(body.toByteArray(), ("key" + key).getBytes(ISO_8859_1));
            assertThat(shown).startsWith(key % 2 == 0 ? "packed" : "large");
            assertThat(restore(written(("key" + key).getBytes(ISO_8859_1)), KEY))
                    .isEqualTo(shown);
        }
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        store.write(new RdbWriter(Channels.newChannel(file), true));
        try (StringStore other = new StringStore()) {
            new RdbReader(StringStore.channel(file.toByteArray()), other.keyspace, 0).load();
            assertThat(DatasetDigest.of(other.keyspace).all())
                    .isEqualTo(DatasetDigest.of(store.keyspace).all());
        }
    }

    /** Whatever bytes come: an answer or a refusal, and the set that is there afterwards is sound. */
    @Test
    void damagedPayloadsAreRefusedOrHarmless() throws IOException {
        restore(join(bytes(5, 4), pair("b", 2), pair("7", 0.1), pair("long member", -5), pair("a", 2)));
        byte[] packed = written(KEY);
        Random random = new Random(2);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] body = packed.clone();
            for (int j = random.nextInt(3); j >= 0; j--) {
                body[1 + random.nextInt(body.length - 1)] = (byte) random.nextInt();
            }
            try {
                assertThat(restore(body)).startsWith("packed ");
            } catch (RdbException damaged) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(10_000);
    }
}

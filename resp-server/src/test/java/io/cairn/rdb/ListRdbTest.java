package io.cairn.rdb;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.ListCursor;
import io.cairn.keyspace.collection.ListpackBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every form in which lists were ever written, whole and damaged. */
class ListRdbTest {
    private static final List<String> ITEMS = List.of("a", "17", "", "-70000", "x".repeat(300), "9223372036854775807");

    private final StringStore store = new StringStore();
    private final StringStore other = new StringStore();

    @AfterEach
    void close() {
        store.close();
        other.close();
    }

    @Test
    void elementByElement() throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.write(ITEMS.size());
        ITEMS.forEach(item -> body.writeBytes(string(item.getBytes(ISO_8859_1))));
        store.restore("k", payload(RdbFormat.TYPE_LIST, body.toByteArray()));
        assertThat(list(store, "k")).isEqualTo(ITEMS);
    }

    @Test
    void ziplist() throws IOException {
        store.restore("k", payload(RdbFormat.TYPE_LIST_ZIPLIST, string(ziplist(ITEMS))));
        assertThat(list(store, "k")).isEqualTo(ITEMS);
    }

    @Test
    void nodesOfZiplists() throws IOException {
        byte[] body =
                join(new byte[] {3}, string(ziplist(ITEMS)), string(ziplist(List.of())), string(ziplist(List.of("z"))));
        store.restore("k", payload(RdbFormat.TYPE_LIST_QUICKLIST, body));
        List<String> expected = new ArrayList<>(ITEMS);
        expected.add("z");
        assertThat(list(store, "k")).isEqualTo(expected);
        again("k");
    }

    @Test
    void nodesOfListpacksAndPlainOnes() throws IOException {
        byte[] body = join(
                new byte[] {3, 2},
                string(listpack(ITEMS)),
                new byte[] {1},
                string("plain".getBytes(ISO_8859_1)),
                new byte[] {2},
                string(listpack(List.of("7"))));
        store.restore("k", payload(RdbFormat.TYPE_LIST_QUICKLIST_2, body));
        List<String> expected = new ArrayList<>(ITEMS);
        expected.add("plain");
        expected.add("7");
        assertThat(list(store, "k")).isEqualTo(expected);
        again("k");
    }

    /** What is written is read as the same list, in a payload and in a file. */
    private void again(String key) throws IOException {
        List<String> expected = list(store, key);
        byte[] dumped = store.dumpPayload(key);
        other.restore(key, dumped);
        assertThat(list(other, key)).isEqualTo(expected);
        other.clear();
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        store.write(new RdbWriter(java.nio.channels.Channels.newChannel(file), true));
        new RdbReader(StringStore.channel(file.toByteArray()), other.keyspace, 0).load();
        assertThat(list(other, key)).isEqualTo(expected);
        other.clear();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, -2, 4})
    void largeLists(int fill) throws IOException {
        store.keyspace.encodingLimits().listNode = fill;
        other.keyspace.encodingLimits().listNode = -5;
        List<String> items = new ArrayList<>();
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(new byte[] {(byte) 0x80, 0, 0, 0x4E, 0x20});
        Random random = new Random(fill);
        for (int i = 0; i < 20_000; i++) {
            String item = random.nextBoolean() ? Integer.toString(i) : "x".repeat(random.nextInt(50));
            items.add(item);
            body.writeBytes(string(item.getBytes(ISO_8859_1)));
        }
        store.restore("k", payload(RdbFormat.TYPE_LIST, body.toByteArray()));
        assertThat(list(store, "k")).isEqualTo(items);
        again("k");
    }

    @Test
    void withoutElements() {
        assertBad(payload(RdbFormat.TYPE_LIST, new byte[] {0}));
        assertBad(payload(RdbFormat.TYPE_LIST_QUICKLIST_2, new byte[] {0}));
        assertBad(payload(RdbFormat.TYPE_LIST_ZIPLIST, string(ziplist(List.of()))));
        assertBad(payload(RdbFormat.TYPE_LIST_QUICKLIST_2, join(new byte[] {1, 2}, string(listpack(List.of())))));
        assertBad(payload(RdbFormat.TYPE_LIST_QUICKLIST_2, new byte[] {1, 1, 0}));
        assertBad(payload(RdbFormat.TYPE_LIST_QUICKLIST_2, join(new byte[] {1, 3}, string(listpack(ITEMS)))));
    }

    /** A damaged payload is refused or harmless, and leaves no memory behind. */
    @ParameterizedTest
    @ValueSource(
            ints = {
                RdbFormat.TYPE_LIST,
                RdbFormat.TYPE_LIST_ZIPLIST,
                RdbFormat.TYPE_LIST_QUICKLIST,
                RdbFormat.TYPE_LIST_QUICKLIST_2
            })
    void damage(int type) throws IOException {
        byte[] body = switch (type) {
            case RdbFormat.TYPE_LIST -> {
                ByteArrayOutputStream all = new ByteArrayOutputStream();
                all.write(ITEMS.size());
                ITEMS.forEach(item -> all.writeBytes(string(item.getBytes(ISO_8859_1))));
                yield all.toByteArray();
            }
            case RdbFormat.TYPE_LIST_ZIPLIST -> string(ziplist(ITEMS));
            case RdbFormat.TYPE_LIST_QUICKLIST -> join(new byte[] {2}, string(ziplist(ITEMS)), string(ziplist(ITEMS)));
            default -> join(new byte[] {2, 2}, string(listpack(ITEMS)), new byte[] {2}, string(listpack(ITEMS)));
        };
        store.restore("k", payload(type, body));
        store.clear();
        long before = store.keyspace.usedBytes();
        Random random = new Random(type);
        int refused = 0;
        for (int i = 0; i < 4000; i++) {
            byte[] damaged = body.clone();
            damaged[random.nextInt(random.nextBoolean() ? 30 : body.length)] = (byte) random.nextInt();
            if (i % 3 == 0) {
                damaged = java.util.Arrays.copyOf(damaged, random.nextInt(body.length));
            }
            try {
                store.restore("k", payload(type, damaged));
                assertThat(list(store, "k")).isNotEmpty();
                store.clear();
            } catch (RdbException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(1000);
        assertThat(store.keyspace.usedBytes()).isEqualTo(before);
    }

    private void assertBad(byte[] payload) {
        assertThatThrownBy(() -> store.restore("k", payload)).isInstanceOf(RdbException.class);
    }

    private static List<String> list(StringStore from, String key) {
        List<String> items = new ArrayList<>();
        byte[] name = key.getBytes(ISO_8859_1);
        long at = Memory.allocate(name.length);
        Memory.copy(name, 0, at, name.length);
        from.keyspace.lockAll();
        try {
            Value value = new Value();
            assertThat(from.keyspace.database(0).peek(at, name.length, 1, value))
                    .isTrue();
            assertThat(value.type).isEqualTo(ValueType.LIST);
            ListCursor cursor = new ListCursor();
            for (boolean more = cursor.seek(value, 0); more; more = cursor.next()) {
                long copy = Memory.allocate(cursor.textLength() + 1L);
                cursor.copyText(copy);
                items.add(new String(Memory.bytes(copy, cursor.textLength()), ISO_8859_1));
                Memory.free(copy, cursor.textLength() + 1L);
            }
            assertThat(ListCursor.count(value)).isEqualTo(items.size());
        } finally {
            from.keyspace.unlockAll();
            Memory.free(at, name.length);
        }
        return Collections.unmodifiableList(items);
    }

    private static byte[] ziplist(List<String> items) {
        List<Object> typed = new ArrayList<>();
        for (String item : items) {
            typed.add(item.matches("-?[0-9]+") ? Long.valueOf(item) : item);
        }
        return ZiplistTest.encode(typed);
    }

    private static byte[] listpack(List<String> items) {
        try (ListpackBuilder builder = new ListpackBuilder()) {
            for (String item : items) {
                byte[] bytes = item.getBytes(ISO_8859_1);
                long at = Memory.allocate(bytes.length + 1L);
                Memory.copy(bytes, 0, at, bytes.length);
                builder.append(at, bytes.length);
                Memory.free(at, bytes.length + 1L);
            }
            return Memory.bytes(builder.address(), builder.bytes());
        }
    }

    /** A payload of a type byte and a body. */
    private static byte[] payload(int type, byte[] body) {
        ByteBuffer all = ByteBuffer.allocate(body.length + 11).order(ByteOrder.LITTLE_ENDIAN);
        all.put((byte) type).put(body).put((byte) 10).put((byte) 0);
        return all.putLong(Crc64.update(0, all.array(), 0, body.length + 3)).array();
    }

    /** Bytes as an RDB string. */
    private static byte[] string(byte[] bytes) {
        ByteBuffer all = ByteBuffer.allocate(bytes.length + 2);
        return all.putShort((short) (0x4000 | bytes.length)).put(bytes).array();
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}

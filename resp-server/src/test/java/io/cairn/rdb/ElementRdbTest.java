package io.cairn.rdb;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.ElementText;
import io.cairn.keyspace.collection.HashReader;
import io.cairn.keyspace.collection.ListpackBuilder;
import io.cairn.keyspace.collection.SetReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.StringJoiner;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Every form in which hashes and sets were ever written, whole and damaged. */
class ElementRdbTest {
    private final StringStore store = new StringStore();

    @AfterEach
    void close() {
        store.close();
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
        all.putShort((short) (0x4000 | bytes.length)).put(bytes);
        return all.array();
    }

    private static byte[] text(String text) {
        return text.getBytes(ISO_8859_1);
    }

    private static byte[] listpack(String... elements) {
        try (ListpackBuilder builder = new ListpackBuilder()) {
            for (String element : elements) {
                NativeBlock block = NativeBlock.allocate(element.length());
                Memory.copy(text(element), 0, block.address(), element.length());
                builder.append(block.address(), element.length());
                block.release();
            }
            return Memory.bytes(builder.address(), builder.bytes());
        }
    }

    private static byte[] ziplist(String... elements) {
        ByteArrayOutputStream entries = new ByteArrayOutputStream();
        int before = 0;
        int last = 10;
        for (String element : elements) {
            last = 10 + entries.size();
            entries.write(before);
            if (element.matches("[0-9]+")) {
                entries.write(0xFE);
                entries.write(Integer.parseInt(element));
                before = 3;
            } else {
                entries.write(element.length());
                entries.writeBytes(text(element));
                before = 2 + element.length();
            }
        }
        ByteBuffer all = ByteBuffer.allocate(11 + entries.size()).order(ByteOrder.LITTLE_ENDIAN);
        all.putInt(all.capacity()).putInt(last).putShort((short) elements.length);
        return all.put(entries.toByteArray()).put((byte) 0xFF).array();
    }

    private static byte[] pairs(String... strings) {
        return counted(strings.length / 2, strings);
    }

    private static byte[] counted(int count, String... strings) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(count);
        for (String one : strings) {
            all.write(one.length());
            all.writeBytes(text(one));
        }
        return all.toByteArray();
    }

    private static byte[] intset(int width, long... numbers) {
        ByteBuffer all = ByteBuffer.allocate(8 + width * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        all.putInt(width).putInt(numbers.length);
        for (long number : numbers) {
            switch (width) {
                case 2 -> all.putShort((short) number);
                case 4 -> all.putInt((int) number);
                default -> all.putLong(number);
            }
        }
        return all.array();
    }

    /** Type, encoding and elements of a key; reads all of it. */
    private String shown(String key) {
        NativeBlock block = NativeBlock.allocate(key.length());
        Memory.copy(text(key), 0, block.address(), key.length());
        try {
            Value value = new Value();
            if (!store.keyspace.database(0).find(block.address(), key.length(), 1, value)) {
                return "none";
            }
            StringJoiner shown = new StringJoiner(" ", value.type.redisName() + value.encoding + ": ", "");
            if (value.type == ValueType.HASH) {
                try (HashReader reader = new HashReader(value)) {
                    while (reader.next()) {
                        ElementText field = reader.field();
                        long expireAt = HashReader.expiry(value, field.address(), field.length());
                        shown.add(string(field) + "=" + string(reader.value()) + (expireAt == 0 ? "" : "@" + expireAt));
                    }
                }
            } else if (value.type == ValueType.SET) {
                try (SetReader reader = new SetReader(value)) {
                    while (reader.next()) {
                        shown.add(string(reader.member()));
                    }
                }
            }
            return shown.toString();
        } finally {
            block.release();
        }
    }

    private static String string(ElementText text) {
        return new String(Memory.bytes(text.address(), text.length()), ISO_8859_1);
    }

    private String restored(int type, byte[] body) throws IOException {
        store.restore("k", payload(type, body));
        return shown("k");
    }

    private void refused(int type, byte[] body) {
        assertThatThrownBy(() -> store.restore("k", payload(type, body))).isInstanceOf(RdbException.class);
    }

    @Test
    void everyFormOfHashes() throws IOException {
        String expected = "hash4: foo=bar hello=world 5=7";
        assertThat(restored(RdbFormat.TYPE_HASH, pairs("foo", "bar", "hello", "world", "5", "7")))
                .isEqualTo(expected);
        assertThat(restored(RdbFormat.TYPE_HASH_LISTPACK, string(listpack("foo", "bar", "hello", "world", "5", "7"))))
                .isEqualTo(expected);
        assertThat(restored(RdbFormat.TYPE_HASH_ZIPLIST, string(ziplist("foo", "bar", "hello", "world", "5", "7"))))
                .isEqualTo(expected);
        String zipmap = "\3\3foo\3\0bar\5hello\5\2world..\1" + "5\1\0" + "7\u00ff";
        assertThat(restored(RdbFormat.TYPE_HASH_ZIPMAP, string(text(zipmap)))).isEqualTo(expected);
        String large = "x".repeat(300);
        assertThat(restored(RdbFormat.TYPE_HASH_ZIPMAP, string(text("\u00fe\1f\u00fe\54\1\0\0\0" + large + "\u00ff"))))
                .isEqualTo("hash6: f=" + large);
        String[] many = new String[1200];
        for (int i = 0; i < many.length; i++) {
            many[i] = "e" + i;
        }
        assertThat(restored(RdbFormat.TYPE_HASH_LISTPACK, string(listpack(many))))
                .startsWith("hash6: e0=e1 e2=e3");
        store.keyspace.encodingLimits().hashEntries = 1000;
        assertThat(restored(RdbFormat.TYPE_HASH_LISTPACK, string(listpack(many))))
                .startsWith("hash4: e0=e1 e2=e3");
        many[1000] = "e0";
        refused(RdbFormat.TYPE_HASH_LISTPACK, string(listpack(many)));
        store.keyspace.encodingLimits().hashEntries = 10;
        refused(RdbFormat.TYPE_HASH_LISTPACK, string(listpack(many)));
    }

    /** Earliest expiry, number of fields, and for each its expiry from the earliest on and by one too many, field, value. */
    private static byte[] expiring(long earliest, String... expiriesAndPairs) {
        ByteBuffer all = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
        all.putLong(earliest).put((byte) (expiriesAndPairs.length / 3));
        for (int i = 0; i < expiriesAndPairs.length; i += 3) {
            all.put((byte) Integer.parseInt(expiriesAndPairs[i]));
            all.put(string(text(expiriesAndPairs[i + 1]))).put(string(text(expiriesAndPairs[i + 2])));
        }
        return java.util.Arrays.copyOf(all.array(), all.position());
    }

    private static byte[] after(long number, byte[] bytes) {
        ByteBuffer all = ByteBuffer.allocate(bytes.length + 8).order(ByteOrder.LITTLE_ENDIAN);
        return all.putLong(number).put(bytes).array();
    }

    @Test
    void fieldsThatExpireAreReadFromBothFormsOfRedis74() throws IOException {
        String expected = "hash6: a=1@1000 b=2 c=3@1005";
        byte[] body = expiring(1000, "1", "a", "1", "0", "b", "2", "6", "c", "3");
        assertThat(restored(RdbFormat.TYPE_HASH_METADATA, body)).isEqualTo(expected);
        byte[] packed = string(listpack("a", "1", "1000", "b", "2", "0", "c", "3", "1005"));
        assertThat(restored(RdbFormat.TYPE_HASH_LISTPACK_EX, after(1000, packed)))
                .isEqualTo(expected);
        assertThat(store.keyspace.expiringHashes()).isEqualTo(1);
        assertThat(restored(RdbFormat.TYPE_HASH_METADATA, expiring(0, "0", "b", "2")))
                .isEqualTo("hash4: b=2");
        assertThat(store.keyspace.expiringHashes()).isZero();
        refused(RdbFormat.TYPE_HASH_METADATA, expiring(1000, "1", "a", "1", "0", "a", "2"));
        refused(RdbFormat.TYPE_HASH_METADATA, expiring(-1000, "1", "a", "1"));
        refused(RdbFormat.TYPE_HASH_METADATA, expiring(1L << 48, "1", "a", "1"));
        refused(RdbFormat.TYPE_HASH_METADATA, expiring(1000));
        refused(RdbFormat.TYPE_HASH_LISTPACK_EX, after(1000, string(listpack("a", "1", "x"))));
        refused(RdbFormat.TYPE_HASH_LISTPACK_EX, after(1000, string(listpack("a", "1", "5", "b"))));
        refused(RdbFormat.TYPE_HASH_LISTPACK_EX, after(1000, string(listpack("a", "1", "-5"))));
        refused(RdbFormat.TYPE_HASH_LISTPACK_EX, after(1000, string(listpack())));
        int taken = 0;
        for (int at = 0; at < body.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] damaged = body.clone();
                damaged[at] ^= (byte) (1 << bit);
                taken += take(RdbFormat.TYPE_HASH_METADATA, damaged);
            }
        }
        assertThat(taken).isPositive();
    }

    @Test
    void aFileOfRedis70HasNoPlaceForThem() throws IOException {
        restored(RdbFormat.TYPE_HASH_METADATA, expiring(1000, "1", "a", "1"));
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        RdbWriter old = new RdbWriter(java.nio.channels.Channels.newChannel(file), true);
        assertThatThrownBy(() -> store.write(old)).hasMessageContaining("a hash has fields that expire");
        file.reset();
        RdbWriter writer = new RdbWriter(java.nio.channels.Channels.newChannel(file), true);
        store.write(writer, true);
        assertThat(file.toString(ISO_8859_1)).startsWith("REDIS0012");
        store.keyspace.lockAll();
        store.keyspace.database(0).clear();
        store.keyspace.unlockAll();
        new RdbReader(StringStore.channel(file.toByteArray()), store.keyspace, 0).load();
        assertThat(shown("k")).isEqualTo("hash6: a=1@1000");
    }

    @Test
    void everyFormOfSets() throws IOException {
        assertThat(restored(RdbFormat.TYPE_SET, counted(3, "a", "7", "b"))).isEqualTo("set4: a 7 b");
        assertThat(restored(RdbFormat.TYPE_SET, counted(2, "9", "7")))
                .as("no intset before, none now")
                .isEqualTo("set4: 9 7");
        assertThat(restored(RdbFormat.TYPE_SET, counted(1, "x".repeat(63)))).startsWith("set4");
        assertThat(restored(RdbFormat.TYPE_SET_LISTPACK, string(listpack("a", "7", "b"))))
                .isEqualTo("set4: a 7 b");
        for (int width : new int[] {2, 4, 8}) {
            assertThat(restored(RdbFormat.TYPE_SET_INTSET, string(intset(width, -5, 7, 300))))
                    .isEqualTo("set5: -5 7 300");
        }
        store.keyspace.dataLimits(new DataLimits(2, 3000, 4096, 100));
        assertThat(restored(RdbFormat.TYPE_SET_INTSET, string(intset(4, -5, 7, 300))))
                .isEqualTo("set4: -5 7 300");
    }

    @Test
    void damageAndEmptinessAreRefused() {
        refused(RdbFormat.TYPE_HASH, pairs("a", "1", "a", "2"));
        refused(RdbFormat.TYPE_HASH, new byte[] {0});
        refused(RdbFormat.TYPE_HASH, counted(2, "a", "1"));
        refused(RdbFormat.TYPE_HASH, new byte[] {(byte) 0x81, -1, -1, -1, -1, -1, -1, -1, -1, 1, 'a', 1, 'b'});
        refused(RdbFormat.TYPE_HASH_LISTPACK, string(listpack("a", "1", "a", "2")));
        refused(RdbFormat.TYPE_HASH_LISTPACK, string(listpack("5", "1", "5", "2")));
        refused(RdbFormat.TYPE_HASH_LISTPACK, string(listpack("a", "1", "b")));
        refused(RdbFormat.TYPE_HASH_LISTPACK, string(listpack()));
        refused(RdbFormat.TYPE_HASH_ZIPLIST, string(ziplist("a", "1", "a", "2")));
        refused(RdbFormat.TYPE_HASH_ZIPLIST, string(ziplist("a")));
        refused(RdbFormat.TYPE_HASH_ZIPLIST, string(ziplist()));
        refused(RdbFormat.TYPE_HASH_ZIPMAP, string(text("\0\u00ff")));
        refused(RdbFormat.TYPE_HASH_ZIPMAP, string(text("\2\3foo\3\0bar\u00ff")));
        refused(RdbFormat.TYPE_HASH_ZIPMAP, string(text("\1\3foo\u00fe\u00ff\u00ff\u00ff\u00ff\0bar\u00ff")));
        refused(RdbFormat.TYPE_HASH_ZIPMAP, string(text("\1\3foo\3\0bar")));
        refused(RdbFormat.TYPE_SET, new byte[] {0});
        refused(RdbFormat.TYPE_SET, counted(2, "a", "a"));
        refused(RdbFormat.TYPE_SET, counted(3, "a", "b"));
        refused(RdbFormat.TYPE_SET_LISTPACK, string(listpack("a", "a")));
        refused(RdbFormat.TYPE_SET_LISTPACK, string(listpack()));
        refused(RdbFormat.TYPE_SET_INTSET, string(intset(2)));
        refused(RdbFormat.TYPE_SET_INTSET, string(intset(2, 5, 5)));
        refused(RdbFormat.TYPE_SET_INTSET, string(intset(4, 6, 5)));
        byte[] odd = intset(2, 5);
        odd[0] = 3;
        refused(RdbFormat.TYPE_SET_INTSET, string(odd));
        assertThat(shown("k")).isEqualTo("none");
    }

    @Test
    void whatIsTakenOfDamagedPayloadsIsSound() {
        List<byte[]> bodies = new ArrayList<>();
        List<Integer> types = new ArrayList<>();
        String[] elements = {"foo", "1", "bar", "some text", "77", "x".repeat(60)};
        types.add(RdbFormat.TYPE_HASH);
        bodies.add(pairs(elements));
        types.add(RdbFormat.TYPE_HASH_LISTPACK);
        bodies.add(string(listpack(elements)));
        types.add(RdbFormat.TYPE_HASH_ZIPLIST);
        bodies.add(string(ziplist(elements)));
        types.add(RdbFormat.TYPE_HASH_ZIPMAP);
        bodies.add(string(text("\2\3foo\3\0bar\5hello\5\2world..\u00ff")));
        types.add(RdbFormat.TYPE_SET);
        bodies.add(counted(6, elements));
        types.add(RdbFormat.TYPE_SET_LISTPACK);
        bodies.add(string(listpack(elements)));
        types.add(RdbFormat.TYPE_SET_INTSET);
        bodies.add(string(intset(4, -70000, 5, 6, 7, 100_000)));
        Random random = new Random(3);
        int taken = 0;
        for (int form = 0; form < bodies.size(); form++) {
            byte[] body = bodies.get(form);
            for (int at = 0; at < body.length; at++) {
                for (int i = 0; i < 10; i++) {
                    byte[] damaged = body.clone();
                    damaged[at] = (byte) (i < 8 ? damaged[at] ^ (1 << i) : random.nextInt(256));
                    taken += take(types.get(form), damaged);
                }
                taken += take(types.get(form), java.util.Arrays.copyOf(body, at));
            }
        }
        assertThat(taken).as("damage to text alone is no damage").isGreaterThan(1000);
    }

    private int take(int type, byte[] body) {
        try {
            store.restore("k", payload(type, body));
        } catch (IOException damaged) {
            return 0;
        }
        assertThat(shown("k")).isNotEqualTo("none");
        return 1;
    }
}

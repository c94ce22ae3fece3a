package io.cairn.keyspace.chronicle;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.StoredObject;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Drives a keyspace and a model of it, a list of maps, with the same seeded operations. Keys are Latin-1 strings. */
final class Driver implements AutoCloseable {
    /** What the model knows of a key. */
    record Known(byte[] bytes, @Nullable Long number, long expireAt, long version, byte encoding) {
        Known(byte[] bytes, @Nullable Long number, long expireAt, long version) {
            this(bytes, number, expireAt, version, Value.RAW);
        }

        boolean isString() {
            return encoding == Value.RAW;
        }
    }

    final ChronicleKeyspace keyspace;
    final List<Map<String, Known>> model = new ArrayList<>();
    final Random random;
    final Value view = new Value();
    long now = 1_000_000;

    Driver(KeyspaceOptions options, long seed) {
        this.keyspace = new ChronicleKeyspace(options);
        this.random = new Random(seed);
        for (int i = 0; i < options.databases(); i++) {
            model.add(new HashMap<>());
        }
    }

    byte[] randomBytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    void step(int keys) {
        int db = random.nextInt(model.size());
        String key = "key:" + random.nextInt(keys);
        switch (random.nextInt(100)) {
            case 0 -> now += random.nextInt(500);
            case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 -> remove(db, key);
            case 11, 12, 13, 14 -> resize(db, key, random.nextInt(600));
            case 15, 16, 17, 18, 19, 20 -> setExpiry(db, key, random.nextBoolean() ? 0 : now + random.nextInt(2000));
            case 21, 22, 23, 24, 25, 26, 27 -> putNumber(db, key, random.nextLong(), expiry());
            case 28, 29, 30 -> putBlock(db, key, randomBytes(random.nextInt(500)), expiry());
            case 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50 -> check(db, key);
            case 51 -> {
                if (random.nextInt(300) == 0) {
                    swap();
                }
            }
            case 52 -> {
                if (random.nextInt(300) == 0) {
                    clear(db);
                }
            }
            case 53, 54, 55, 56, 57, 58 -> putPacked(db, key, randomBytes(random.nextInt(600)), expiry());
            case 59, 60, 61, 62, 63, 64 -> putObject(db, key, randomBytes(random.nextInt(600)), expiry());
            case 65, 66, 67, 68, 69, 70 -> change(db, key);
            case 71, 72, 73 -> rename(db, key, "key:" + random.nextInt(keys));
            default ->
                put(
                        db,
                        key,
                        randomBytes(random.nextInt(random.nextInt(8) == 0 ? 600 : 40)),
                        random.nextBoolean() ? Value.BYTES : Value.RAW,
                        expiry());
        }
    }

    private long expiry() {
        return random.nextInt(3) == 0 ? now + 1 + random.nextInt(5000) : 0;
    }

    /** Runs {@code body} with the key's bytes in native memory and its stripe locked. */
    <T> T with(String key, KeyCall<T> body) {
        byte[] bytes = key.getBytes(ISO_8859_1);
        long address = Memory.allocate(Math.max(1, bytes.length));
        Memory.copy(bytes, 0, address, bytes.length);
        int stripe = keyspace.stripeOf(Slots.of(address, bytes.length));
        keyspace.lock(stripe);
        try {
            return body.call(address, bytes.length);
        } finally {
            keyspace.unlock(stripe);
            Memory.free(address, Math.max(1, bytes.length));
        }
    }

    interface KeyCall<T> {
        T call(long key, int keyLength);
    }

    void put(int db, String key, byte[] bytes, byte encoding, long expireAt) {
        long version = with(key, (at, length) -> {
            long value = Memory.allocate(Math.max(1, bytes.length));
            Memory.copy(bytes, 0, value, bytes.length);
            keyspace.database(db).putString(at, length, value, bytes.length, encoding, expireAt);
            Memory.free(value, Math.max(1, bytes.length));
            return keyspace.lastVersion();
        });
        model.get(db).put(key, new Known(bytes, null, expireAt, version));
    }

    void putNumber(int db, String key, long number, long expireAt) {
        Value found = new Value();
        boolean inPlace = random.nextBoolean();
        boolean[] kept = new boolean[1];
        long version = with(key, (at, length) -> {
            kept[0] = inPlace && keyspace.database(db).find(at, length, now, found) && found.encoding == Value.INT;
            if (kept[0]) {
                keyspace.database(db).replaceNumber(found, number);
            } else {
                keyspace.database(db).putNumber(at, length, number, expireAt);
            }
            return keyspace.lastVersion();
        });
        long expires = kept[0] ? found.expireAt : expireAt;
        model.get(db).put(key, new Known(Long.toString(number).getBytes(ISO_8859_1), number, expires, version));
    }

    void putBlock(int db, String key, byte[] bytes, long expireAt) {
        long version = with(key, (at, length) -> {
            NativeBlock block = NativeBlock.allocate(bytes.length + random.nextInt(100));
            Memory.copy(bytes, 0, block.address(), bytes.length);
            keyspace.database(db).putBlock(at, length, block, bytes.length, expireAt);
            return keyspace.lastVersion();
        });
        model.get(db).put(key, new Known(bytes, null, expireAt, version));
    }

    void putPacked(int db, String key, byte[] bytes, long expireAt) {
        byte encoding = random.nextBoolean() ? Value.LISTPACK : Value.INTSET;
        long version = with(key, (at, length) -> {
            long value = Memory.allocate(Math.max(1, bytes.length));
            Memory.copy(bytes, 0, value, bytes.length);
            keyspace.database(db).putPacked(at, length, ValueType.SET, encoding, value, bytes.length, expireAt);
            Memory.free(value, Math.max(1, bytes.length));
            return keyspace.lastVersion();
        });
        model.get(db).put(key, new Known(bytes, null, expireAt, version, encoding));
    }

    void putObject(int db, String key, byte[] bytes, long expireAt) {
        long version = with(key, (at, length) -> {
            keyspace.database(db).putObject(at, length, new BytesObject(bytes), expireAt);
            return keyspace.lastVersion();
        });
        model.get(db).put(key, new Known(bytes, null, expireAt, version, Value.OBJECT));
    }

    void change(int db, String key) {
        Known old = live(db, key);
        if (old == null || old.encoding != Value.OBJECT) {
            return;
        }
        byte[] longer = Arrays.copyOf(old.bytes, old.bytes.length + random.nextInt(200));
        long version = with(key, (at, length) -> {
            BytesObject object = (BytesObject) keyspace.database(db).change(at, length);
            object.set(longer);
            keyspace.database(db).changed(object);
            return keyspace.lastVersion();
        });
        model.get(db).put(key, new Known(longer, null, old.expireAt, version, Value.OBJECT));
    }

    /** Both keys hold the object for a moment, as in RENAME; the stripes of both are locked. */
    void rename(int db, String key, String to) {
        Known old = live(db, key);
        if (old == null || old.encoding != Value.OBJECT || key.equals(to)) {
            return;
        }
        keyspace.lockAll();
        try {
            StoredObject[] object = new StoredObject[1];
            with(key, (at, length) -> {
                assertThat(keyspace.database(db).find(at, length, now, view)).isTrue();
                object[0] = Objects.requireNonNull(view.object).retain();
                return 0;
            });
            long version = with(to, (at, length) -> {
                keyspace.database(db).putObject(at, length, object[0], old.expireAt);
                return keyspace.lastVersion();
            });
            model.get(db).put(to, new Known(old.bytes, null, old.expireAt, version, Value.OBJECT));
            remove(db, key);
        } finally {
            keyspace.unlockAll();
        }
    }

    void resize(int db, String key, int newLength) {
        Known old = live(db, key);
        if (old != null && !old.isString()) {
            return;
        }
        byte[] expected = new byte[newLength];
        if (old != null) {
            System.arraycopy(old.bytes, 0, expected, 0, Math.min(newLength, old.bytes.length));
        }
        with(key, (at, length) -> {
            keyspace.database(db).resize(at, length, now, newLength, view);
            assertThat(Memory.bytes(view.address, view.length)).isEqualTo(expected);
            if (newLength > 0) {
                expected[newLength - 1] = 77;
                Memory.putByte(view.address + newLength - 1, (byte) 77);
            }
            return keyspace.lastVersion();
        });
        model.get(db).put(key, new Known(expected, null, old == null ? 0 : old.expireAt, keyspace.lastVersion()));
    }

    void setExpiry(int db, String key, long expireAt) {
        Known old = live(db, key);
        if (old == null) {
            return;
        }
        with(key, (at, length) -> {
            keyspace.database(db).setExpiry(at, length, expireAt);
            return 0;
        });
        model.get(db).put(key, new Known(old.bytes, old.number, expireAt, keyspace.lastVersion(), old.encoding));
    }

    void remove(int db, String key) {
        boolean expected = live(db, key) != null;
        boolean removed = with(key, (at, length) -> keyspace.database(db).remove(at, length, now));
        assertThat(removed).isEqualTo(expected);
        model.get(db).remove(key);
    }

    void swap() {
        keyspace.lockAll();
        keyspace.swap(0, 1);
        keyspace.unlockAll();
        Map<String, Known> first = model.get(0);
        model.set(0, model.get(1));
        model.set(1, first);
    }

    void clear(int db) {
        keyspace.lockAll();
        keyspace.database(db).clear();
        keyspace.unlockAll();
        model.get(db).clear();
    }

    @Nullable
    Known live(int db, String key) {
        Known known = model.get(db).get(key);
        return known == null || (known.expireAt != 0 && known.expireAt <= now) ? null : known;
    }

    void check(int db, String key) {
        Known known = live(db, key);
        with(key, (at, length) -> {
            Database database = keyspace.database(db);
            boolean found = database.find(at, length, now, view);
            assertThat(found).as(key).isEqualTo(known != null);
            assertThat(database.version(at, length, now)).isEqualTo(known == null ? 0 : known.version);
            if (known != null) {
                same(known, view);
            }
            return 0;
        });
    }

    static void same(Known known, Value view) {
        assertThat(view.expireAt).isEqualTo(known.expireAt);
        assertThat(view.version).isEqualTo(known.version);
        if (view.encoding == Value.INT) {
            assertThat(known.number).isEqualTo(view.number);
        } else if (view.object != null) {
            assertThat(((BytesObject) view.object).bytes()).isEqualTo(known.bytes);
        } else {
            assertThat(Memory.bytes(view.address, view.length)).isEqualTo(known.bytes);
        }
        assertThat(view.type == ValueType.STRING).isEqualTo(known.isString());
        if (!known.isString()) {
            assertThat(view.encoding).isEqualTo(known.encoding);
        }
    }

    /** An object that is nothing but bytes; one with many is freed in the background. */
    static final class BytesObject extends StoredObject {
        private NativeBlock block = NativeBlock.allocate(0);
        private int length;

        BytesObject(byte[] bytes) {
            super(ValueType.LIST);
            set(bytes);
        }

        void set(byte[] bytes) {
            block.release();
            block = NativeBlock.allocate(bytes.length);
            Memory.copy(bytes, 0, block.address(), bytes.length);
            length = bytes.length;
        }

        byte[] bytes() {
            return Memory.bytes(block.address(), length);
        }

        @Override
        public long elements() {
            return length;
        }

        @Override
        public long usedBytes() {
            return block.capacity();
        }

        @Override
        public StoredObject copy() {
            return new BytesObject(bytes());
        }

        @Override
        protected void free() {
            block.release();
        }
    }

    /** Compares the expired keys and some others. */
    void compareSomething() {
        for (int db = 0; db < model.size(); db++) {
            for (int i = 0; i < 100; i++) {
                check(db, "key:" + random.nextInt(30_000));
            }
        }
        Map<String, Long> expired = new TreeMap<>();
        for (int db = 0; db < model.size(); db++) {
            for (Map.Entry<String, Known> entry : model.get(db).entrySet()) {
                if (live(db, entry.getKey()) == null) {
                    expired.put(db + entry.getKey(), entry.getValue().version);
                }
            }
        }
        Map<String, Long> told = new TreeMap<>();
        keyspace.collectExpired(
                now,
                Integer.MAX_VALUE,
                (db, key, expireAt, version) -> told.put(db + new String(key, ISO_8859_1), version));
        assertThat(told).isEqualTo(expired);
    }

    void compareAll() {
        compareSomething();
        for (int db = 0; db < model.size(); db++) {
            Map<String, Known> expected = model.get(db);
            for (String key : expected.keySet()) {
                check(db, key);
            }
            Map<String, Known> left = new TreeMap<>(expected);
            for (int stripe = 0; stripe < keyspace.stripes(); stripe++) {
                keyspace.lock(stripe);
                keyspace.database(db).forEach(stripe, 0, (at, length, value) -> {
                    Known known = left.remove(new String(Memory.bytes(at, length), ISO_8859_1));
                    assertThat(known).isNotNull();
                    same(known, value);
                });
                keyspace.unlock(stripe);
            }
            assertThat(left).isEmpty();
            assertThat(keyspace.database(db).size()).isEqualTo(expected.size());
            assertThat(keyspace.database(db).volatileKeys())
                    .isEqualTo(expected.values().stream()
                            .filter(known -> known.expireAt != 0)
                            .count());
        }
        long[] slots = new long[Slots.COUNT];
        for (String key : model.get(0).keySet()) {
            with(key, (at, length) -> slots[Slots.of(at, length)]++);
        }
        long[] counted = new long[Slots.COUNT];
        for (int slot = 0; slot < Slots.COUNT; slot++) {
            counted[slot] = keyspace.keysInSlot(slot);
        }
        assertThat(counted).isEqualTo(slots);
    }

    @Override
    public void close() {
        keyspace.close();
        assertThat(keyspace.usedBytes()).isZero();
    }
}

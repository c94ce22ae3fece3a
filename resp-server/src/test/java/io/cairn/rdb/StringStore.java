package io.cairn.rdb;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.cairn.keyspace.Keyspace.Snapshot;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.chronicle.ChronicleKeyspace;
import io.cairn.keyspace.chronicle.KeyspaceOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A keyspace filled and read with Strings and byte arrays. */
final class StringStore implements AutoCloseable {
    final ChronicleKeyspace keyspace =
            new ChronicleKeyspace(KeyspaceOptions.defaults().withStripes(4));

    static ReadableByteChannel channel(byte[] bytes) {
        return Channels.newChannel(new ByteArrayInputStream(bytes));
    }

    void put(int database, String key, byte[] value, long expireAt) {
        byte[] name = key.getBytes(ISO_8859_1);
        long at = Memory.allocate(1L + name.length + value.length);
        Memory.copy(name, 0, at, name.length);
        Memory.copy(value, 0, at + name.length, value.length);
        keyspace.lockAll();
        keyspace.database(database).putString(at, name.length, at + name.length, value.length, Value.BYTES, expireAt);
        keyspace.unlockAll();
        Memory.free(at, 1L + name.length + value.length);
    }

    void putNumber(int database, String key, long number) {
        byte[] name = key.getBytes(ISO_8859_1);
        long at = Memory.allocate(1L + name.length);
        Memory.copy(name, 0, at, name.length);
        keyspace.lockAll();
        keyspace.database(database).putNumber(at, name.length, number, 0);
        keyspace.unlockAll();
        Memory.free(at, 1L + name.length);
    }

    /** Writes a snapshot of all. */
    void write(RdbWriter writer) throws IOException {
        write(writer, false);
    }

    void write(RdbWriter writer, boolean fieldsMayExpire) throws IOException {
        keyspace.lockAll();
        Snapshot snapshot;
        try {
            for (int database = 0; database < keyspace.databases(); database++) {
                long size = keyspace.database(database).size();
                if (size > 0) {
                    writer.expect(database, size, keyspace.database(database).volatileKeys());
                }
            }
            snapshot = keyspace.beginSnapshot();
        } finally {
            keyspace.unlockAll();
        }
        writer.begin(1_700_000_000, keyspace.usedBytes(), fieldsMayExpire);
        snapshot.writeTo(writer);
        writer.finish();
    }

    /** "database/key" to what is known of it. */
    Map<String, String> dump(boolean versions) {
        Map<String, String> all = new TreeMap<>();
        keyspace.lockAll();
        for (int database = 0; database < keyspace.databases(); database++) {
            int number = database;
            for (int stripe = 0; stripe < keyspace.stripes(); stripe++) {
                keyspace.database(database)
                        .forEach(
                                stripe,
                                0,
                                (key, keyLength, value) -> all.put(
                                        number + "/" + new String(Memory.bytes(key, keyLength), ISO_8859_1),
                                        text(value) + " expires " + value.expireAt
                                                + (versions ? " version " + value.version : "")));
            }
        }
        keyspace.unlockAll();
        return all;
    }

    private static String text(Value value) {
        if (value.encoding == Value.INT) {
            return Long.toString(value.number);
        }
        return text(Memory.bytes(value.address, value.length));
    }

    static String text(byte[] bytes) {
        String text = new String(bytes, ISO_8859_1);
        return bytes.length > 100 ? bytes.length + " bytes " + Arrays.hashCode(bytes) : text;
    }

    /** What DUMP would answer. */
    byte[] dumpPayload(String key) throws IOException {
        byte[] name = key.getBytes(ISO_8859_1);
        long at = Memory.allocate(1L + name.length);
        Memory.copy(name, 0, at, name.length);
        try {
            Value value = new Value();
            if (!keyspace.database(0).peek(at, name.length, 1, value)) {
                throw new IOException("no such key: " + key);
            }
            return DumpPayload.of(value, true);
        } finally {
            Memory.free(at, 1L + name.length);
        }
    }

    void restore(String key, byte[] payload) throws IOException {
        byte[] name = key.getBytes(ISO_8859_1);
        long size = name.length + (long) payload.length;
        long at = Memory.allocate(size);
        Memory.copy(name, 0, at, name.length);
        Memory.copy(payload, 0, at + name.length, payload.length);
        try {
            if (!DumpPayload.verify(at + name.length, payload.length)) {
                throw new IOException("DUMP payload version or checksum are wrong");
            }
            DumpPayload.restore(at + name.length, payload.length, keyspace.database(0), at, name.length, 0, keyspace);
        } finally {
            Memory.free(at, size);
        }
    }

    List<String> names(int database) {
        List<String> names = new ArrayList<>();
        dump(false).keySet().stream()
                .filter(name -> name.startsWith(database + "/"))
                .forEach(name -> names.add(name.substring(name.indexOf('/') + 1)));
        return names;
    }

    void clear() {
        keyspace.lockAll();
        for (int database = 0; database < keyspace.databases(); database++) {
            keyspace.database(database).clear();
        }
        keyspace.unlockAll();
    }

    @Override
    public void close() {
        keyspace.close();
    }
}

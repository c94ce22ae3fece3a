package io.cairn.rdb;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Value;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * One value as DUMP gives it and RESTORE and MIGRATE take it: type byte, body, RDB version (2 bytes, little endian),
 * CRC-64 (8 bytes). Redis: createDumpPayload, verifyDumpPayload.
 */
public final class DumpPayload {
    private static final int FOOTER_BYTES = 10;

    private DumpPayload() {}

    /**
     * Writes the payload of a value to a channel, in the form of Redis 7.0; the number of bytes.
     *
     * @throws FieldExpiryException for a hash with fields that expire
     */
    public static long write(Value value, boolean compression, WritableByteChannel channel) throws IOException {
        return write(new RdbOutput(channel, compression), value);
    }

    static long write(RdbOutput out, Value value) throws IOException {
        if (RdbTypes.hasExpiringFields(value)) {
            throw new FieldExpiryException();
        }
        out.putByte(RdbTypes.type(value));
        RdbTypes.write(out, value);
        end(out);
        return out.written();
    }

    /** Version and checksum of what was written. */
    static void end(RdbOutput out) throws IOException {
        out.putByte(RdbFormat.VERSION);
        out.putByte(0);
        out.putLongLittleEndian(out.crc());
        out.flush();
    }

    /** Bytes of a value's body in an RDB file, compressed. Redis: rdbSavedObjectLen. */
    public static long bodyBytes(Value value) throws IOException {
        RdbOutput out = new RdbOutput(new NoChannel(), true);
        RdbTypes.write(out, value);
        out.flush();
        return out.written();
    }

    /** The payload of a value as bytes of the heap. */
    public static byte[] of(Value value, boolean compression) throws IOException {
        try (PayloadBuffer buffer = new PayloadBuffer()) {
            write(value, compression, buffer);
            return Memory.bytes(buffer.block().address(), buffer.length());
        }
    }

    /** Whether version and checksum are right ("ERR DUMP payload version or checksum are wrong" if not). */
    public static boolean verify(long payload, int length) {
        if (length < FOOTER_BYTES) {
            return false;
        }
        long footer = payload + length - FOOTER_BYTES;
        int version = (Memory.getByte(footer) & 0xff) | ((Memory.getByte(footer + 1) & 0xff) << 8);
        if (version > RdbFormat.NEWEST_READ) {
            return false;
        }
        long stored = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            stored |= (Memory.getByte(footer + 2 + i) & 0xffL) << (8 * i);
        }
        return stored == Crc64.update(0, payload, length - (long) Long.BYTES);
    }

    /**
     * Stores the value of a verified payload under a key; the caller holds the key's stripe.
     *
     * @param to whose limits say up to which size collections are kept compact
     * @throws RdbException when the body is damaged or of a type that is not supported ("ERR Bad data format")
     */
    public static void restore(
            long payload, int length, Database target, long key, int keyLength, long expireAt, Keyspace to)
            throws IOException {
        RdbInput in = new RdbInput(payload, length - FOOTER_BYTES);
        int type = in.readByte();
        try (RdbString string = new RdbString();
                LoadedValue value = RdbTypes.read(
                        type, in, string, to.encodingLimits(), to.dataLimits().setIntegers())) {
            if (value.isEmpty() || !in.atEnd()) {
                throw in.bad("bytes behind the value, or a collection without elements");
            }
            value.store(target, key, keyLength, expireAt);
        }
    }

    /** Forgets what is written. */
    private static final class NoChannel implements WritableByteChannel {
        @Override
        public int write(ByteBuffer from) {
            int count = from.remaining();
            from.position(from.limit());
            return count;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }
}

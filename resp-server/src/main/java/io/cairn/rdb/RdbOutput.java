package io.cairn.rdb;

import io.cairn.keyspace.Memory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;

/** Bytes on their way to a channel through one bounded buffer, with their CRC. Not thread-safe. */
final class RdbOutput {
    private static final int BUFFER_BYTES = 64 * 1024;
    /** Strings up to this length may be numbers (Redis: rdbSaveRawString). */
    private static final int MAX_NUMBER_LENGTH = 11;
    /** Shorter strings are not compressed (Redis: rdbSaveRawString). */
    private static final int MIN_COMPRESSED = 21;
    /** Longer strings are not compressed: the buffer for it stays bounded. */
    private static final int MAX_COMPRESSED = 1024 * 1024;

    private final WritableByteChannel channel;
    private final boolean compression;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final long address = Memory.address(buffer);
    private final Lzf lzf = new Lzf();
    private ByteBuffer compressed = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private int filled;
    private int summed;
    private long crc;
    private long written;

    RdbOutput(WritableByteChannel channel, boolean compression) {
        this.channel = channel;
        this.compression = compression;
    }

    /** Forgets crc and number of bytes; the buffer was flushed. */
    void restart() {
        crc = 0;
        summed = filled;
        written = -filled;
    }

    long written() {
        return written + filled;
    }

    long crc() {
        crc = Crc64.update(crc, address + summed, filled - summed);
        summed = filled;
        return crc;
    }

    void flush() throws IOException {
        crc();
        buffer.position(0).limit(filled);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        buffer.clear();
        written += filled;
        filled = 0;
        summed = 0;
    }

    private void room(int bytes) throws IOException {
        if (BUFFER_BYTES - filled < bytes) {
            flush();
        }
    }

    void putByte(int value) throws IOException {
        room(1);
        Memory.putByte(address + filled++, (byte) value);
    }

    void putBytes(byte[] bytes) throws IOException {
        room(bytes.length);
        Memory.copy(bytes, 0, address + filled, bytes.length);
        filled += bytes.length;
    }

    void putBytes(long from, int length) throws IOException {
        int done = 0;
        while (done < length) {
            room(1);
            int part = Math.min(length - done, BUFFER_BYTES - filled);
            Memory.copy(from + done, address + filled, part);
            filled += part;
            done += part;
        }
    }

    /** Eight bytes, least significant first. */
    void putLongLittleEndian(long value) throws IOException {
        putLittleEndian(value, Long.BYTES);
    }

    private void putLittleEndian(long value, int bytes) throws IOException {
        room(bytes);
        for (int i = 0; i < bytes; i++) {
            Memory.putByte(address + filled++, (byte) (value >>> (8 * i)));
        }
    }

    /** Redis: rdbSaveLen; the length is unsigned. */
    void putLength(long length) throws IOException {
        if (length < 0) {
            putByte(0x81);
            putBigEndian(length, Long.BYTES);
        } else if (length < 64) {
            putByte((int) length);
        } else if (length < 16_384) {
            putByte(0x40 | (int) (length >>> 8));
            putByte((int) length);
        } else if (length <= 0xffff_ffffL) {
            putByte(0x80);
            putBigEndian(length, Integer.BYTES);
        } else {
            putByte(0x81);
            putBigEndian(length, Long.BYTES);
        }
    }

    private void putBigEndian(long value, int bytes) throws IOException {
        for (int i = bytes - 1; i >= 0; i--) {
            putByte((int) (value >>> (8 * i)));
        }
    }

    /** Redis: rdbSaveLongLongAsStringObject. */
    void putNumber(long number) throws IOException {
        if (number >= Byte.MIN_VALUE && number <= Byte.MAX_VALUE) {
            putByte(0xc0 | RdbFormat.ENCODING_INT8);
            putLittleEndian(number, 1);
        } else if (number >= Short.MIN_VALUE && number <= Short.MAX_VALUE) {
            putByte(0xc0 | RdbFormat.ENCODING_INT16);
            putLittleEndian(number, 2);
        } else if (number >= Integer.MIN_VALUE && number <= Integer.MAX_VALUE) {
            putByte(0xc0 | RdbFormat.ENCODING_INT32);
            putLittleEndian(number, 4);
        } else {
            byte[] digits = Long.toString(number).getBytes(StandardCharsets.US_ASCII);
            putLength(digits.length);
            putBytes(digits);
        }
    }

    /** Redis: rdbSaveRawString. */
    void putString(long from, int length) throws IOException {
        if (length <= MAX_NUMBER_LENGTH && Numbers.isNumber(from, length)) {
            long number = Numbers.parse(from, length);
            if (number == (int) number) {
                putNumber(number);
                return;
            }
        }
        if (compression && length >= MIN_COMPRESSED && length <= MAX_COMPRESSED && putCompressed(from, length)) {
            return;
        }
        putLength(length);
        putBytes(from, length);
    }

    private boolean putCompressed(long from, int length) throws IOException {
        int capacity = length - 4;
        if (compressed.capacity() < capacity) {
            compressed = ByteBuffer.allocateDirect(Integer.highestOneBit(capacity) * 2);
        }
        long to = Memory.address(compressed);
        int size = lzf.compress(from, length, to, capacity);
        if (size == 0) {
            return false;
        }
        putByte(0xc0 | RdbFormat.ENCODING_LZF);
        putLength(size);
        putLength(length);
        putBytes(to, size);
        return true;
    }

    /** A short string of ours. */
    void putString(String text) throws IOException {
        putString(text.getBytes(StandardCharsets.UTF_8));
    }

    void putString(byte[] bytes) throws IOException {
        long at = Memory.allocate(Math.max(1, bytes.length));
        try {
            Memory.copy(bytes, 0, at, bytes.length);
            putString(at, bytes.length);
        } finally {
            Memory.free(at, Math.max(1, bytes.length));
        }
    }
}

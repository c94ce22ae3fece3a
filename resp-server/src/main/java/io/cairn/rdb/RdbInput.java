package io.cairn.rdb;

import io.cairn.keyspace.Memory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import org.jspecify.annotations.Nullable;

/** Bytes of an RDB file or payload, with their offset and CRC. Not thread-safe. */
final class RdbInput {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final @Nullable ReadableByteChannel channel;
    private final @Nullable ByteBuffer buffer;
    private long at;
    private long limit;
    private long summed;
    private long crc;
    private long offsetOfLimit;

    /** Set by {@link #readLength} when the two high bits announced an encoding, which is then the result. */
    private boolean encoded;

    RdbInput(ReadableByteChannel channel) {
        this.channel = channel;
        ByteBuffer direct = ByteBuffer.allocateDirect(BUFFER_BYTES);
        this.buffer = direct;
        this.at = Memory.address(direct);
        this.limit = at;
        this.summed = at;
    }

    RdbInput(long address, int length) {
        this.channel = null;
        this.buffer = null;
        this.at = address;
        this.limit = address + length;
        this.summed = address;
        this.offsetOfLimit = length;
    }

    /** Bytes read so far. */
    long offset() {
        return offsetOfLimit - (limit - at);
    }

    long crc() {
        crc = Crc64.update(crc, summed, at - summed);
        summed = at;
        return crc;
    }

    RdbException bad(String what) {
        return new RdbException(what, offset());
    }

    private void refill() throws IOException {
        if (channel == null || buffer == null) {
            throw bad("the input ends too early");
        }
        crc();
        buffer.clear();
        int count = channel.read(buffer);
        while (count == 0) {
            count = channel.read(buffer);
        }
        if (count < 0) {
            throw bad("the input ends too early");
        }
        at = Memory.address(buffer);
        limit = at + count;
        summed = at;
        offsetOfLimit += count;
    }

    /** True when nothing is left. */
    boolean atEnd() throws IOException {
        if (at < limit) {
            return false;
        }
        if (channel == null) {
            return true;
        }
        try {
            refill();
            return false;
        } catch (RdbException end) {
            return true;
        }
    }

    int readByte() throws IOException {
        if (at == limit) {
            refill();
        }
        return Memory.getByte(at++) & 0xff;
    }

    void readBytes(long to, int length) throws IOException {
        int done = 0;
        while (done < length) {
            if (at == limit) {
                refill();
            }
            int part = (int) Math.min(length - done, limit - at);
            Memory.copy(at, to + done, part);
            at += part;
            done += part;
        }
    }

    long readLittleEndian(int bytes) throws IOException {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (long) readByte() << (8 * i);
        }
        return value;
    }

    private long readBigEndian(int bytes) throws IOException {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value = (value << 8) | readByte();
        }
        return value;
    }

    /** Redis: rdbLoadLenByRef. May be negative: then it is hostile or a number of 2^63 and above. */
    private long readLengthOrEncoding() throws IOException {
        int first = readByte();
        encoded = false;
        int six = first & 0x3f;
        return switch (first >> 6) {
            case 0 -> six;
            case 1 -> (six << 8) | (long) readByte();
            case 2 -> readBigEndian(bytesOfLength(first));
            default -> {
                encoded = true;
                yield six;
            }
        };
    }

    private int bytesOfLength(int first) throws RdbException {
        return switch (first) {
            case 0x80 -> Integer.BYTES;
            case 0x81 -> Long.BYTES;
            default -> throw bad("unknown length encoding " + first);
        };
    }

    /** A plain length or number. */
    long readLength() throws IOException {
        long length = readLengthOrEncoding();
        if (encoded) {
            throw bad("a length was expected, not an encoded string");
        }
        return length;
    }

    /** A string's length, or -1 - encoding. */
    long readStringLength() throws IOException {
        long length = readLengthOrEncoding();
        if (encoded) {
            return -1 - length;
        }
        return checked(length);
    }

    int readBoundedLength() throws IOException {
        return (int) checked(readLength());
    }

    private long checked(long length) throws RdbException {
        if (length < 0 || length > RdbFormat.MAX_STRING_BYTES) {
            throw bad("a string of " + Long.toUnsignedString(length) + " bytes is longer than "
                    + RdbFormat.MAX_STRING_BYTES);
        }
        return length;
    }
}

package io.cairn.rdb;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A reusable place for one string that was read, in native memory. A length that the input claims is believed only as
 * far as bytes arrive: memory grows with them.
 */
final class RdbString implements AutoCloseable {
    /** Memory taken at once on the word of a length. */
    private static final int TRUSTED_BYTES = 1024 * 1024;
    /** Best that LZF can do: 3 bytes for 264. */
    private static final int MAX_LZF_RATIO = 88;

    private NativeBlock block = NativeBlock.allocate(256);
    private int length;
    private @Nullable RdbString packed;

    long address() {
        return block.address();
    }

    int length() {
        return length;
    }

    /** Redis: rdbGenericLoadStringObject; numbers become their digits. */
    void read(RdbInput in) throws IOException {
        long claimed = in.readStringLength();
        if (claimed >= 0) {
            readRaw(in, (int) claimed);
            return;
        }
        switch ((int) (-1 - claimed)) {
            case RdbFormat.ENCODING_INT8 -> setNumber(signed(in.readLittleEndian(1), Byte.SIZE));
            case RdbFormat.ENCODING_INT16 -> setNumber(signed(in.readLittleEndian(2), Short.SIZE));
            case RdbFormat.ENCODING_INT32 -> setNumber(signed(in.readLittleEndian(4), Integer.SIZE));
            case RdbFormat.ENCODING_LZF -> readPacked(in);
            default -> throw in.bad("unknown string encoding " + (-1 - claimed));
        }
    }

    private static long signed(long value, int bits) {
        int unused = Long.SIZE - bits;
        return (value << unused) >> unused;
    }

    private void setNumber(long number) {
        byte[] digits = Long.toString(number).getBytes(StandardCharsets.US_ASCII);
        Memory.copy(digits, 0, block.address(), digits.length);
        length = digits.length;
    }

    private void readRaw(RdbInput in, int wanted) throws IOException {
        length = 0;
        while (length < wanted) {
            int part = Math.min(wanted - length, Math.max(TRUSTED_BYTES, length));
            reserve(length + part, wanted);
            in.readBytes(block.address() + length, part);
            length += part;
        }
    }

    /** Makes room for {@code bytes}, keeping the first {@link #length}. */
    private void reserve(int bytes, int most) {
        if (block.capacity() >= bytes) {
            return;
        }
        NativeBlock larger = NativeBlock.allocate((int) Math.min(most, Math.max(bytes, 2L * block.capacity())));
        Memory.copy(block.address(), larger.address(), length);
        block.release();
        block = larger;
    }

    private void readPacked(RdbInput in) throws IOException {
        int packedLength = in.readBoundedLength();
        int unpackedLength = in.readBoundedLength();
        if (unpackedLength > (long) packedLength * MAX_LZF_RATIO) {
            throw in.bad("a compressed string of " + packedLength + " bytes cannot hold " + unpackedLength);
        }
        RdbString from = packed;
        if (from == null) {
            from = new RdbString();
            packed = from;
        }
        from.readRaw(in, packedLength);
        length = 0;
        reserve(unpackedLength, unpackedLength);
        if (!Lzf.expand(from.address(), packedLength, block.address(), unpackedLength)) {
            throw in.bad("a compressed string is damaged");
        }
        length = unpackedLength;
    }

    /** Passes the block, with its reference, to the caller. */
    NativeBlock take() {
        NativeBlock taken = block;
        block = NativeBlock.allocate(256);
        return taken;
    }

    String text() {
        return new String(Memory.bytes(address(), length), StandardCharsets.UTF_8);
    }

    /** For messages: at most 100 bytes, what is not printable replaced. */
    String shown() {
        byte[] bytes = Memory.bytes(address(), Math.min(length, 100));
        String shown = new String(bytes, StandardCharsets.ISO_8859_1).replaceAll("[^\\x20-\\x7e]", "?");
        return length > 100 ? shown + "..." : shown;
    }

    @Override
    public void close() {
        block.release();
        if (packed != null) {
            packed.close();
        }
    }
}

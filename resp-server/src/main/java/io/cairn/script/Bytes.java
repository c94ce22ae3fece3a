package io.cairn.script;

import java.util.Arrays;

/** Bytes that are put together, with integers in both orders. */
final class Bytes {
    private byte[] bytes = new byte[256];
    private int length;

    void clear() {
        length = 0;
        if (bytes.length > 1 << 20) {
            bytes = new byte[256];
        }
    }

    int length() {
        return length;
    }

    private void ensure(int more) {
        if (bytes.length - length < more) {
            long wanted = Math.max(2L * bytes.length, (long) length + more);
            if ((long) length + more > Integer.MAX_VALUE - 64) {
                throw LuaError.message("strings of more than 2 GB");
            }
            bytes = Arrays.copyOf(bytes, (int) Math.min(wanted, Integer.MAX_VALUE - 64));
        }
    }

    Bytes put(int value) {
        ensure(1);
        bytes[length++] = (byte) value;
        return this;
    }

    Bytes put(byte[] from) {
        return put(from, from.length);
    }

    Bytes put(byte[] from, int count) {
        ensure(count);
        System.arraycopy(from, 0, bytes, length, count);
        length += count;
        return this;
    }

    /** Text of ASCII. */
    Bytes put(String text) {
        ensure(text.length());
        for (int i = 0; i < text.length(); i++) {
            bytes[length++] = (byte) text.charAt(i);
        }
        return this;
    }

    /** The low {@code size} bytes of a number; those beyond eight are zero. */
    Bytes big(long value, int size) {
        for (int i = size - 1; i >= 0; i--) {
            put(i < Long.BYTES ? (int) (value >>> (8 * i)) : 0);
        }
        return this;
    }

    Bytes little(long value, int size) {
        for (int i = 0; i < size; i++) {
            put(i < Long.BYTES ? (int) (value >>> (8 * i)) : 0);
        }
        return this;
    }

    /** Notes them as a string. */
    void note(Tape tape) {
        tape.string(Tape.STRING, bytes, 0, length);
    }

    /** Pushes them as a string. */
    void push(LuaState state, long l) {
        Constants one = state.constants();
        one.add(bytes, 0, length);
        one.pushOne(l);
    }
}

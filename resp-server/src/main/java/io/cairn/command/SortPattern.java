package io.cairn.command;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.ElementText;
import io.cairn.keyspace.collection.HashReader;

/**
 * Looks up what BY and GET of SORT name: a pattern's first star stands for the element, {@code ->field} behind it for a field of the hash at that key,
 * {@code #} for the element itself. Redis: lookupKeyByPattern. Valid until the next lookup, and the next change of the database.
 */
final class SortPattern implements AutoCloseable {
    private final Call call;
    private final Value found = new Value();
    private final ElementText text = new ElementText();
    private NativeBlock key = NativeBlock.allocate(256);

    SortPattern(Call call) {
        this.call = call;
    }

    /** True if an argument has a star; C's strings end at their first NUL. */
    static boolean hasStar(Args args, int pattern) {
        return star(args.address(pattern), args.length(pattern)) >= 0;
    }

    private static int star(long pattern, int length) {
        for (int i = 0; i < length; i++) {
            byte c = Memory.getByte(pattern + i);
            if (c == '*') {
                return i;
            }
            if (c == 0) {
                return -1;
            }
        }
        return -1;
    }

    /** True if there is a value for an element; {@link #address} and {@link #length} are then its bytes. */
    boolean lookUp(int argument, long element, int elementLength) {
        long pattern = call.args.address(argument);
        int length = call.args.length(argument);
        if (isHash(pattern, length)) {
            text.set(element, elementLength);
            return true;
        }
        int star = star(pattern, length);
        if (star < 0) {
            return false;
        }
        int arrow = arrow(pattern, star + 1, length);
        int end = arrow < 0 ? length : arrow;
        int keyLength = Math.addExact(end - 1, elementLength);
        if (key.capacity() < keyLength) {
            NativeBlock larger = NativeBlock.allocate((int) Math.min(Integer.MAX_VALUE, 2L * keyLength));
            key.release();
            key = larger;
        }
        long at = key.address();
        Memory.copy(pattern, at, star);
        Memory.copy(element, at + star, elementLength);
        Memory.copy(pattern + star + 1, at + star + elementLength, end - star - 1L);
        if (!call.find(at, keyLength, found)) {
            return false;
        }
        return arrow < 0 ? string() : hashField(pattern + arrow + 2, length - arrow - 2);
    }

    private static boolean isHash(long pattern, int length) {
        return length > 0 && Memory.getByte(pattern) == '#' && (length == 1 || Memory.getByte(pattern + 1) == 0);
    }

    /** Where {@code ->} stands with something behind it, -1 if nowhere. */
    private static int arrow(long pattern, int from, int length) {
        for (int i = from; i + 1 < length && Memory.getByte(pattern + i) != 0; i++) {
            if (Memory.getByte(pattern + i) == '-' && Memory.getByte(pattern + i + 1) == '>') {
                return i + 2 < length && Memory.getByte(pattern + i + 2) != 0 ? i : -1;
            }
        }
        return -1;
    }

    private boolean string() {
        if (found.type != ValueType.STRING) {
            return false;
        }
        if (found.encoding == Value.INT) {
            text.set(found.number);
        } else {
            text.set(found.address, found.length);
        }
        return true;
    }

    private boolean hashField(long field, int length) {
        if (found.type != ValueType.HASH) {
            return false;
        }
        long expireAt = HashReader.expiry(found, field, length);
        if (expireAt != 0 && expireAt <= call.expiryTime()) {
            call.database().hidElement(expireAt);
            return false;
        }
        return HashReader.get(found, field, length, text);
    }

    long address() {
        return text.address();
    }

    int length() {
        return text.length();
    }

    @Override
    public void close() {
        key.release();
        text.close();
    }
}

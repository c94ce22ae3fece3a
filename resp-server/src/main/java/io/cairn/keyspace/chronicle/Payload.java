package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.Memory;

/**
 * What is written as the value of an entry: header and payload, see {@link EntryFormat}. Chronicle Map asks for the
 * size, makes room and calls {@link #writeTo} with the address; so a value is copied once, from where it lies into the
 * table.
 */
final class Payload {
    int header;
    long version;
    long expireAt;
    /** The bytes at {@link #address} are a whole value with its header, to be copied as it is. */
    boolean whole;
    /** Whether the payload is {@link #number} and not the bytes at {@link #address}. */
    boolean numeric;
    /** Where the payload's bytes lie. */
    long address;
    /** Length of the payload in bytes. */
    int length;
    /** Payload of 8 bytes: an INT string, or the number of what is held and its used length. */
    long number;

    void setBytes(int encoding, long newAddress, int newLength, long newExpireAt) {
        header = EntryFormat.header(0, encoding, 0);
        numeric = false;
        address = newAddress;
        length = newLength;
        expireAt = newExpireAt;
    }

    void setNumber(int encoding, long newNumber, long newExpireAt) {
        header = EntryFormat.header(0, encoding, 0);
        numeric = true;
        number = newNumber;
        length = Long.BYTES;
        expireAt = newExpireAt;
    }

    /** {@code id} in the first four bytes in memory, the used length of a block in the next. */
    void setHeld(int type, int encoding, int id, int usedLength, long newExpireAt) {
        setNumber(encoding, ((long) usedLength << 32) | id, newExpireAt);
        header |= type | EntryFormat.HELD;
    }

    boolean holds(int id) {
        return (header & EntryFormat.HELD) != 0 && (int) number == id;
    }

    int size() {
        return whole ? length : EntryFormat.size(expireAt != 0, length);
    }

    /** The bytes go first: they may lie in the very entry that is overwritten. */
    void writeTo(long target) {
        if (whole) {
            Memory.copy(address, target, length);
            return;
        }
        long at = target + EntryFormat.FIXED_SIZE + (expireAt == 0 ? 0 : Long.BYTES);
        if (numeric) {
            Memory.putLong(at, number);
        } else if (length > 0) {
            Memory.copy(address, at, length);
        }
        Memory.putInt(target, expireAt == 0 ? header : header | EntryFormat.HAS_EXPIRY);
        Memory.putLong(target + EntryFormat.VERSION_OFFSET, version);
        if (expireAt != 0) {
            Memory.putLong(target + EntryFormat.FIXED_SIZE, expireAt);
        }
    }
}

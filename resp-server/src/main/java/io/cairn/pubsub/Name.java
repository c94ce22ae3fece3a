package io.cairn.pubsub;

import java.util.Arrays;

/** A channel's, pattern's or key's bytes as a key of maps; comparable, so that names chosen to collide cost a map no more than a tree. */
public final class Name implements Comparable<Name> {
    final byte[] bytes;
    private final int hash;

    /** @param bytes nobody changes them any more */
    public Name(byte[] bytes) {
        this.bytes = bytes;
        this.hash = Arrays.hashCode(bytes);
    }

    /** Its bytes, to be read only. */
    public byte[] bytes() {
        return bytes;
    }

    public int length() {
        return bytes.length;
    }

    public boolean startsWith(Name prefix) {
        int length = prefix.bytes.length;
        return length <= bytes.length && Arrays.equals(bytes, 0, length, prefix.bytes, 0, length);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Name name && hash == name.hash && Arrays.equals(bytes, name.bytes);
    }

    @Override
    public int compareTo(Name other) {
        return Arrays.compare(bytes, other.bytes);
    }
}

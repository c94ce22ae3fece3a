package io.cairn.pubsub;

import java.util.Arrays;

/** A channel's or pattern's bytes as a key of maps; comparable, so that names chosen to collide cost a map no more than a tree. */
final class Name implements Comparable<Name> {
    final byte[] bytes;
    private final int hash;

    /** @param bytes nobody changes them any more */
    Name(byte[] bytes) {
        this.bytes = bytes;
        this.hash = Arrays.hashCode(bytes);
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

package io.cairn.keyspace.chronicle;

/** A key as Chronicle Map sees it: a range of native memory and its hash, reused from call to call. */
final class Span {
    long address;
    int length;
    long hash;

    Span set(long newAddress, int newLength, long newHash) {
        this.address = newAddress;
        this.length = newLength;
        this.hash = newHash;
        return this;
    }
}

package io.cairn.keyspace;

/** What an entry refers to by a number because it lies outside of the index: a block of bytes or an object. */
public interface Held {
    /** The bytes that the keyspace's memory account holds for it. */
    long accountedBytes();

    /** Gives up one reference; the last one frees it. */
    void release();
}

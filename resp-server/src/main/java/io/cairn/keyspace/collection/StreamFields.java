package io.cairn.keyspace.collection;

/** The fields and values of an entry that is to be added: field, value, field, value. */
public interface StreamFields {
    /** Number of pairs of field and value, at least 1. */
    int pairs();

    /** Where the bytes of the i-th are, from 0 to twice {@link #pairs} exclusive. */
    long address(int i);

    /** Number of bytes of the i-th. */
    int length(int i);
}

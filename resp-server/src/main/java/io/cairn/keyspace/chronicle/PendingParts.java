package io.cairn.keyspace.chronicle;

/** The parts of one table that a running snapshot has not saved yet. */
interface PendingParts {
    /** Saves the part of a key with this hash if it is not saved yet; the caller, about to change it, holds the lock. */
    void save(long hash);

    /** Takes over a table that its database drops (FLUSHALL); false when nothing is pending and the caller closes it. */
    boolean adopt();
}

package io.cairn.mode;

import io.cairn.aof.GroupCommit;
import io.cairn.aof.LogException;

/**
 * Where a standalone node's records go: its log, or nowhere. Implementations are thread-safe.
 */
public interface Journal {
    /** Kind byte of a log entry whose payload is a batch of records. */
    byte RECORDS = 1;

    /** False while writes have to wait until the log caught up; ask before taking a lock. */
    boolean hasSpace();

    /** False while the disk has no room: writes are refused. */
    boolean diskHasRoom();

    /** Appends a batch of records under the locks of what it changed; never waits. */
    void append(long address, int length);

    /** Index of the last batch appended. */
    long appendedIndex();

    /** Batches up to this one may be acknowledged. */
    long durableIndex();

    /** Runs {@code action} on the log's thread once {@code index} is durable. */
    void whenDurable(long index, Runnable action);

    /** No log: everything is as durable as it gets at once. */
    Journal NONE = new Journal() {
        @Override
        public boolean hasSpace() {
            return true;
        }

        @Override
        public boolean diskHasRoom() {
            return true;
        }

        @Override
        public void append(long address, int length) {}

        @Override
        public long appendedIndex() {
            return 0;
        }

        @Override
        public long durableIndex() {
            return 0;
        }

        @Override
        public void whenDurable(long index, Runnable action) {
            action.run();
        }
    };

    /** The journal over a group commit. */
    static Journal of(GroupCommit commit) {
        return new Journal() {
            @Override
            public boolean hasSpace() {
                return commit.hasSpace();
            }

            @Override
            public boolean diskHasRoom() {
                return commit.spaceAvailable();
            }

            @Override
            public void append(long address, int length) {
                try {
                    commit.append(RECORDS, address, length);
                } catch (LogException e) {
                    // The keyspace has changed and the log has not: nothing may be acknowledged any more.
                    throw new JournalBrokenException(e);
                }
            }

            @Override
            public long appendedIndex() {
                return commit.appendedIndex();
            }

            @Override
            public long durableIndex() {
                return commit.durableIndex();
            }

            @Override
            public void whenDurable(long index, Runnable action) {
                commit.whenDurable(index, action);
            }
        };
    }
}

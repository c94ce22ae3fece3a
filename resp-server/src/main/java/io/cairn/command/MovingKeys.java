package io.cairn.command;

import io.cairn.rdb.PayloadBuffer;
import java.util.BitSet;
import java.util.List;

/** Keys on their way to another server, as a mode holds them for MIGRATE. Not for event loops: all of it blocks. */
public interface MovingKeys {
    /** Whether one of the keys is there. */
    boolean anyPresent(int database, List<byte[]> keys) throws Refused;

    /**
     * Holds keys: whoever wants to write to one of them (or to another key of its slot) waits from when this returns until
     * {@link Held#close}, and no write that came before is still under way. Reads go on.
     *
     * @param timeoutMillis longest wait for what is under way
     */
    Held hold(int database, List<byte[]> keys, long timeoutMillis) throws Refused;

    /** Keys that are held. Used by one thread. */
    interface Held extends AutoCloseable {
        /**
         * Called before the first key is read: some are about to be sent. A mode in which another node may come to answer for
         * them notes down which.
         *
         * @param copy they are not to be deleted here
         */
        default void sends(boolean copy) throws Refused {}

        /** Whether an earlier MIGRATE of the key may have left a copy at the target. */
        default boolean wasSent(int key) {
            return false;
        }

        /**
         * Writes the payload of the n-th key, as DUMP gives it.
         *
         * @return milliseconds until it expires (at least 1), 0 when it never does, {@link #ABSENT}
         * @throws Refused for a key that cannot be sent, as a hash with fields that expire; others may be
         */
        long read(int key, PayloadBuffer to) throws Refused;

        /** As {@link #read}, for a key that is to be deleted and goes nowhere. */
        void note(int key) throws Refused;

        /** Some were not sent, or the target has answered that it keeps a key of its own: no copy of them is there. */
        default void kept(BitSet keys) throws Refused {}

        /**
         * Deletes keys, each unless it is not any more what was read, and returns when that is as safe as an acknowledged
         * write. A key that expired meanwhile counts as deleted.
         *
         * @return keys that changed: they stay
         */
        BitSet delete(BitSet keys) throws Refused;

        /** Lets writers go on. */
        @Override
        void close();
    }

    /** What {@link Held#read} answers when there is no such key. */
    long ABSENT = -1;

    /** Why not; the message is an error line with its code. */
    final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        public Refused(String errorLine) {
            super(errorLine);
        }
    }
}

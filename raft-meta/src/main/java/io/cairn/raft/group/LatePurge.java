package io.cairn.raft.group;

import io.cairn.aof.Log;
import io.cairn.aof.LogException;
import java.util.concurrent.TimeUnit;

/**
 * Purges the front of a log a while after the library asks for it: it looks whether it has an entry, and reads it, without a
 * lock around both, and takes one that is gone by then for damage, which ends the replica. Any thread.
 */
final class LatePurge {
    /** How long what the library has given up can still be read. */
    static final long LATER_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final Log log;
    /** First index to keep, 0 when nothing waits; and since when. */
    private long upTo;

    private long askedNanos;
    /** What was asked for after that; the newest only. */
    private long nextUpTo;

    private long nextAskedNanos;

    LatePurge(Log log) {
        this.log = log;
    }

    synchronized void ask(long firstKept, long nowNanos) {
        if (upTo == 0) {
            upTo = firstKept;
            askedNanos = nowNanos;
        } else {
            nextUpTo = firstKept;
            nextAskedNanos = nowNanos;
        }
    }

    /** From time to time. */
    synchronized void tick(long nowNanos) throws LogException {
        if (upTo > 0 && nowNanos - askedNanos >= LATER_NANOS) {
            purge(upTo);
            upTo = nextUpTo;
            askedNanos = nextAskedNanos;
            nextUpTo = 0;
        }
    }

    /** Without waiting: the disk is full, or nobody reads any more. Returns whether there was anything. */
    synchronized boolean now() throws LogException {
        boolean any = upTo > 0;
        purge(Math.max(upTo, nextUpTo));
        forget();
        return any;
    }

    /** The log is another one. */
    synchronized void forget() {
        upTo = 0;
        nextUpTo = 0;
    }

    /** Of a log that ends before, all would go, and its end with it. */
    private void purge(long firstKept) throws LogException {
        if (firstKept > 0 && firstKept <= log.lastIndex() + 1) {
            log.truncatePrefix(firstKept);
        }
    }
}

package io.cairn.jepsen.check;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One replica's log as {@code cairn log dump --format json} tells it, checked by itself while it is read: indexes without
 * gaps, terms that never fall, a vote of no older term than the last entry (Raft persists currentTerm before it takes an
 * entry of it), a snapshot where the beginning was purged. Holds 12 bytes an entry when asked to keep them. One thread.
 */
final class ReplicaLog {
    /** Entries kept of one log; of a longer one the newest are. */
    static final int MOST_ENTRIES = 4_000_000;

    private static final int FIRST_CAPACITY = 1024;

    /** A term and the vote in it. */
    record Vote(long term, String votedFor) {}

    /** The last entry that the newest snapshot contains. */
    record Snapshot(long index, long term) {}

    /** Directory of the log. */
    final String directory;

    private final List<String> problems;
    private final boolean keep;
    private @Nullable Vote vote;
    private @Nullable Snapshot snapshot;
    private long first;
    private long last = -1;
    private long lastTerm;
    private long entries;
    private int torn;
    private boolean damaged;
    private boolean ended;
    private long[] contents = new long[FIRST_CAPACITY];
    private int[] terms = new int[FIRST_CAPACITY];
    private int kept;

    /** @param problems where everything wrong goes */
    ReplicaLog(String directory, boolean keep, List<String> problems) {
        this.directory = directory;
        this.keep = keep;
        this.problems = problems;
    }

    void vote(long term, String votedFor) {
        vote = new Vote(term, votedFor);
    }

    void snapshot(long index, long term) {
        snapshot = new Snapshot(index, term);
    }

    void entry(long index, long term, long kind, long crc, long bytes) {
        if (entries > 0 && index != last + 1) {
            wrong("entry " + index + " follows entry " + last);
        }
        if (term < lastTerm) {
            wrong("entry " + index + " has term " + term + " after term " + lastTerm);
        }
        if (entries++ == 0) {
            first = index;
        }
        last = index;
        lastTerm = term;
        if (keep) {
            if (kept == terms.length) {
                grow();
            }
            terms[kept] = Math.toIntExact(term);
            contents[kept++] = crc << 32 | (bytes * 31 + kind & 0xffffffffL);
        }
    }

    private void grow() {
        if (kept == MOST_ENTRIES) {
            int half = kept / 2;
            System.arraycopy(terms, half, terms, 0, half);
            System.arraycopy(contents, half, contents, 0, half);
            kept = half;
            return;
        }
        int capacity = Math.min(MOST_ENTRIES, kept * 2);
        terms = Arrays.copyOf(terms, capacity);
        contents = Arrays.copyOf(contents, capacity);
    }

    void damage(boolean isTorn, String text) {
        if (isTorn) {
            torn++;
        } else {
            damaged = true;
            wrong(text);
        }
    }

    /** The last line of a log: what its directory says of itself. */
    void range(long firstIndex, long lastIndex) {
        ended = true;
        if (entries == 0) {
            first = firstIndex;
            last = firstIndex - 1;
        }
        if (damaged) {
            return; // What follows from the damage says nothing more.
        }
        if (first != firstIndex || last != lastIndex) {
            wrong("its range is " + firstIndex + " to " + lastIndex + ", its entries " + first + " to " + last);
        }
        if (vote == null && (entries > 0 || snapshot != null)) {
            wrong("there is no vote file beside " + entries + " entries");
        }
        if (vote != null && entries > 0 && vote.term < lastTerm) {
            wrong("the vote file has term " + vote.term + ", entry " + last + " has term " + lastTerm
                    + ": a term was used before it was saved");
        }
        if (vote != null && snapshot != null && vote.term < snapshot.term) {
            wrong("the vote file has term " + vote.term + ", the snapshot at entry " + snapshot.index + " term "
                    + snapshot.term);
        }
        if (first > 1 && (snapshot == null || snapshot.index < first - 1)) {
            wrong("entries before " + first + " are gone, and the newest snapshot "
                    + (snapshot == null ? "is missing" : "ends at entry " + snapshot.index));
        }
    }

    /** Called when nothing more comes. */
    void end() {
        if (!ended) {
            wrong("its dump broke off after entry " + last);
        }
    }

    private void wrong(String text) {
        problems.add("log " + directory + ": " + text);
    }

    @Nullable
    Vote voted() {
        return vote;
    }

    @Nullable
    Snapshot newestSnapshot() {
        return snapshot;
    }

    long entries() {
        return entries;
    }

    int tornTails() {
        return torn;
    }

    /** First entry that {@link #term} and {@link #content} know. */
    long firstKept() {
        return last - kept + 1;
    }

    long last() {
        return last;
    }

    int term(long index) {
        return terms[(int) (index - firstKept())];
    }

    /** The checksum and length of an entry's payload, and its kind. */
    long content(long index) {
        return contents[(int) (index - firstKept())];
    }

    /** An entry for people. */
    String describe(long index) {
        if (index < firstKept() || index > last) {
            return "none";
        }
        return "term %d crc %08x".formatted(term(index), content(index) >>> 32);
    }
}

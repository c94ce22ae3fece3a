package io.cairn.aof;

import java.util.Arrays;

/** The terms of a log's entries as runs: few longs however long the log is, since terms only change at elections. */
final class TermRuns {
    private long[] starts = new long[8];
    private long[] terms = new long[8];
    private int size;

    synchronized void append(long index, long term) {
        if (size > 0 && terms[size - 1] == term) {
            return;
        }
        if (size == starts.length) {
            starts = Arrays.copyOf(starts, size * 2);
            terms = Arrays.copyOf(terms, size * 2);
        }
        starts[size] = index;
        terms[size++] = term;
    }

    /** Term of the entry, 0 when it is before the first run. */
    synchronized long term(long index) {
        int found = Arrays.binarySearch(starts, 0, size, index);
        int i = found >= 0 ? found : -found - 2;
        return i < 0 ? 0 : terms[i];
    }

    /** Term of the last run, 0 when there is none. */
    synchronized long last() {
        return size == 0 ? 0 : terms[size - 1];
    }

    synchronized void cut(long lastKept) {
        while (size > 0 && starts[size - 1] > lastKept) {
            size--;
        }
    }

    synchronized void purge(long firstKept) {
        int drop = 0;
        while (drop + 1 < size && starts[drop + 1] <= firstKept) {
            drop++;
        }
        if (drop > 0) {
            System.arraycopy(starts, drop, starts, 0, size - drop);
            System.arraycopy(terms, drop, terms, 0, size - drop);
            size -= drop;
        }
    }

    synchronized void clear() {
        size = 0;
    }
}

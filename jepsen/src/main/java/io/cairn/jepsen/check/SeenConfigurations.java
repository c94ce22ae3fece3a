package io.cairn.jepsen.check;

/**
 * Lowe's cache: which (set of linearized operations, value) the search has been at. Each is kept as a hash of 128 bits, so that
 * thousands of operations do not cost thousands of bits each. Two that collide (for four million: one chance in 10^25) could hide
 * a way to linearize, never make one up: the error would be a false alarm.
 */
final class SeenConfigurations {
    private static final int SMALLEST = 1 << 10;

    private long[] table = new long[2 * SMALLEST];
    private int size;

    int size() {
        return size;
    }

    void clear() {
        table = new long[2 * SMALLEST];
        size = 0;
    }

    /** Whether it was not there yet. */
    boolean add(long high, long low) {
        if (4L * size >= table.length) {
            grow();
        }
        boolean added = insert(table, high, low);
        if (added) {
            size++;
        }
        return added;
    }

    private void grow() {
        long[] larger = new long[2 * table.length];
        for (int i = 0; i < table.length; i += 2) {
            if (table[i] != 0 || table[i + 1] != 0) {
                insert(larger, table[i], table[i + 1]);
            }
        }
        table = larger;
    }

    private static boolean insert(long[] into, long high, long low) {
        long first = high == 0 && low == 0 ? 1 : high;
        int at = (int) (mix(first ^ low) & (into.length / 2 - 1)) * 2;
        while (into[at] != 0 || into[at + 1] != 0) {
            if (into[at] == first && into[at + 1] == low) {
                return false;
            }
            at = (at + 2) & (into.length - 1);
        }
        into[at] = first;
        into[at + 1] = low;
        return true;
    }

    /** The finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
    static long mix(long bits) {
        long mixed = (bits ^ (bits >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }
}

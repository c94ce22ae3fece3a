package io.cairn.jepsen.check;

import java.util.Arrays;

/** Amounts at times, and how much they come to by a time. Add all, close, then ask. */
final class Sums {
    private long[] times = new long[16];
    private long[] amounts = new long[16];
    private int size;

    void add(long time, long amount) {
        if (size == times.length) {
            times = Arrays.copyOf(times, 2 * size);
            amounts = Arrays.copyOf(amounts, 2 * size);
        }
        times[size] = time;
        amounts[size++] = amount;
    }

    void close() {
        Integer[] order = new Integer[size];
        Arrays.setAll(order, i -> i);
        long[] unsorted = times;
        Arrays.sort(order, (a, b) -> Long.compare(unsorted[a], unsorted[b]));
        long[] sortedTimes = new long[size];
        long[] sums = new long[size + 1];
        for (int i = 0; i < size; i++) {
            sortedTimes[i] = times[order[i]];
            sums[i + 1] = sums[i] + amounts[order[i]];
        }
        times = sortedTimes;
        amounts = sums;
    }

    /** What they come to, at times below this one. */
    long before(long time) {
        int at = Arrays.binarySearch(times, time);
        if (at < 0) {
            return amounts[-at - 1];
        }
        while (at > 0 && times[at - 1] == time) {
            at--;
        }
        return amounts[at];
    }

    /** What they come to, at times up to and with this one. */
    long upTo(long time) {
        return time == Long.MAX_VALUE ? all() : before(time + 1);
    }

    long all() {
        return amounts[size];
    }
}

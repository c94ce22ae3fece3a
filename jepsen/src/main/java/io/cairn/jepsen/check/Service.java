package io.cairn.jepsen.check;

import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * When one shard served and when it was asked at all. A shard that nobody asks for longer than {@link #IDLE_NANOS} is idle
 * from the end of one question to the beginning of the next, and idle time is never counted as an outage.
 */
final class Service {
    /** A pause between questions up to this long belongs to what clients felt: they wait a little before they try again. */
    static final long IDLE_NANOS = 500_000_000L;

    static final long NEVER = Long.MAX_VALUE;

    private final long[] calls;
    private final long[] returns;
    /** The earliest return of the OK operations from this one on, by order of call. */
    private final long[] earliestReturn;
    /** Begin and end of idle stretches, in turns, ascending. */
    private final long[] idle;

    private final int asked;

    /** Of one shard's operations in the order of their calls. */
    Service(List<Operation> operations) {
        List<Operation> served = operations.stream()
                .filter(operation -> operation.outcome() == Outcome.OK)
                .toList();
        calls = served.stream().mapToLong(Operation::call).toArray();
        returns = served.stream().mapToLong(Operation::ret).toArray();
        earliestReturn = returns.clone();
        for (int i = earliestReturn.length - 2; i >= 0; i--) {
            earliestReturn[i] = Math.min(earliestReturn[i], earliestReturn[i + 1]);
        }
        idle = idle(operations);
        asked = operations.size();
    }

    private static long[] idle(List<Operation> operations) {
        List<Long> stretches = new ArrayList<>();
        long busyUntil = 0;
        for (Operation operation : operations) {
            if (operation.call() - busyUntil > IDLE_NANOS) {
                stretches.add(busyUntil);
                stretches.add(operation.call());
            }
            busyUntil = Math.max(busyUntil, operation.ret());
        }
        stretches.add(busyUntil);
        stretches.add(NEVER);
        return stretches.stream().mapToLong(Long::longValue).toArray();
    }

    /** Operations of any outcome. */
    int asked() {
        return asked;
    }

    /** Operations that are OK. */
    int served() {
        return calls.length;
    }

    /** When the first operation that was called at {@code from} or later, and is OK, returned; {@link #NEVER} if none. */
    long firstServed(long from) {
        int first = firstCalled(from);
        return first == calls.length ? NEVER : earliestReturn[first];
    }

    private int firstCalled(long from) {
        int low = 0;
        int high = calls.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (calls[middle] < from) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The nanoseconds from {@code from} to {@code to} in which the shard was not idle. */
    long measured(long from, long to) {
        long time = Math.max(0, to - from);
        for (int i = 0; i < idle.length && idle[i] < to; i += 2) {
            time -= Math.max(0, Math.min(to, idle[i + 1]) - Math.max(from, idle[i]));
        }
        return Math.max(0, time);
    }

    /**
     * The longest time within [{@code begin}, {@code end}] without the return of an OK operation that was called at {@code
     * struck} or later.
     */
    long longestSilence(long begin, long struck, long end) {
        int first = firstCalled(struck);
        long[] served = new long[calls.length - first];
        int count = 0;
        for (int i = first; i < calls.length && calls[i] <= end; i++) {
            if (returns[i] <= end) {
                served[count++] = returns[i];
            }
        }
        Arrays.sort(served, 0, count);
        long longest = 0;
        long last = begin;
        for (int i = 0; i < count; i++) {
            // Only a stretch that is long as the clock has it can be the longest after idle time is taken off.
            if (served[i] - last > longest) {
                longest = Math.max(longest, measured(last, served[i]));
            }
            last = Math.max(last, served[i]);
        }
        return Math.max(longest, measured(last, end));
    }
}

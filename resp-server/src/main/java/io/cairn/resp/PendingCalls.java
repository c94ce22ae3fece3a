package io.cairn.resp;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The calls of one connection that a mode accepted and has not completed, oldest first. */
final class PendingCalls {
    private int[] commands = new int[16];
    private long[] startNanos = new long[16];
    private @Nullable Object[] work = new Object[16];
    private int head;
    private int count;

    int count() {
        return count;
    }

    /**
     * @param command id in the command table, -1 for a block
     * @param attached what to do with the reply instead of sending it: an {@link ExecRun}, or {@link #DISCARD}
     */
    void add(int command, long nanos, @Nullable Object attached) {
        if (count == commands.length) {
            grow();
        }
        int at = (head + count) & (commands.length - 1);
        commands[at] = command;
        startNanos[at] = nanos;
        work[at] = attached;
        count++;
    }

    /** The reply is thrown away (CLIENT REPLY OFF and SKIP). */
    static final Object DISCARD = new Object();

    int command() {
        return commands[head];
    }

    long startNanos() {
        return startNanos[head];
    }

    @Nullable
    Object attached() {
        return work[head];
    }

    void removeOldest() {
        work[head] = null;
        head = (head + 1) & (commands.length - 1);
        count--;
    }

    private void grow() {
        int size = commands.length;
        int[] grownCommands = new int[size * 2];
        long[] grownNanos = new long[size * 2];
        @Nullable Object[] grownWork = Arrays.copyOf(work, size * 2);
        for (int i = 0; i < size; i++) {
            int at = (head + i) & (size - 1);
            grownCommands[i] = commands[at];
            grownNanos[i] = startNanos[at];
            grownWork[i] = work[at];
        }
        commands = grownCommands;
        startNanos = grownNanos;
        work = grownWork;
        head = 0;
    }
}

package io.cairn.command;

import org.jspecify.annotations.Nullable;

/**
 * Where a command's keys are: first, last (negative counts from the end) and step as in COMMAND, or a finder for
 * movable keys.
 *
 * @param first index of the first key, 0 when the command has no keys
 */
public record KeySpec(
        int first, int last, int step, @Nullable Finder finder) {
    /** No keys: the handler runs without a lock (it takes none of the keyspace, or locks by itself as SCAN does). */
    public static final KeySpec NONE = new KeySpec(0, 0, 0, null);
    /** No keys, but the whole keyspace: the handler runs with all stripes locked (DBSIZE, KEYS, FLUSHALL, SWAPDB). */
    public static final KeySpec ALL = new KeySpec(0, 0, -1, null);

    public static KeySpec range(int first, int last, int step) {
        return new KeySpec(first, last, step, null);
    }

    /** Keys found by looking at the arguments (numkeys, options). */
    public static KeySpec movable(Finder finder) {
        return new KeySpec(0, 0, 0, finder);
    }

    /** True when the command takes the lock of every stripe. */
    public boolean wholeKeyspace() {
        return step < 0 || (finder != null && finder.wholeKeyspace());
    }

    /** Finds key positions. */
    @FunctionalInterface
    public interface Finder {
        /** Positions of the keys in {@code args}; empty when the arguments are malformed. */
        int[] positions(Args args);

        /** True when the command reads keys that its arguments do not tell: it then takes the lock of every stripe. */
        default boolean wholeKeyspace() {
            return false;
        }
    }
}

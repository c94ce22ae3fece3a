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
    /** No keys. */
    public static final KeySpec NONE = new KeySpec(0, 0, 0, null);

    public static KeySpec range(int first, int last, int step) {
        return new KeySpec(first, last, step, null);
    }

    /** Keys found by looking at the arguments (numkeys, options). */
    public static KeySpec movable(Finder finder) {
        return new KeySpec(0, 0, 0, finder);
    }

    /** Finds key positions. */
    @FunctionalInterface
    public interface Finder {
        /** Positions of the keys in {@code args}; empty when the arguments are malformed. */
        int[] positions(Args args);
    }
}

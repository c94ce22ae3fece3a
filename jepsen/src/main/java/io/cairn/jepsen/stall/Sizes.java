package io.cairn.jepsen.stall;

/**
 * How large the things are that a node is kept busy with.
 *
 * @param fields of a hash
 * @param stringBytes of a string
 * @param scriptSeconds how long a script runs
 * @param keys that KEYS * names
 * @param heapMegabytes most heap of each process
 */
public record Sizes(int fields, int stringBytes, int scriptSeconds, int keys, int heapMegabytes) {
    /** What the issue names. */
    public static final Sizes FULL = new Sizes(10_000_000, 100 << 20, 5, 5_000_000, 512);

    /** Enough to see that everything is asked, in half a minute. */
    public static final Sizes BRIEF = new Sizes(100_000, 4 << 20, 2, 20_000, 256);
}

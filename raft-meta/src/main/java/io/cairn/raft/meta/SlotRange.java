package io.cairn.raft.meta;

/** Slots {@code first} to {@code last}, both inclusive, 0..16383. */
public record SlotRange(int first, int last) {
    /** How many slots there are. */
    public static final int SLOTS = 16_384;

    public SlotRange {
        if (first < 0 || last >= SLOTS || first > last) {
            throw new IllegalArgumentException("no slot range: " + first + "-" + last);
        }
    }

    public int size() {
        return last - first + 1;
    }
}

package io.cairn.raft.meta;

import java.util.function.IntConsumer;

/** Slots {@code first} to {@code last}, both inclusive, 0..16383. */
public record SlotRange(int first, int last) {
    /** How many slots there are. */
    public static final int SLOTS = 16_384;

    public SlotRange {
        if (first < 0 || last >= SLOTS || first > last) {
            throw new IllegalArgumentException("no slot range: " + first + "-" + last);
        }
    }

    /** Calls {@code action} with each slot, in order. */
    public void forEach(IntConsumer action) {
        for (int slot = first; slot <= last; slot++) {
            action.accept(slot);
        }
    }

    public int size() {
        return last - first + 1;
    }
}

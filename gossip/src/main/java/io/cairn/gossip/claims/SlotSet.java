package io.cairn.gossip.claims;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** A set of slots, 0..16383. Immutable. */
public final class SlotSet {
    /** How many slots there are. */
    public static final int SLOTS = 16_384;

    /** No slot. */
    public static final SlotSet NONE = new SlotSet(new BitSet());

    private final BitSet bits;

    private SlotSet(BitSet bits) {
        this.bits = bits;
    }

    public static SlotSet of(BitSet slots) {
        if (slots.length() > SLOTS) {
            throw new IllegalArgumentException("no slot: " + (slots.length() - 1));
        }
        return slots.isEmpty() ? NONE : new SlotSet((BitSet) slots.clone());
    }

    /** Slots {@code first} to {@code last}, both inclusive. */
    public static SlotSet range(int first, int last) {
        BitSet slots = new BitSet();
        slots.set(first, last + 1);
        return of(slots);
    }

    public static SlotSet one(int slot) {
        return range(slot, slot);
    }

    public boolean has(int slot) {
        return bits.get(slot);
    }

    public boolean isEmpty() {
        return bits.isEmpty();
    }

    public int size() {
        return bits.cardinality();
    }

    /** A copy. */
    public BitSet bits() {
        return (BitSet) bits.clone();
    }

    public SlotSet plus(SlotSet other) {
        BitSet all = bits();
        all.or(other.bits);
        return of(all);
    }

    public SlotSet minus(SlotSet other) {
        BitSet rest = bits();
        rest.andNot(other.bits);
        return of(rest);
    }

    public SlotSet and(SlotSet other) {
        BitSet both = bits();
        both.and(other.bits);
        return of(both);
    }

    public boolean meets(SlotSet other) {
        return bits.intersects(other.bits);
    }

    /** First and last of each run of slots, in order. */
    public List<int[]> runs() {
        List<int[]> runs = new ArrayList<>();
        for (int first = bits.nextSetBit(0); first >= 0; ) {
            int end = bits.nextClearBit(first);
            runs.add(new int[] {first, end - 1});
            first = bits.nextSetBit(end);
        }
        return runs;
    }

    byte[] toBytes() {
        return bits.toByteArray();
    }

    static SlotSet ofBytes(byte[] bytes) {
        return of(BitSet.valueOf(bytes));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SlotSet set && set.bits.equals(bits);
    }

    @Override
    public int hashCode() {
        return bits.hashCode();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int[] run : runs()) {
            text.append(text.isEmpty() ? "" : " ").append(run[0]);
            if (run[1] > run[0]) {
                text.append('-').append(run[1]);
            }
        }
        return text.toString();
    }
}

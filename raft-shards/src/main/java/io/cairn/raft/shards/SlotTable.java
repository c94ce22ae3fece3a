package io.cairn.raft.shards;

/** Which slots a shard serves, with their ownership epochs. Immutable: a change makes a new table. */
public final class SlotTable {
    /** No slot at all: the table of a shard whose first leader has not activated it yet. */
    public static final SlotTable EMPTY = new SlotTable(new byte[16_384], new long[16_384]);

    private static final SlotState[] STATES = SlotState.values();

    private final byte[] states;
    private final long[] epochs;

    private SlotTable(byte[] states, long[] epochs) {
        this.states = states;
        this.epochs = epochs;
    }

    public SlotState state(int slot) {
        return STATES[states[slot]];
    }

    /** Shorthand for {@code state(slot) == SERVING}. */
    public boolean serves(int slot) {
        return states[slot] == 1;
    }

    /** The ownership epoch under which the slot has its state. */
    public long epoch(int slot) {
        return epochs[slot];
    }
}

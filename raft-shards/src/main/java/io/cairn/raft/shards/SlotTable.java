package io.cairn.raft.shards;

import io.cairn.raft.meta.FormatException;
import io.cairn.raft.meta.SlotRange;
import io.cairn.raft.meta.WireReader;
import io.cairn.raft.meta.WireWriter;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which slots a shard serves, with their ownership epochs; part of the shard's replicated state (SAFETY 13). Immutable:
 * a change makes a new table, so event loops read it without locks.
 */
public final class SlotTable {
    /** No slot at all: the table of a shard whose first leader has not activated it yet. */
    public static final SlotTable EMPTY = new SlotTable(new byte[SlotRange.SLOTS], new long[SlotRange.SLOTS]);

    private static final SlotState[] STATES = byCode();
    private static final byte SERVING = SlotState.SERVING.code();

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
        return states[slot] == SERVING;
    }

    /** The ownership epoch under which the slot has its state. */
    public long epoch(int slot) {
        return epochs[slot];
    }

    /** How many slots are served. */
    public int served() {
        int served = 0;
        for (byte state : states) {
            if (state == SERVING) {
                served++;
            }
        }
        return served;
    }

    /** Serves the slots of the range that are not this shard's yet under an epoch as high; the rest stays. */
    public SlotTable activate(SlotRange range, long epoch) {
        byte[] newStates = states.clone();
        long[] newEpochs = epochs.clone();
        for (int slot = range.first(); slot <= range.last(); slot++) {
            if (newStates[slot] != SERVING && newEpochs[slot] < epoch) {
                newStates[slot] = SERVING;
                newEpochs[slot] = epoch;
            }
        }
        return new SlotTable(newStates, newEpochs);
    }

    /** Runs of slots with one state and one epoch: last slot, state, epoch. */
    void write(WireWriter out) {
        int slot = 0;
        while (slot < SlotRange.SLOTS) {
            int first = slot;
            while (slot < SlotRange.SLOTS && states[slot] == states[first] && epochs[slot] == epochs[first]) {
                slot++;
            }
            out.u16(slot - 1).u8(states[first]).i64(epochs[first]);
        }
    }

    static SlotTable read(WireReader in) {
        byte[] states = new byte[SlotRange.SLOTS];
        long[] epochs = new long[SlotRange.SLOTS];
        int slot = 0;
        while (slot < SlotRange.SLOTS) {
            int last = in.u16();
            int state = in.u8();
            long epoch = in.i64();
            if (last < slot || last >= SlotRange.SLOTS || state >= STATES.length) {
                throw new FormatException("slot run to " + last + " in state " + state);
            }
            Arrays.fill(states, slot, last + 1, (byte) state);
            Arrays.fill(epochs, slot, last + 1, epoch);
            slot = last + 1;
        }
        return new SlotTable(states, epochs);
    }

    private static SlotState[] byCode() {
        SlotState[] states = new SlotState[SlotState.values().length];
        for (SlotState state : SlotState.values()) {
            states[state.code()] = state;
        }
        return states;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SlotTable table
                && Arrays.equals(states, table.states)
                && Arrays.equals(epochs, table.epochs);
    }

    @Override
    public int hashCode() {
        return Objects.hash(Arrays.hashCode(states), Arrays.hashCode(epochs));
    }
}

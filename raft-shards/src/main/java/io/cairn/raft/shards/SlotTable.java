package io.cairn.raft.shards;

import io.cairn.raft.meta.FormatException;
import io.cairn.raft.meta.SlotRange;
import io.cairn.raft.meta.WireReader;
import io.cairn.raft.meta.WireWriter;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which slots a shard serves, with their ownership epochs; part of the shard's replicated state (SAFETY 13). Immutable:
 * a change makes a new table, so event loops read it without locks.
 */
public final class SlotTable {
    /** No slot at all: the table of a shard whose first leader has not activated it yet. */
    public static final SlotTable EMPTY =
            new SlotTable(new byte[SlotRange.SLOTS], new long[SlotRange.SLOTS], new BitSet());

    /** Of a state's byte in the format: the slot waits to be granted. */
    private static final int WAITS = 0x40;

    private static final SlotState[] STATES = byCode();
    private static final byte SERVING = SlotState.SERVING.code();
    private static final byte MIGRATING = SlotState.MIGRATING.code();
    private static final byte RECEIVING = SlotState.RECEIVING.code();
    private static final byte DROPPED = SlotState.DROPPED.code();

    private final byte[] states;
    private final long[] epochs;
    /** Never changed. */
    private final BitSet waiting;

    private SlotTable(byte[] states, long[] epochs, BitSet waiting) {
        this.states = states;
        this.epochs = epochs;
        this.waiting = waiting;
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

    /** True if the slot is this shard's to answer for: served, wholly or as long as its keys last. */
    public boolean owns(int slot) {
        return states[slot] == SERVING || states[slot] == MIGRATING;
    }

    /**
     * True from the loss of most voters on until the slot is served again: this log may lack an epoch that it had, and the release
     * of that, so no epoch of the map may be served but one that was granted since.
     */
    public boolean waits(int slot) {
        return waiting.get(slot);
    }

    /** How many slots are this shard's to answer for. */
    public int served() {
        int served = 0;
        for (byte state : states) {
            if (state == SERVING || state == MIGRATING) {
                served++;
            }
        }
        return served;
    }

    /** As {@link #activate(SlotRange, long, BitSet)}, none of them open. */
    public SlotTable activate(SlotRange range, long epoch) {
        return activate(range, epoch, new BitSet());
    }

    /**
     * Serves the slots of the range under the epoch, but for those that have had one as high. What migrates goes on so: its
     * keys are elsewhere in part, and it is closed by a word of its own only.
     *
     * @param migrating slots that are to be open from the first
     */
    SlotTable activate(SlotRange range, long epoch, BitSet migrating) {
        byte[] newStates = states.clone();
        long[] newEpochs = epochs.clone();
        BitSet newWaiting = (BitSet) waiting.clone();
        for (int slot = range.first(); slot <= range.last(); slot++) {
            if (newEpochs[slot] < epoch) {
                newStates[slot] = migrating.get(slot) || newStates[slot] == MIGRATING ? MIGRATING : SERVING;
                newEpochs[slot] = epoch;
                newWaiting.clear(slot);
            }
        }
        return new SlotTable(newStates, newEpochs, newWaiting);
    }

    /** Nothing is served any more, and all slots wait; what was served is held under its epoch, until one above that is granted. */
    public SlotTable hold() {
        byte[] newStates = states.clone();
        for (int slot = 0; slot < SlotRange.SLOTS; slot++) {
            if (owns(slot)) {
                newStates[slot] = SlotState.HELD.code();
            }
        }
        BitSet all = new BitSet(SlotRange.SLOTS);
        all.set(0, SlotRange.SLOTS);
        return new SlotTable(newStates, epochs, all);
    }

    /** Serves the slots of the range no longer that it serves under just this epoch; the rest stays. */
    public SlotTable release(SlotRange range, long epoch) {
        byte[] newStates = states.clone();
        for (int slot = range.first(); slot <= range.last(); slot++) {
            if (owns(slot) && epochs[slot] == epoch) {
                newStates[slot] = SlotState.ABSENT.code();
            }
        }
        return new SlotTable(newStates, epochs, waiting);
    }

    /** Serves no longer, but keeps, the slots of the range that it serves under just this epoch (SAFETY 14). */
    public SlotTable freeze(SlotRange range, long epoch) {
        return change(range, epoch, SlotState.SERVING, SlotState.FROZEN);
    }

    /** Gives up the slots of the range that are frozen, or held after a recovery, under just this epoch. */
    public SlotTable drop(SlotRange range, long epoch) {
        return change(range, epoch, SlotState.FROZEN, SlotState.DROPPED)
                .change(range, epoch, SlotState.HELD, SlotState.DROPPED);
    }

    private SlotTable change(SlotRange range, long epoch, SlotState from, SlotState to) {
        byte[] newStates = states.clone();
        for (int slot = range.first(); slot <= range.last(); slot++) {
            if (states[slot] == from.code() && epochs[slot] == epoch) {
                newStates[slot] = to.code();
            }
        }
        return new SlotTable(newStates, epochs, waiting);
    }

    /** The slots in another state, whatever theirs is, under the epochs that they have. */
    SlotTable with(BitSet slots, SlotState state) {
        byte[] newStates = states.clone();
        slots.stream().forEach(slot -> newStates[slot] = state.code());
        return new SlotTable(newStates, epochs, waiting);
    }

    /** The slots whose keys nobody sees. */
    public BitSet hidden() {
        BitSet hidden = new BitSet(SlotRange.SLOTS);
        for (int slot = 0; slot < SlotRange.SLOTS; slot++) {
            if (states[slot] == RECEIVING || states[slot] == DROPPED) {
                hidden.set(slot);
            }
        }
        return hidden;
    }

    /** The slots in a state. */
    public BitSet in(SlotState state) {
        BitSet found = new BitSet(SlotRange.SLOTS);
        for (int slot = 0; slot < SlotRange.SLOTS; slot++) {
            if (states[slot] == state.code()) {
                found.set(slot);
            }
        }
        return found;
    }

    /**
     * The slot opened or closed under the epoch that it has, if that is {@code epoch} and it is as that needs: served before it
     * migrates, absent before it is imported. So one that was released meanwhile never becomes this shard's again by it.
     */
    public SlotTable with(int slot, SlotState state, long epoch) {
        boolean fits = switch (state) {
            case SERVING, MIGRATING -> owns(slot);
            case ABSENT, IMPORTING ->
                !owns(slot) && states[slot] != RECEIVING && states[slot] != SlotState.FROZEN.code();
            case FROZEN, RECEIVING, DROPPED, HELD -> true;
        };
        if (epochs[slot] != epoch || !fits) {
            return this;
        }
        byte[] newStates = states.clone();
        newStates[slot] = state.code();
        return new SlotTable(newStates, epochs, waiting);
    }

    /** Runs of slots with one state and one epoch: last slot, state (and {@link #WAITS}), epoch. */
    void write(WireWriter out) {
        int slot = 0;
        while (slot < SlotRange.SLOTS) {
            int first = slot;
            while (slot < SlotRange.SLOTS && stateByte(slot) == stateByte(first) && epochs[slot] == epochs[first]) {
                slot++;
            }
            out.u16(slot - 1).u8(stateByte(first)).i64(epochs[first]);
        }
    }

    private int stateByte(int slot) {
        return waiting.get(slot) ? states[slot] | WAITS : states[slot];
    }

    static SlotTable read(WireReader in) {
        byte[] states = new byte[SlotRange.SLOTS];
        long[] epochs = new long[SlotRange.SLOTS];
        BitSet waiting = new BitSet();
        int slot = 0;
        while (slot < SlotRange.SLOTS) {
            int last = in.u16();
            int stateByte = in.u8();
            int state = stateByte & ~WAITS;
            long epoch = in.i64();
            if (last < slot || last >= SlotRange.SLOTS || state >= STATES.length) {
                throw new FormatException("slot run to " + last + " in state " + state);
            }
            Arrays.fill(states, slot, last + 1, (byte) state);
            Arrays.fill(epochs, slot, last + 1, epoch);
            waiting.set(slot, last + 1, stateByte != state);
            slot = last + 1;
        }
        return new SlotTable(states, epochs, waiting);
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
                && Arrays.equals(epochs, table.epochs)
                && waiting.equals(table.waiting);
    }

    @Override
    public int hashCode() {
        return Objects.hash(Arrays.hashCode(states), Arrays.hashCode(epochs), waiting);
    }
}

package io.cairn.raft.meta;

import java.util.Collections;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is under way with slots. A slot that is to change hands stays its owner's until that shard's own log has released
 * it (SAFETY 13); {@code next} says who gets it then. Immutable.
 *
 * @param next slot to the id of the shard that gets it, or empty for nobody
 * @param open slots opened by SETSLOT
 */
public record SlotMoves(NavigableMap<Integer, String> next, NavigableMap<Integer, OpenSlot> open) {
    static final SlotMoves NONE = new SlotMoves(new TreeMap<>(), new TreeMap<>());

    public SlotMoves {
        next = Collections.unmodifiableNavigableMap(next);
        open = Collections.unmodifiableNavigableMap(open);
    }

    /** True when the slot is about to leave its owner. */
    public boolean isLeaving(int slot) {
        return next.containsKey(slot);
    }

    /** How the slot is open, or null. */
    public @Nullable OpenSlot openSlot(int slot) {
        return open.get(slot);
    }
}

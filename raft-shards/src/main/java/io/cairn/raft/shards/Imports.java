package io.cairn.raft.shards;

import io.cairn.raft.meta.FormatException;
import io.cairn.raft.meta.SlotRange;
import io.cairn.raft.meta.WireReader;
import io.cairn.raft.meta.WireWriter;
import io.cairn.raft.shards.ShardEntry.Activation;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The atomic migrations that a shard receives slots of, as its own log says; part of the shard's replicated state. Immutable: a
 * change makes a new one.
 */
final class Imports {
    static final Imports NONE = new Imports(new TreeMap<>());

    private final NavigableMap<String, Import> byId;

    /**
     * One that is being received.
     *
     * @param attempt whose stream it is
     * @param since every meta map of at least this version knows of the attempt
     * @param slots with the epochs under which the source serves them: the next epoch makes them this shard's
     * @param next number of the piece that comes next
     * @param ended all is here, up to the source's freeze
     */
    record Import(String id, long attempt, long since, List<Activation> slots, long next, boolean ended) {
        Import {
            slots = List.copyOf(slots);
        }

        Import received(boolean end) {
            return new Import(id, attempt, since, slots, next + 1, ended || end);
        }

        /** The epoch that the slot has at the source, or -1 if it is none of these. */
        long epoch(int slot) {
            for (Activation part : slots) {
                if (slot >= part.range().first() && slot <= part.range().last()) {
                    return part.epoch();
                }
            }
            return -1;
        }
    }

    private Imports(NavigableMap<String, Import> byId) {
        this.byId = byId;
    }

    @Nullable
    Import find(String id) {
        return byId.get(id);
    }

    /** In order of id. */
    Collection<Import> all() {
        return byId.values();
    }

    boolean isEmpty() {
        return byId.isEmpty();
    }

    /** The one that the slot is received by, or null. */
    @Nullable
    Import of(int slot) {
        for (Import one : byId.values()) {
            if (one.epoch(slot) >= 0) {
                return one;
            }
        }
        return null;
    }

    Imports with(Import one) {
        NavigableMap<String, Import> changed = new TreeMap<>(byId);
        changed.put(one.id(), one);
        return new Imports(changed);
    }

    Imports without(String id) {
        NavigableMap<String, Import> changed = new TreeMap<>(byId);
        changed.remove(id);
        return new Imports(changed);
    }

    static BitSet slots(List<Activation> parts) {
        BitSet slots = new BitSet(SlotRange.SLOTS);
        parts.forEach(part -> slots.set(part.range().first(), part.range().last() + 1));
        return slots;
    }

    void write(WireWriter out) {
        out.u16(byId.size());
        for (Import one : byId.values()) {
            out.text(one.id()).i64(one.attempt()).i64(one.since());
            ShardEntry.writeSlots(out, one.slots());
            out.i64(one.next()).u8(one.ended() ? 1 : 0);
        }
    }

    static Imports read(WireReader in) {
        NavigableMap<String, Import> read = new TreeMap<>();
        for (int left = in.u16(); left > 0; left--) {
            String id = in.text();
            long attempt = in.i64();
            long since = in.i64();
            List<Activation> slots = new ArrayList<>(ShardEntry.readSlots(in));
            long next = in.i64();
            if (next < 0) {
                throw new FormatException("piece " + next + " of a migration");
            }
            read.put(id, new Import(id, attempt, since, slots, next, in.u8() != 0));
        }
        return new Imports(read);
    }
}

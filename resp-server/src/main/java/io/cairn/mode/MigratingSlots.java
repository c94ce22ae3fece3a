package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import io.cairn.command.Flag;
import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Keyspace;
import io.cairn.raft.shards.SlotExport;
import io.cairn.raft.shards.SlotState;
import io.cairn.raft.shards.SlotTable;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The data's part in atomic migrations: at most one stream that leaves, the streams that arrive, which keys are hidden, and what
 * is to be taken out. On the apply thread, but for {@link #export} and {@link #tidy}.
 */
final class MigratingSlots {
    /** Keys taken out of slots that were given away, per call of {@link #tidy}; a stripe is locked for one segment of them. */
    static final int TIDY_KEYS = 2_000;

    private final Keyspace keyspace;
    private final CommandTable table;
    private final Stamps stamps;
    private final TreeMap<String, ImportedSlots> imports = new TreeMap<>();
    /** Changed with all stripes locked, so that whoever runs commands needs no more than its own. */
    private volatile @Nullable ExportedSlots export;

    private volatile BitSet hidden = new BitSet();
    /** Held while keys are taken out: what becomes of a slot waits for it, so that nothing is taken from one that is used again. */
    private final Object tidying = new Object();
    /** Those of which keys may be left. Guarded by {@link #tidying}. */
    private BitSet dropped = new BitSet();

    MigratingSlots(Keyspace keyspace, CommandTable table, Stamps stamps) {
        this.keyspace = keyspace;
        this.table = table;
        this.stamps = stamps;
    }

    SlotExport export(BitSet slots) {
        keyspace.lockAll();
        try {
            if (export != null) {
                throw new IllegalStateException("slots are on their way out already");
            }
            ExportedSlots made = new ExportedSlots(keyspace, slots, stamps::applied, this::exported);
            export = made;
            return made;
        } finally {
            keyspace.unlockAll();
        }
    }

    private void exported() {
        keyspace.lockAll();
        export = null;
        keyspace.unlockAll();
    }

    /** A command is about to run; its keys' stripes are locked. */
    void before(Command command, Args args, int database) {
        ExportedSlots now = export;
        if (now != null && command.is(Flag.WRITE)) {
            now.before(command, args, database);
        }
    }

    /** A command has run; its keys' stripes are still locked. */
    void ran(Command command, Args args, int database, long time, long seed, boolean changed) {
        ExportedSlots now = export;
        if (now != null && command.is(Flag.WRITE)) {
            now.ran(command, args, database, time, seed, changed);
        }
    }

    /** All stripes are locked. */
    void limits(DataLimits limits) {
        ExportedSlots now = export;
        if (now != null) {
            now.limits(limits);
        }
    }

    /** The data is replaced as a whole: nothing of before goes on. */
    void lose(String why) {
        ExportedSlots now = export;
        if (now != null) {
            now.lose(why);
        }
        imports.values().forEach(ImportedSlots::close);
        imports.clear();
        synchronized (tidying) {
            dropped = new BitSet();
        }
    }

    void begin(String id, BitSet slots) {
        over(id);
        imports.put(id, new ImportedSlots(keyspace, table, stamps, slots));
    }

    boolean take(String id, long from, int length) {
        ImportedSlots into = imports.get(id);
        if (into == null) {
            throw new IllegalStateException("migration " + id + " has not begun");
        }
        return into.take(from, length);
    }

    void over(String id) {
        ImportedSlots known = imports.remove(id);
        if (known != null) {
            known.close();
        }
    }

    /** For a snapshot. */
    List<ShardState.Import> imports() {
        List<ShardState.Import> all = new ArrayList<>();
        imports.forEach((id, one) -> all.add(one.state(id)));
        return all;
    }

    /** From a snapshot. */
    void restore(ShardState.Import from) {
        begin(from.id(), from.slots());
        ImportedSlots made = imports.get(from.id());
        if (made != null) {
            made.restore(from);
        }
    }

    /** The data was taken out and put back, with all stripes locked. */
    void hideAgain() {
        keyspace.hide(hidden);
    }

    /** True when keys have come into sight, or out of it. */
    boolean slotsChanged(SlotTable slots) {
        BitSet now = slots.hidden();
        synchronized (tidying) {
            dropped = slots.in(SlotState.DROPPED);
        }
        if (now.equals(hidden)) {
            keyspace.hide(now);
            return false;
        }
        BitSet changed = (BitSet) now.clone();
        changed.xor(hidden);
        hidden = now;
        keyspace.hide(now);
        return changed.stream().anyMatch(slot -> keyspace.allKeysInSlot(slot) > 0);
    }

    /** Takes out some of what is left of slots that were given away. Any thread; holds no stripe for long. */
    void tidy() {
        synchronized (tidying) {
            if (!dropped.isEmpty() && keyspace.purgeSome(dropped, TIDY_KEYS)) {
                dropped = new BitSet();
            }
        }
    }
}

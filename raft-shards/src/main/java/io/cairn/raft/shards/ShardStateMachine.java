package io.cairn.raft.shards;

import io.cairn.raft.group.Proposal;
import io.cairn.raft.group.StateMachine;
import io.cairn.raft.meta.DurableFile;
import io.cairn.raft.meta.FormatException;
import io.cairn.raft.meta.SlotRange;
import io.cairn.raft.meta.WireReader;
import io.cairn.raft.meta.WireWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a shard's log means: batches of records go to the data, control entries change the slot table. It serves only
 * while it leads and has applied an entry of its own that was logged in its term: everything an earlier leader may have
 * committed is applied by then. Apply thread, but for the volatile getters.
 */
final class ShardStateMachine implements StateMachine {
    /** This layer's part of a snapshot, beside the data's files. */
    static final String SNAPSHOT_FILE = "shard.state";

    private static final int SNAPSHOT_VERSION = 1;
    /** Of a shard that receives slots; 1 has no imports. */
    private static final int WITH_IMPORTS = 2;

    /** Of a shard that leaves raft mode. */
    private static final int FORMAT = 3;

    private static final Logger LOG = LoggerFactory.getLogger(ShardStateMachine.class);

    /** What the replica's owner wants to know. Apply thread. */
    interface Watcher {
        /** This replica leads: its term's start entry is to be proposed. */
        void leads(long term);

        /** The start entry is applied: this replica serves. */
        void serves(long term);

        void leaderChanged(@Nullable String nodeId, long term);
    }

    private final String shardId;
    private final ShardApply data;
    private final Watcher watcher;
    private volatile SlotTable slots = SlotTable.EMPTY;
    private volatile Imports imports = Imports.NONE;
    /** Where the log ended, or null: after it there are no records. */
    private volatile @Nullable Ending ending;

    private volatile long leadingTerm;
    private volatile long servingTerm;
    private volatile long appliedIndex;
    private boolean leaderTold;

    ShardStateMachine(String shardId, ShardApply data, Watcher watcher) {
        this.shardId = shardId;
        this.data = data;
        this.watcher = watcher;
    }

    SlotTable slots() {
        return slots;
    }

    Imports imports() {
        return imports;
    }

    /**
     * The shard's last word in raft mode.
     *
     * @param attempt of the way back
     * @param index of the entry
     */
    record Ending(long attempt, long index) {}

    @Nullable
    Ending ending() {
        return ending;
    }

    /** The term this replica leads in, or 0. */
    long leadingTerm() {
        return leadingTerm;
    }

    /** The term this replica serves in, or 0. */
    long servingTerm() {
        return servingTerm;
    }

    long appliedIndex() {
        return appliedIndex;
    }

    @Override
    public void apply(long index, long term, ByteBuffer entry, @Nullable Proposal local) {
        byte version = entry.get();
        if (version != ShardEntry.VERSION) {
            throw new FormatException("entry " + index + " has format " + version + ", this build knows 1");
        }
        byte kind = entry.get();
        if (kind == ShardEntry.BATCH) {
            if (ending != null) {
                throw new IllegalStateException("entry " + index + " has records after the log's end: " + ending);
            }
            data.batch(index, term, entry, slots, local);
        } else if (kind == ShardEntry.CONTROL) {
            control(index, term, ShardEntry.decodeControl(entry));
            if (local instanceof ControlProposal proposal) {
                proposal.applied();
            }
        } else if (kind == ShardEntry.IMPORT) {
            ShardEntry.ImportPiece piece = ShardEntry.decodeImport(entry);
            receive(piece);
            if (local instanceof ImportProposal proposal) {
                proposal.applied(imports.find(piece.id()));
            }
        } else {
            throw new FormatException("entry " + index + " is of unknown kind " + kind);
        }
        appliedIndex = index;
    }

    /** Pieces of another attempt, and those that were logged twice or out of turn, are passed over, on every replica alike. */
    private void receive(ShardEntry.ImportPiece piece) {
        Imports.Import known = imports.find(piece.id());
        if (known == null || known.ended() || known.attempt() != piece.attempt() || known.next() != piece.number()) {
            return;
        }
        boolean ended = data.importBytes(piece.id(), piece.bytes());
        imports = imports.with(known.received(ended));
        if (ended) {
            data.arrived(arrived());
            LOG.info("shard {}: all of migration {} is here", shardId, piece.id());
        }
    }

    private void control(long index, long term, ShardEntry.Control control) {
        if (control instanceof ShardEntry.Activate activate) {
            SlotTable next = slots;
            BitSet migrating = new BitSet(SlotRange.SLOTS);
            activate.migrating().forEach(range -> migrating.set(range.first(), range.last() + 1));
            for (ShardEntry.Activation activation : activate.activations()) {
                purgeForeign(next, activation, activate.committed());
                next = next.activate(activation.range(), activation.epoch(), migrating);
            }
            activated(index, next);
            return;
        }
        if (control instanceof ShardEntry.Release release) {
            SlotTable next = slots;
            for (ShardEntry.Activation part : release.slots()) {
                for (int slot = part.range().first(); slot <= part.range().last(); slot++) {
                    if (!release.onlyEmpty() || data.isEmpty(slot)) {
                        next = next.release(new SlotRange(slot, slot), part.epoch());
                    }
                }
            }
            slots = next;
            LOG.info(
                    "shard {} {}: lets go {} ranges, serves {} slots",
                    shardId,
                    index,
                    release.slots().size(),
                    next.served());
            slotsChanged(index);
            return;
        }
        if (control instanceof ShardEntry.Open open) {
            if (slots.state(open.slot()) == SlotState.DROPPED && slots.epoch(open.slot()) == open.epoch()) {
                purge(slot(open.slot()));
            }
            slots = slots.with(open.slot(), open.state(), open.epoch());
            LOG.info("shard {} {}: slot {} is {}", shardId, index, open.slot(), slots.state(open.slot()));
            slotsChanged(index);
            return;
        }
        if (control instanceof ShardEntry.Hold) {
            slots = slots.hold();
            LOG.warn(
                    "shard {} {}: recovered from the loss of most voters, slots wait to be granted anew",
                    shardId,
                    index);
            slotsChanged(index);
            return;
        }
        if (control instanceof ShardEntry.End end) {
            ending = new Ending(end.attempt(), index);
            LOG.info("shard {} {}: its raft log ends, attempt {}", shardId, index, end.attempt());
            return;
        }
        if (control instanceof ShardEntry.Resume resume) {
            Ending known = ending;
            if (known != null && known.attempt() == resume.attempt()) {
                ending = null;
                LOG.info("shard {} {}: its raft log goes on", shardId, index);
            }
            return;
        }
        if (!(control instanceof ShardEntry.TermStart)) {
            migrate(index, control);
            return;
        }
        data.termStarted(index, term);
        if (term == leadingTerm && servingTerm != term) {
            servingTerm = term;
            leaderTold = true;
            LOG.info("shard {} term {}: this node serves from {} on", shardId, term, index);
            data.leaderStart(term);
            watcher.serves(term);
        }
    }

    private void activated(long index, SlotTable next) {
        slots = next;
        forgetImports();
        LOG.info("shard {} {}: serves {} slots", shardId, index, next.served());
        slotsChanged(index);
    }

    private void migrate(long index, ShardEntry.Control control) {
        SlotTable next = slots;
        if (control instanceof ShardEntry.Freeze freeze) {
            for (ShardEntry.Activation part : freeze.slots()) {
                next = next.freeze(part.range(), part.epoch());
            }
        } else if (control instanceof ShardEntry.Drop drop) {
            for (ShardEntry.Activation part : drop.slots()) {
                next = next.drop(part.range(), part.epoch());
            }
        } else if (control instanceof ShardEntry.ImportBegin begin) {
            next = importBegin(begin);
        } else if (control instanceof ShardEntry.ImportDrop drop) {
            Imports.Import known = imports.find(drop.id());
            if (known != null && known.attempt() <= drop.attempt()) {
                imports = imports.without(known.id());
                BitSet received = Imports.slots(known.slots());
                received.and(next.in(SlotState.RECEIVING));
                next = next.with(received, SlotState.DROPPED);
                data.importOver(known.id());
            }
        }
        slots = next;
        LOG.info("shard {} {}: {}, serves {} slots", shardId, index, shortly(control), next.served());
        slotsChanged(index);
    }

    private void slotsChanged(long index) {
        data.arrived(arrived());
        data.slotsChanged(index, slots);
    }

    /** Received slots of which all is here. */
    private BitSet arrived() {
        BitSet arrived = new BitSet(SlotRange.SLOTS);
        for (Imports.Import one : imports.all()) {
            if (one.ended()) {
                arrived.or(Imports.slots(one.slots()));
            }
        }
        arrived.and(slots.in(SlotState.RECEIVING));
        return arrived;
    }

    private static String shortly(ShardEntry.Control control) {
        if (control instanceof ShardEntry.Freeze freeze) {
            return "freezes " + Imports.slots(freeze.slots()).cardinality() + " slots";
        } else if (control instanceof ShardEntry.Drop drop) {
            return "drops " + Imports.slots(drop.slots()).cardinality() + " slots";
        } else if (control instanceof ShardEntry.ImportBegin begin) {
            return "receives " + Imports.slots(begin.slots()).cardinality() + " slots of migration " + begin.id()
                    + ", attempt " + begin.attempt();
        }
        return "forgets a migration";
    }

    /** Only slots that are nobody's here may be received; a later attempt begins from nothing. */
    private SlotTable importBegin(ShardEntry.ImportBegin begin) {
        Imports.Import known = imports.find(begin.id());
        BitSet wanted = Imports.slots(begin.slots());
        if (known != null && known.attempt() >= begin.attempt()) {
            return slots;
        }
        for (int slot = wanted.nextSetBit(0); slot >= 0; slot = wanted.nextSetBit(slot + 1)) {
            Imports.Import other = imports.of(slot);
            boolean own = other != null && other.id().equals(begin.id());
            SlotState state = slots.state(slot);
            if (!(own && state == SlotState.RECEIVING)
                    && (other != null || (state != SlotState.ABSENT && state != SlotState.DROPPED))) {
                return slots;
            }
        }
        purge(wanted);
        imports = imports.with(new Imports.Import(begin.id(), begin.attempt(), begin.since(), begin.slots(), 0, false));
        data.importBegin(begin.id(), wanted);
        return slots.with(wanted, SlotState.RECEIVING);
    }

    /**
     * What lies in slots that are about to be served but is not theirs goes: what a former owner left, and what was received
     * for an ownership that never came. The epoch after the source's is the one that a commit gives, and the one after that what a
     * recovered shard makes of it; it may have grown more since, so the entry also names what was committed.
     */
    private void purgeForeign(SlotTable table, ShardEntry.Activation part, List<ShardEntry.Attempt> committed) {
        BitSet foreign = new BitSet(SlotRange.SLOTS);
        part.range().forEach(slot -> {
            SlotState state = table.state(slot);
            if (table.epoch(slot) >= part.epoch()) {
                return;
            }
            Imports.Import from = state == SlotState.RECEIVING ? imports.of(slot) : null;
            boolean whole = from != null
                    && from.ended()
                    && (from.epoch(slot) + (table.waits(slot) ? 2 : 1) == part.epoch()
                            || committed.contains(new ShardEntry.Attempt(from.id(), from.attempt())));
            if (state == SlotState.DROPPED || (state == SlotState.RECEIVING && !whole)) {
                foreign.set(slot);
            }
        });
        purge(foreign);
    }

    /** Not only slots of which keys are seen: those of received and dropped ones are hidden. */
    private void purge(BitSet wanted) {
        if (!wanted.isEmpty()) {
            data.purge(wanted);
        }
    }

    private static BitSet slot(int slot) {
        BitSet one = new BitSet(SlotRange.SLOTS);
        one.set(slot);
        return one;
    }

    /** Imports of which no slot is received any more are over. */
    private void forgetImports() {
        if (imports.isEmpty()) {
            return;
        }
        BitSet receiving = slots.in(SlotState.RECEIVING);
        for (Imports.Import one : imports.all()) {
            if (!Imports.slots(one.slots()).intersects(receiving)) {
                imports = imports.without(one.id());
                data.importOver(one.id());
            }
        }
    }

    @Override
    public void saveSnapshot(Path dir, long index, SnapshotDone done) {
        // An older build reads what says nothing that it does not know; migrations begin when none is left.
        Ending ended = ending;
        int format = ended != null ? FORMAT : imports.isEmpty() ? 1 : WITH_IMPORTS;
        WireWriter out =
                new WireWriter().u8(SNAPSHOT_VERSION).text(shardId).i64(index).i32(format);
        slots.write(out);
        if (format >= WITH_IMPORTS) {
            imports.write(out);
        }
        if (ended != null) {
            out.i64(ended.attempt()).i64(ended.index());
        }
        byte[] state = out.toBytes();
        data.saveSnapshot(dir, index, failure -> done.done(failure != null ? failure : writeState(dir, state)));
    }

    /** The state of a log that begins after {@code index}: no slot is served yet. */
    static void writeBeginning(Path dir, String shardId, long index) throws IOException {
        WireWriter out =
                new WireWriter().u8(SNAPSHOT_VERSION).text(shardId).i64(index).i32(1);
        SlotTable.EMPTY.write(out);
        Files.write(dir.resolve(SNAPSHOT_FILE), DurableFile.framed(out.toBytes()));
    }

    private static @Nullable Throwable writeState(Path dir, byte[] state) {
        try {
            DurableFile.write(dir.resolve(SNAPSHOT_FILE), state);
            return null;
        } catch (IOException e) {
            return e;
        }
    }

    @Override
    public boolean loadSnapshot(Path dir) {
        try {
            WireReader in = new WireReader(DurableFile.read(dir.resolve(SNAPSHOT_FILE)));
            int version = in.u8();
            String shard = in.text();
            long index = in.i64();
            int format = in.i32();
            if (version != SNAPSHOT_VERSION || format > FORMAT) {
                throw new FormatException("format " + version + "/" + format + " is newer than this build");
            }
            if (!shard.equals(shardId)) {
                throw new FormatException("a snapshot of shard " + shard);
            }
            SlotTable loaded = SlotTable.read(in);
            Imports loadedImports = format >= WITH_IMPORTS ? Imports.read(in) : Imports.NONE;
            Ending loadedEnding = format >= FORMAT ? new Ending(in.i64(), in.i64()) : null;
            in.end();
            if (!data.loadSnapshot(dir)) {
                return false;
            }
            slots = loaded;
            imports = loadedImports;
            ending = loadedEnding;
            appliedIndex = index;
            slotsChanged(index);
            return true;
        } catch (IOException | FormatException e) {
            LOG.error("shard {}: the snapshot in {} is unusable", shardId, dir, e);
            return false;
        }
    }

    @Override
    public void leaderStart(long term) {
        leadingTerm = term;
        watcher.leads(term);
    }

    @Override
    public void leaderStop() {
        watcher.leaderChanged(null, leadingTerm);
        leadingTerm = 0;
        servingTerm = 0;
        if (leaderTold) {
            leaderTold = false;
            LOG.info("shard {}: this node no longer serves", shardId);
            data.leaderStop();
        }
    }

    @Override
    public void leaderChanged(@Nullable String nodeId, long term) {
        watcher.leaderChanged(nodeId, term);
    }

    @Override
    public void membersCommitted(Collection<String> voters, Collection<String> learners, long index) {
        LOG.info("shard {} {}: voters {} learners {}", shardId, index, voters, learners);
    }

    @Override
    public void broken(Throwable cause) {
        leadingTerm = 0;
        servingTerm = 0;
        data.broken(cause);
    }
}

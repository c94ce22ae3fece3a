package io.cairn.raft.shards;

import io.cairn.raft.group.Proposal;
import io.cairn.raft.group.StateMachine;
import io.cairn.raft.meta.DurableFile;
import io.cairn.raft.meta.FormatException;
import io.cairn.raft.meta.WireReader;
import io.cairn.raft.meta.WireWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collection;
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
    private static final int FORMAT = 1;
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
            data.batch(index, term, entry, slots, local);
        } else if (kind == ShardEntry.CONTROL) {
            control(index, term, ShardEntry.decodeControl(entry));
            if (local instanceof ControlProposal proposal) {
                proposal.applied();
            }
        } else {
            throw new FormatException("entry " + index + " is of unknown kind " + kind);
        }
        appliedIndex = index;
    }

    private void control(long index, long term, ShardEntry.Control control) {
        if (control instanceof ShardEntry.Activate activate) {
            SlotTable next = slots;
            for (ShardEntry.Activation activation : activate.activations()) {
                next = next.activate(activation.range(), activation.epoch());
            }
            slots = next;
            LOG.info("shard {} {}: serves {} slots", shardId, index, next.served());
            data.slotsChanged(index, next);
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

    @Override
    public void saveSnapshot(Path dir, long index, SnapshotDone done) {
        WireWriter out =
                new WireWriter().u8(SNAPSHOT_VERSION).text(shardId).i64(index).i32(FORMAT);
        slots.write(out);
        byte[] state = out.toBytes();
        data.saveSnapshot(dir, index, failure -> done.done(failure != null ? failure : writeState(dir, state)));
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
            in.end();
            if (!data.loadSnapshot(dir)) {
                return false;
            }
            slots = loaded;
            appliedIndex = index;
            data.slotsChanged(index, loaded);
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

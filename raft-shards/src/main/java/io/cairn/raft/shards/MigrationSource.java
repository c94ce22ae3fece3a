package io.cairn.raft.shards;

import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaGroup;
import io.cairn.raft.meta.MetaResult;
import io.cairn.raft.meta.Migration;
import io.cairn.raft.meta.SlotRange;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt of a migration, by the source shard's leader: claims the attempt in the meta group, streams the slots to the
 * target's leader, freezes them, and has the change of owner committed. It decides nothing: whatever it does not come to an end with,
 * its successor begins anew, under the next attempt. Runs on a thread of its own, which may wait.
 */
final class MigrationSource implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationSource.class);

    /** How long the target may take to begin, and to take the next piece, milliseconds. */
    static final long PATIENCE_MILLIS = 20_000;
    /** How long the writes that are under way may take to end once others are held; those wait on until the freeze is applied. */
    static final long HOLD_MILLIS = 1_000;

    private static final long POLL_MILLIS = 2;
    private static final int MAX_WHY = 500;
    private static final long META_MILLIS = 10_000;

    /** What a source needs of its node. */
    record Node(
            String selfId,
            MetaGroup meta,
            MigrationLink link,
            SlotTraffic traffic,
            MigrationSettings settings,
            LongSupplier wallMillis) {}

    private final Node node;
    private final ShardGroup shard;
    private final Migration migration;
    private final String why;
    private final BitSet slots;
    private final long term;
    private volatile MigrationProgress progress;
    private volatile String failure = "";
    private volatile boolean stopped;
    private volatile boolean done;
    private long attempt;

    /** @param why what became of the attempt before, empty for none */
    MigrationSource(Node node, ShardGroup shard, Migration migration, String why) {
        this.node = node;
        this.shard = shard;
        this.migration = migration;
        this.why = why.length() > MAX_WHY ? why.substring(0, MAX_WHY) : why;
        this.term = shard.servingTerm();
        this.slots = new BitSet(SlotRange.SLOTS);
        migration.slots().forEach(range -> slots.set(range.first(), range.last() + 1));
        this.progress = MigrationProgress.begin(migration.id());
    }

    String id() {
        return migration.id();
    }

    MigrationProgress progress() {
        return progress;
    }

    /** True once the thread has ended. */
    boolean isDone() {
        return done;
    }

    /** Why it came to nothing; empty if it did not, or if that is no concern of this node. */
    String failure() {
        return failure;
    }

    /** It ends soon. */
    void stop() {
        stopped = true;
    }

    @Override
    public void run() {
        try {
            stream();
        } catch (MigrationStopped e) {
            LOG.info("shard {}: attempt {} of migration {} ends: {}", shard.shardId(), attempt, id(), e.getMessage());
            failure = e.isSilent() ? "" : String.valueOf(e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.error("shard {}: attempt {} of migration {} failed", shard.shardId(), attempt, id(), e);
            failure = e.toString();
        } finally {
            done = true;
        }
    }

    private void stream() throws MigrationStopped, InterruptedException {
        begin();
        List<ShardEntry.Activation> parts = parts();
        node.link.begin(this::require, id(), attempt, parts);
        try (SlotExport export = shard.export(slots)) {
            MigrationStream stream = new MigrationStream(node.link, id(), attempt, node.settings);
            while (!export.isSnapshotDone()
                    || export.waitingBytes() + stream.unconfirmedBytes()
                            > node.settings.handoffLagBytes().getAsLong()) {
                send(stream, export, export.isSnapshotDone() ? "stream" : "snapshot");
            }
            handOver(stream, export, parts);
        }
    }

    /** From here on no other attempt can be committed. */
    private void begin() throws MigrationStopped, InterruptedException {
        MetaResult result =
                propose(new MetaCommand.StartMigration(id(), migration.attempt(), node.wallMillis.getAsLong(), why));
        if (!result.isApplied()) {
            throw new MigrationStopped("the meta group says: " + result.reason(), true);
        }
        attempt = migration.attempt() + 1;
        MigrationTarget.look(node.meta, result.version());
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        while (node.meta.map().version() < result.version() || !isServed(node.meta.map())) {
            if (!shard.isServing() || stopped || System.nanoTime() > deadline) {
                throw new MigrationStopped("the slots are not served here yet", !shard.isServing());
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        LOG.info(
                "shard {}: attempt {} of migration {}, {} slots to shard {}",
                shard.shardId(),
                attempt,
                id(),
                slots.cardinality(),
                migration.to());
    }

    private boolean isServed(ClusterMap map) {
        SlotTable table = shard.slots();
        return slots.stream().allMatch(slot -> table.serves(slot) && table.epoch(slot) == map.slotEpoch(slot));
    }

    /** The slots with the epochs under which they are served. */
    private List<ShardEntry.Activation> parts() {
        SlotTable table = shard.slots();
        List<ShardEntry.Activation> parts = new ArrayList<>();
        int slot = slots.nextSetBit(0);
        while (slot >= 0) {
            int last = slot;
            while (slots.get(last + 1) && table.epoch(last + 1) == table.epoch(slot)) {
                last++;
            }
            parts.add(new ShardEntry.Activation(new SlotRange(slot, last), table.epoch(slot)));
            slot = slots.nextSetBit(last + 1);
        }
        return parts;
    }

    /** Ends the attempt when it is no longer this node's to make. */
    private void require() throws MigrationStopped {
        Migration now = node.meta.map().migrations().running(id());
        if (stopped || shard.servingTerm() != term) {
            throw new MigrationStopped("this node does not lead the shard any more", true);
        }
        if (now == null || now.attempt() != attempt) {
            throw new MigrationStopped("it is over, or another attempt has begun", true);
        }
    }

    private void send(MigrationStream stream, SlotExport export, String state)
            throws MigrationStopped, InterruptedException {
        require();
        stream.step(export, this::require);
        if (!export.failure().isEmpty()) {
            throw new MigrationStopped(export.failure(), false);
        }
        progress = new MigrationProgress(
                id(),
                state,
                export.keysSent(),
                export.keysTotal(),
                stream.sentBytes(),
                export.waitingBytes() + stream.unconfirmedBytes(),
                stream.lastAnswerMillis(),
                node.wallMillis.getAsLong());
    }

    private void handOver(MigrationStream stream, SlotExport export, List<ShardEntry.Activation> parts)
            throws MigrationStopped, InterruptedException {
        long began = System.nanoTime();
        stream.hurry();
        boolean held = node.traffic.hold(slots, HOLD_MILLIS);
        try {
            freeze(began, parts);
        } finally {
            if (held) {
                node.traffic.release(slots);
            }
        }
        export.end();
        while (export.waitingBytes() > 0 || !stream.isEnded()) {
            send(stream, export, "handoff");
            requireShort(began);
        }
        commit(began);
    }

    private void freeze(long began, List<ShardEntry.Activation> parts) throws MigrationStopped, InterruptedException {
        boolean proposed = false;
        while (!isFrozen(parts)) {
            require();
            requireShort(began);
            // Proposed again if it was lost: a freeze of what is frozen changes nothing.
            proposed |= shard.proposeControl(new ShardEntry.Freeze(parts));
            TimeUnit.MICROSECONDS.sleep(proposed ? 200 : 50);
        }
    }

    private boolean isFrozen(List<ShardEntry.Activation> parts) {
        SlotTable table = shard.slots();
        for (ShardEntry.Activation part : parts) {
            for (int slot = part.range().first(); slot <= part.range().last(); slot++) {
                if (table.state(slot) != SlotState.FROZEN || table.epoch(slot) != part.epoch()) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Only the meta group ends a freeze: the next attempt, which this makes come, gives the slots back first. */
    private void requireShort(long began) throws MigrationStopped {
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
        if (millis > node.settings.pauseMillis().getAsLong()) {
            throw new MigrationStopped("the target did not take over within " + millis + " ms", false);
        }
    }

    private void commit(long began) throws MigrationStopped, InterruptedException {
        while (true) {
            long pause = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
            MetaResult result = propose(
                    new MetaCommand.CommitMigration(id(), attempt, node.wallMillis.getAsLong(), Math.max(1, pause)));
            if (result.isApplied()) {
                node.link.decided(result.version());
                awaitMap(result.version());
                LOG.info("shard {}: migration {} is committed after a pause of {} ms", shard.shardId(), id(), pause);
                return;
            }
            if (result.outcome() == MetaResult.Outcome.REFUSED) {
                awaitMap(result.version());
                throw new MigrationStopped("the meta group says: " + result.reason(), true);
            }
            if (stopped || shard.servingTerm() != term) {
                throw new MigrationStopped("this node does not lead the shard any more", true);
            }
        }
    }

    /** The decision is carried out from this node's map. */
    private void awaitMap(long version) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(META_MILLIS);
        while (node.meta.map().version() < version && System.nanoTime() < deadline) {
            MigrationTarget.look(node.meta, version);
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    private MetaResult propose(MetaCommand command) throws MigrationStopped, InterruptedException {
        try {
            return node.meta.propose(command).get(META_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new MigrationStopped("the meta group does not answer", false);
        }
    }
}

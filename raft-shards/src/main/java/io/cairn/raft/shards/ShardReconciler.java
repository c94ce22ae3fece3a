package io.cairn.raft.shards;

import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.CurrentMap;
import io.cairn.raft.meta.Members;
import io.cairn.raft.meta.MembershipDriver;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaResult;
import io.cairn.raft.meta.Migration;
import io.cairn.raft.meta.NodeDirectory;
import io.cairn.raft.meta.OpenSlot;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.SlotRange;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs on a shard's leader: makes the group what the meta map wants it to be. It serves and lets go slots,
 * claims the leadership in the meta group, brings in new members, and gives leadership back to its preferred
 * node. Everything is derived anew from the map and the group's status at each call. Cluster thread.
 */
final class ShardReconciler {
    /** Pause between two claims of one term. */
    static final long CLAIM_MILLIS = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(ShardReconciler.class);

    private final String selfId;
    private final ShardGroup shard;
    private final Function<MetaCommand, CompletableFuture<MetaResult>> propose;
    private final MembershipDriver driver;
    private final PreferredLeader preferred;
    private final LeaderSpread spread;
    private final ShardRecovery recovery;
    private final CurrentMap current;
    private final LongSupplier clockMillis;
    private @Nullable CompletableFuture<MetaResult> claim;
    private @Nullable CompletableFuture<MetaResult> releasing;
    private @Nullable CompletableFuture<MetaResult> departing;
    private long claimedTerm;
    private long claimedMillis;

    /** @param current the map with all that was committed before it was asked for */
    ShardReconciler(
            String selfId,
            ShardGroup shard,
            NodeDirectory directory,
            LeaderSpread spread,
            Function<MetaCommand, CompletableFuture<MetaResult>> propose,
            Supplier<CompletableFuture<ClusterMap>> current,
            LongSupplier clockMillis) {
        this.selfId = selfId;
        this.shard = shard;
        this.propose = propose;
        this.clockMillis = clockMillis;
        this.current = new CurrentMap(current);
        this.driver = new MembershipDriver(clockMillis);
        this.spread = spread;
        this.recovery = new ShardRecovery(propose, clockMillis);
        this.preferred = new PreferredLeader(directory, clockMillis);
    }

    void tick(ClusterMap map) {
        shard.startTerm();
        Shard wanted = map.shard(shard.shardId());
        // Before the term: nothing of a successor's is in it.
        SlotTable table = shard.slots();
        long term = shard.servingTerm();
        if (term == 0 || wanted == null) {
            return;
        }
        boolean isCurrent = current.isCurrent(map, term);
        recovery.tick(map, wanted, table, term, isCurrent);
        activate(map, wanted);
        claim(map, term);
        if (!isCurrent) {
            // What an older map wants of slots, members and leaders may have been taken back since.
            return;
        }
        release(map, wanted);
        open(map, wanted);
        GroupStatus status = shard.status();
        boolean settled = driver.step(
                shard.raft(), status, new Members(wanted.voters(), wanted.learners()), shard::transferLeadership);
        if (settled) {
            departures(map, wanted, status);
        }
        // What somebody handed over is not taken back; a stream of slots would begin anew.
        boolean still = map.migrations().running().stream()
                .noneMatch(one -> one.from().equals(wanted.id()) || one.to().equals(wanted.id()));
        boolean may = settled && still && !shard.raft().wasGiven();
        preferred.step(wanted, status, selfId, may, shard::transferLeadership);
        spread.step(map, status, settled && still, shard::transferLeadership);
    }

    /**
     * Serves what the map gives this shard. The map gives a slot on only after its former owner's log has released it
     * (SAFETY 13), so whatever epoch this replica has not had yet is free to be served; not so after the loss of most voters
     * ({@link ShardRecovery#mayServe}). What the map has open is given away key by key from the first moment on.
     */
    private void activate(ClusterMap map, Shard wanted) {
        SlotTable table = shard.slots();
        List<ShardEntry.Activation> activations =
                granted(map, wanted, table, slot -> recovery.mayServe(map, table, slot));
        if (!activations.isEmpty()) {
            shard.proposeControl(
                    new ShardEntry.Activate(activations, committed(map, shard.imports()), migrating(map, activations)));
        }
    }

    /** What has come as a whole and is this shard's by the meta group's word, whatever has become of the slots' epochs since. */
    static List<ShardEntry.Attempt> committed(ClusterMap map, Imports imports) {
        List<ShardEntry.Attempt> committed = new ArrayList<>();
        for (Imports.Import one : imports.all()) {
            Migration migration = map.migrations().find(one.id());
            if (migration != null
                    && migration.state() == Migration.State.DONE
                    && migration.attempt() == one.attempt()
                    && one.ended()) {
                committed.add(new ShardEntry.Attempt(one.id(), one.attempt()));
            }
        }
        return committed;
    }

    /** What the log has yet to take, also of slots that are to leave: it lets go only what it has had. */
    static List<ShardEntry.Activation> granted(ClusterMap map, Shard wanted, SlotTable table, IntPredicate may) {
        return runs(map, wanted, slot -> table.epoch(slot) < map.slotEpoch(slot) && may.test(slot));
    }

    /** The slot is served here, and another shard's by a later word: must not be, and must not go on. */
    static boolean isOverrun(ClusterMap map, Shard wanted, SlotTable table, int slot) {
        Shard owner = map.owner(slot);
        return owner != null
                && !owner.equals(wanted)
                && table.owns(slot)
                && map.slotEpoch(slot) > table.epoch(slot)
                && !ShardRecovery.isUnconfirmed(map);
    }

    /** Those of the slots that clients are to be sent on from for keys that are not there, from the first moment. */
    static List<SlotRange> migrating(ClusterMap map, List<ShardEntry.Activation> granted) {
        List<SlotRange> open = new ArrayList<>();
        for (ShardEntry.Activation part : granted) {
            part.range().forEach(slot -> {
                if (migrates(map, slot)) {
                    open.add(new SlotRange(slot, slot));
                }
            });
        }
        return open;
    }

    private static boolean migrates(ClusterMap map, int slot) {
        OpenSlot open = map.moves().openSlot(slot);
        return open != null && !open.migratingTo().isEmpty();
    }

    /**
     * What is to leave and was let go under the map's epoch (or a later one, which a recovered meta group may have
     * forgotten). A slot of an earlier epoch may still be activated, or hold all that a migration brought; one that is frozen, or
     * held, has its keys, and is served again under the next epoch.
     */
    static List<ShardEntry.Activation> gone(ClusterMap map, Shard wanted, SlotTable table) {
        return leaving(
                map,
                wanted,
                slot -> !table.owns(slot)
                        && table.state(slot) != SlotState.HELD
                        && table.state(slot) != SlotState.FROZEN
                        && table.epoch(slot) >= map.slotEpoch(slot));
    }

    /**
     * Lets go what the map wants elsewhere, and tells once the log says so. What is to go to another shard goes without
     * keys only: one that has some stays, under a new epoch.
     */
    private void release(ClusterMap map, Shard wanted) {
        NavigableMap<Integer, String> next = map.moves().next();
        if (next.isEmpty()) {
            return;
        }
        SlotTable table = shard.slots();
        List<ShardEntry.Activation> dropped = leaving(map, wanted, slot -> table.owns(slot) && isDropped(next, slot));
        if (!dropped.isEmpty()) {
            shard.proposeControl(new ShardEntry.Release(dropped, false));
        }
        List<ShardEntry.Activation> moved = leaving(map, wanted, slot -> table.owns(slot) && !isDropped(next, slot));
        List<ShardEntry.Activation> full = new ArrayList<>();
        List<ShardEntry.Activation> empty = new ArrayList<>();
        moved.forEach(part -> part.range()
                .forEach(slot -> (shard.isEmpty(slot) ? empty : full)
                        .add(new ShardEntry.Activation(new SlotRange(slot, slot), part.epoch()))));
        if (!empty.isEmpty()) {
            shard.proposeControl(new ShardEntry.Release(empty, true));
        }
        if (releasing != null && !releasing.isDone()) {
            return;
        }
        List<ShardEntry.Activation> gone = gone(map, wanted, table);
        if (!gone.isEmpty()) {
            releasing = propose.apply(new MetaCommand.Released(wanted.id(), ranges(gone)));
        } else if (!full.isEmpty()) {
            releasing = propose.apply(new MetaCommand.Keep(wanted.id(), ranges(full)));
        }
    }

    private static boolean isDropped(NavigableMap<Integer, String> next, int slot) {
        return next.getOrDefault(slot, "").isEmpty();
    }

    private static List<ShardEntry.Activation> leaving(ClusterMap map, Shard wanted, IntPredicate which) {
        return runs(map, wanted, slot -> map.moves().isLeaving(slot) && which.test(slot));
    }

    private static List<MetaCommand.EpochRange> ranges(List<ShardEntry.Activation> slots) {
        return slots.stream()
                .map(slot -> new MetaCommand.EpochRange(slot.range(), slot.epoch()))
                .toList();
    }

    /** Opens and closes slots in the shard's log as the map has them. */
    private void open(ClusterMap map, Shard wanted) {
        SlotTable table = shard.slots();
        BitSet opened = new BitSet();
        map.moves().open().keySet().forEach(opened::set);
        for (int slot = 0; slot < SlotRange.SLOTS; slot++) {
            SlotState is = table.state(slot);
            boolean mine = wanted.equals(map.owner(slot));
            boolean closed = is == SlotState.SERVING ? mine : is != SlotState.MIGRATING && is != SlotState.IMPORTING;
            if (closed && !opened.get(slot)) {
                // Nearly all slots, at each change of the map.
                continue;
            }
            OpenSlot open = map.moves().openSlot(slot);
            SlotState should = is;
            if (isOverrun(map, wanted, table, slot)) {
                LOG.error(
                        "shard {} serves slot {} under epoch {}, but it is another shard's under epoch {}: it stops to;"
                                + " what it acknowledged meanwhile is lost",
                        wanted.id(),
                        slot,
                        table.epoch(slot),
                        map.slotEpoch(slot));
                should = SlotState.HELD;
            } else if (mine && table.owns(slot) && table.epoch(slot) == map.slotEpoch(slot)) {
                should = migrates(map, slot) ? SlotState.MIGRATING : SlotState.SERVING;
            } else if (!mine && (is == SlotState.ABSENT || is == SlotState.IMPORTING)) {
                boolean imports = open != null && open.importingAt().equals(wanted.id());
                should = imports ? SlotState.IMPORTING : SlotState.ABSENT;
            } else if (!mine
                    && is == SlotState.DROPPED
                    && open != null
                    && open.importingAt().equals(wanted.id())) {
                should = SlotState.IMPORTING;
            }
            if (should != is && shard.proposeControl(new ShardEntry.Open(slot, should, table.epoch(slot)))) {
                return;
            }
        }
    }

    /** The shard's slots that {@code which} picks, as runs of one epoch of the map. */
    private static List<ShardEntry.Activation> runs(ClusterMap map, Shard wanted, IntPredicate which) {
        List<ShardEntry.Activation> runs = new ArrayList<>();
        for (SlotRange range : map.slotsOf(wanted.id())) {
            int slot = range.first();
            while (slot <= range.last()) {
                int first = slot;
                long epoch = map.slotEpoch(first);
                while (slot <= range.last() && map.slotEpoch(slot) == epoch && which.test(slot)) {
                    slot++;
                }
                if (slot > first) {
                    runs.add(new ShardEntry.Activation(new SlotRange(first, slot - 1), epoch));
                } else {
                    slot++;
                }
            }
        }
        return runs;
    }

    /** Tells the meta group of nodes that this group has let go. */
    private void departures(ClusterMap map, Shard wanted, GroupStatus status) {
        if (departing != null && !departing.isDone()) {
            return;
        }
        map.departures().forEach((nodeId, way) -> {
            boolean free = way.fromShard().equals(wanted.id())
                    && !status.voters().contains(nodeId)
                    && !status.learners().contains(nodeId);
            if (free && (departing == null || departing.isDone())) {
                departing = propose.apply(new MetaCommand.Departed(nodeId, wanted.id()));
            }
        });
    }

    private void claim(ClusterMap map, long term) {
        var known = map.leaderClaim(shard.shardId());
        boolean told = known != null && known.term() >= term;
        long now = clockMillis.getAsLong();
        boolean waits =
                claim != null && (!claim.isDone() || (term == claimedTerm && now - claimedMillis < CLAIM_MILLIS));
        if (!told && !waits) {
            claimedTerm = term;
            claimedMillis = now;
            claim = propose.apply(new MetaCommand.ClaimLeader(shard.shardId(), term, selfId));
        }
    }
}

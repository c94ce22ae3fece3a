package io.cairn.raft.shards;

import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaResult;
import io.cairn.raft.meta.Recovery;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.SlotRange;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.IntToLongFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A shard's part, at its leader, in coming back from the loss of most voters ({@code cairn recover}). What the lost
 * voters held last may be missing here, the release of a slot among it; so a recovered shard serves nothing before the meta
 * group has granted its slots anew, under a new epoch. When it is the meta group that was recovered, the map may be older
 * than the shards' logs: then each shard first says what it has. Cluster thread.
 */
public final class ShardRecovery {
    /** Pause between two proposals. */
    static final long AGAIN_MILLIS = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(ShardRecovery.class);

    private final Function<MetaCommand, CompletableFuture<MetaResult>> propose;
    private final LongSupplier clockMillis;
    private @Nullable CompletableFuture<MetaResult> proposed;
    private long proposedMillis = Long.MIN_VALUE / 2;
    private long askedTerm;
    private String askedRecovery = "";
    /** What the proposal under way asks for; empty when it is no {@link MetaCommand.Regrant}. */
    private List<MetaCommand.EpochRange> asked = List.of();
    /** Slots that this term's leader has been granted anew, as every map from {@link #regrantedVersion} on shows. */
    private BitSet regranted = new BitSet();

    private long regrantedVersion;
    private List<MetaCommand.EpochRange> warned = List.of();

    ShardRecovery(Function<MetaCommand, CompletableFuture<MetaResult>> propose, LongSupplier clockMillis) {
        this.propose = propose;
        this.clockMillis = clockMillis;
    }

    /** The entry that begins a shard's life after the loss of most of its voters. */
    public static ByteBuffer mark() {
        return ShardEntry.encode(new ShardEntry.Hold());
    }

    /**
     * One look at the shard, by its leader in {@code term}.
     *
     * @param isCurrent whether the map is as new as this leader's term: an older one may not know yet where a slot was to go
     */
    void tick(ClusterMap map, Shard wanted, SlotTable table, long term, boolean isCurrent) {
        heard();
        String recovered = idOf(map);
        if (term != askedTerm || !recovered.equals(askedRecovery)) {
            // What another leader's log, or another history of the map, was told says nothing of this one.
            askedTerm = term;
            askedRecovery = recovered;
            asked = List.of();
            regranted = new BitSet();
            regrantedVersion = 0;
        }
        boolean waits = proposed != null && !proposed.isDone();
        if (waits || clockMillis.getAsLong() - proposedMillis < AGAIN_MILLIS) {
            return;
        }
        Recovery recovery = Recovery.of(map);
        if (recovery != null && recovery.awaits(wanted.id())) {
            propose(new MetaCommand.Confirm(recovery.id(), wanted.id(), runs(table::epoch, slot -> has(table, slot))));
            return;
        }
        warn(map, wanted, table);
        List<MetaCommand.EpochRange> again = isCurrent ? again(map, wanted, table, regranted) : List.of();
        if (!again.isEmpty()) {
            propose(new MetaCommand.Regrant(wanted.id(), again));
            asked = again;
        }
    }

    /** What a forgotten commit has taken from here is its target's to claim; an operator knows if that cannot. */
    private void warn(ClusterMap map, Shard wanted, SlotTable table) {
        List<MetaCommand.EpochRange> given = given(map, wanted, table);
        if (!given.isEmpty() && !given.equals(warned)) {
            LOG.warn(
                    "shard {} has given away {} by a commit that the recovered meta group has forgotten; whoever has them"
                            + " claims them. If all of that shard is lost: CLUSTER DELSLOTS here, then ADDSLOTS",
                    wanted.id(),
                    given);
        }
        warned = given;
    }

    /** Dropped here and by the map still the shard's: all that there is of them is at the target. */
    static List<MetaCommand.EpochRange> given(ClusterMap map, Shard wanted, SlotTable table) {
        if (Recovery.of(map) == null) {
            return List.of();
        }
        return runs(
                table::epoch,
                slot -> table.state(slot) == SlotState.DROPPED
                        && table.epoch(slot) >= map.slotEpoch(slot)
                        && wanted.equals(map.owner(slot)));
    }

    /** Keeps what the last proposal has brought. */
    private void heard() {
        if (proposed == null || !proposed.isDone() || asked.isEmpty()) {
            return;
        }
        MetaResult result = proposed.isCompletedExceptionally() ? null : proposed.join();
        if (result != null && result.isApplied()) {
            asked.forEach(part -> part.range().forEach(regranted::set));
            regrantedVersion = Math.max(regrantedVersion, result.version());
        }
        asked = List.of();
    }

    private static String idOf(ClusterMap map) {
        Recovery recovery = Recovery.of(map);
        return recovery == null ? "" : recovery.id();
    }

    /** Before all shards have said what they have, nothing is served by the word of a recovered map. */
    static boolean isUnconfirmed(ClusterMap map) {
        Recovery recovery = Recovery.of(map);
        return recovery != null && !recovery.unconfirmed().isEmpty();
    }

    /**
     * Whether the map's epoch of a slot of this shard may be served. One that {@link SlotTable#waits} may have been had, and
     * released, in what the log has lost: only what this leader was granted is served, by a map that has that.
     */
    boolean mayServe(ClusterMap map, SlotTable table, int slot) {
        return !isUnconfirmed(map)
                && (!table.waits(slot)
                        || (regranted.get(slot)
                                && map.version() >= regrantedVersion
                                && idOf(map).equals(askedRecovery)));
    }

    /** What is the shard's by the map, and may be served under a later epoch than the map's only; once it was granted, it waits for its activation. */
    static List<MetaCommand.EpochRange> again(ClusterMap map, Shard wanted, SlotTable table, BitSet regranted) {
        boolean metaToo = Recovery.of(map) != null;
        return runs(map::slotEpoch, slot -> {
            boolean later = table.epoch(slot) < map.slotEpoch(slot);
            boolean lacks = later
                    ? table.waits(slot) && !regranted.get(slot)
                    : table.state(slot) == SlotState.HELD || (metaToo && isForgotten(map, table, slot));
            return lacks && wanted.equals(map.owner(slot));
        });
    }

    /** Released or frozen here, but the recovered meta group does not know that the slot was to go elsewhere. */
    private static boolean isForgotten(ClusterMap map, SlotTable table, int slot) {
        SlotState state = table.state(slot);
        return (state == SlotState.ABSENT && !map.moves().isLeaving(slot))
                || (state == SlotState.FROZEN && map.migrations().of(slot) == null);
    }

    private static boolean has(SlotTable table, int slot) {
        SlotState state = table.state(slot);
        return table.owns(slot) || state == SlotState.HELD || state == SlotState.FROZEN;
    }

    private void propose(MetaCommand command) {
        proposedMillis = clockMillis.getAsLong();
        proposed = propose.apply(command);
        proposed.thenAccept(result -> LOG.info("after a recovery: {} -> {}", command, result));
    }

    /** Runs of slots under one epoch. */
    private static List<MetaCommand.EpochRange> runs(IntToLongFunction epochOf, IntPredicate which) {
        List<MetaCommand.EpochRange> runs = new ArrayList<>();
        int slot = 0;
        while (slot < SlotRange.SLOTS) {
            int first = slot;
            long epoch = epochOf.applyAsLong(first);
            while (slot < SlotRange.SLOTS && epochOf.applyAsLong(slot) == epoch && which.test(slot)) {
                slot++;
            }
            if (slot > first) {
                runs.add(new MetaCommand.EpochRange(new SlotRange(first, slot - 1), epoch));
            } else {
                slot++;
            }
        }
        return runs;
    }
}

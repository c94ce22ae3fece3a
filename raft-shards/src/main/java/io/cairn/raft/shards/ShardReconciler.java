package io.cairn.raft.shards;

import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.Members;
import io.cairn.raft.meta.MembershipDriver;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaResult;
import io.cairn.raft.meta.NodeDirectory;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.SlotRange;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs on a shard's leader: makes the group what the meta map wants it to be. It activates slots that never had an
 * owner, claims the leadership in the meta group, brings in new members, and gives leadership back to its preferred
 * node. Everything is derived anew from the map and the group's status at each call. Cluster thread.
 */
final class ShardReconciler {
    /** The epoch of a slot's first owner: nobody else can hold data of it. */
    private static final long FIRST_EPOCH = 1;

    /** Pause between two claims of one term. */
    static final long CLAIM_MILLIS = 1_000;

    private final String selfId;
    private final ShardGroup shard;
    private final Function<MetaCommand, CompletableFuture<MetaResult>> propose;
    private final MembershipDriver driver;
    private final PreferredLeader preferred;
    private final LongSupplier clockMillis;
    private @Nullable CompletableFuture<MetaResult> claim;
    private long claimedTerm;
    private long claimedMillis;

    ShardReconciler(
            String selfId,
            ShardGroup shard,
            NodeDirectory directory,
            Function<MetaCommand, CompletableFuture<MetaResult>> propose,
            LongSupplier clockMillis) {
        this.selfId = selfId;
        this.shard = shard;
        this.propose = propose;
        this.clockMillis = clockMillis;
        this.driver = new MembershipDriver(clockMillis);
        this.preferred = new PreferredLeader(directory, clockMillis);
    }

    void tick(ClusterMap map) {
        shard.startTerm();
        Shard wanted = map.shard(shard.shardId());
        long term = shard.servingTerm();
        if (term == 0 || wanted == null) {
            return;
        }
        activateFirst(map, wanted);
        claim(map, term);
        GroupStatus status = shard.status();
        boolean settled = driver.step(shard.raft(), status, new Members(wanted.voters(), wanted.learners()));
        preferred.step(wanted, status, selfId, settled, shard::transferLeadership);
    }

    /** Slots under their first epoch come from nowhere; all others need the hand-over of a migration (SAFETY 15). */
    private void activateFirst(ClusterMap map, Shard wanted) {
        SlotTable table = shard.slots();
        List<ShardEntry.Activation> activations = new ArrayList<>();
        for (SlotRange range : map.slotsOf(wanted.id())) {
            int slot = range.first();
            while (slot <= range.last()) {
                int first = slot;
                while (slot <= range.last() && isNew(map, table, slot)) {
                    slot++;
                }
                if (slot > first) {
                    activations.add(new ShardEntry.Activation(new SlotRange(first, slot - 1), FIRST_EPOCH));
                } else {
                    slot++;
                }
            }
        }
        if (!activations.isEmpty()) {
            shard.proposeControl(new ShardEntry.Activate(activations));
        }
    }

    private static boolean isNew(ClusterMap map, SlotTable table, int slot) {
        return map.slotEpoch(slot) == FIRST_EPOCH && table.epoch(slot) == 0 && table.state(slot) == SlotState.ABSENT;
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

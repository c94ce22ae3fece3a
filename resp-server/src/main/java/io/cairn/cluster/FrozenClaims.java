package io.cairn.cluster;

import io.cairn.gossip.claims.Claim;
import io.cairn.gossip.claims.Place;
import io.cairn.gossip.claims.Promise;
import io.cairn.gossip.claims.Saved;
import io.cairn.gossip.claims.SlotSet;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.Rollout;
import io.cairn.raft.meta.Rollout.RaftShard;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.SlotRange;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/** The claims with which a raft cluster begins its way back: all nodes make the same of the same map. Nobody votes in any shard. */
final class FrozenClaims {
    private FrozenClaims() {}

    static Saved of(ClusterMap map, Rollout rollout, String clusterId, String selfId) {
        List<Claim> others = new ArrayList<>();
        Claim self = null;
        long epoch = 0;
        for (ClusterNode node : map.shownNodes()) {
            Claim claim = claim(map, rollout, node);
            epoch = Math.max(epoch, claim.configEpoch());
            if (node.id().equals(selfId)) {
                self = claim;
            } else {
                others.add(claim);
            }
        }
        if (self == null) {
            throw new IllegalStateException("this node is not in the map");
        }
        List<Promise> promises = new ArrayList<>();
        for (Map.Entry<String, RaftShard> entry : rollout.raft().entrySet()) {
            RaftShard shard = entry.getValue();
            promises.add(new Promise(
                    clusterId, shard.attempt(), shard.primaryId(), slots(map, entry.getKey()), shard.configEpoch()));
        }
        // What it says of itself is newer than what others make of the map, and than what it said before.
        Claim said = new Claim(
                selfId,
                System.currentTimeMillis(),
                self.place(),
                self.primaryId(),
                self.configEpoch(),
                true,
                0,
                self.noFailover(),
                false,
                self.slots());
        return new Saved(said, others, epoch, epoch, "", List.of(), List.of(), Map.of(), Map.of(), promises);
    }

    private static SlotSet slots(ClusterMap map, String shardId) {
        BitSet slots = new BitSet();
        for (SlotRange range : map.slotsOf(shardId)) {
            slots.set(range.first(), range.last() + 1);
        }
        return SlotSet.of(slots);
    }

    private static Claim claim(ClusterMap map, Rollout rollout, ClusterNode node) {
        Shard shard = map.shardOfNode(node.id());
        RaftShard frozen = shard == null ? null : rollout.raft().get(shard.id());
        Place place = new Place(node.host(), node.port(), node.busPort(), node.hostname());
        boolean reader = map.isReader(node.id());
        if (shard == null || frozen == null) {
            return new Claim(node.id(), 1, place, "", 0, true, 0, reader, false, SlotSet.NONE);
        } else if (frozen.primaryId().equals(node.id())) {
            SlotSet slots = slots(map, shard.id());
            return new Claim(node.id(), 1, place, "", frozen.configEpoch(), true, 0, reader, false, slots);
        }
        return new Claim(node.id(), 1, place, frozen.primaryId(), 0, true, 0, reader, false, SlotSet.NONE);
    }
}

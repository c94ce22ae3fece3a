package io.cairn.cluster;

import io.cairn.cluster.PeerMessages.Audience;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.Shard;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Who is there to be sent to in raft mode: the nodes of the map. Confined to one thread. */
final class RaftAudience implements Supplier<Audience> {
    private final Topology topology;
    private ClusterMap map = ClusterMap.EMPTY;
    private Audience audience = Audience.NOBODY;

    RaftAudience(Topology topology) {
        this.topology = topology;
    }

    @Override
    public Audience get() {
        ClusterMap now = topology.map();
        if (now != map) {
            map = now;
            String self = topology.self().id();
            Shard own = now.shardOfNode(self);
            List<String> all = new ArrayList<>();
            List<String> shard = new ArrayList<>();
            for (ClusterNode node : now.activeNodes()) {
                if (!node.id().equals(self)) {
                    all.add(node.id());
                    if (own != null && own.hasMember(node.id())) {
                        shard.add(node.id());
                    }
                }
            }
            audience = new Audience(all, shard);
        }
        return audience;
    }
}

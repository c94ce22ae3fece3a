package io.cairn.cluster;

import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.OpenSlot;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.SlotRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The cluster of raft mode: the applied meta map, the leaders, and what gossip says of health. */
final class RaftView implements ClusterView {
    private final Topology topology;
    private final LocalShard shard;

    RaftView(Topology topology, LocalShard shard) {
        this.topology = topology;
        this.shard = shard;
    }

    @Override
    public String selfId() {
        return topology.self().id();
    }

    @Override
    public List<Member> members() {
        ClusterMap map = topology.map();
        if (!map.isFormed()) {
            return List.of(member(topology.self(), null, map));
        }
        return map.shownNodes().stream()
                .map(node -> member(node, map.shardOfNode(node.id()), map))
                .toList();
    }

    private Member member(ClusterNode node, @Nullable Shard of, ClusterMap map) {
        boolean myself = node.id().equals(selfId());
        boolean alive = myself || topology.health().alive(node.id());
        boolean suspected = !myself && topology.health().suspected(node.id());
        return new Member(
                node.id(),
                node.host(),
                node.port(),
                node.busPort(),
                node.hostname(),
                of == null ? node.id() : topology.printedPrimary(of),
                suspected,
                !suspected && !alive,
                alive,
                map.isReader(node.id()),
                myself ? 0 : topology.health().lastHeardMillis(node.id()),
                epoch(map, node, of),
                myself ? shard.appliedIndex() : Math.max(0, shard.matchIndex(node.id())));
    }

    /** A replica shows its primary's. */
    private long epoch(ClusterMap map, ClusterNode node, @Nullable Shard of) {
        long term = of == null ? 0 : topology.epoch(of);
        return Math.max(term, map.configEpoch(of == null ? node.id() : topology.printedPrimary(of)));
    }

    @Override
    public List<Group> groups() {
        ClusterMap map = topology.map();
        List<Group> groups = new ArrayList<>();
        for (Shard each : map.shards()) {
            List<String> members = ClusterReports.members(each).stream()
                    .filter(id -> {
                        ClusterNode node = map.node(id);
                        return node != null && node.isActive();
                    })
                    .toList();
            groups.add(new Group(each.id(), topology.printedPrimary(each), members, map.slotsOf(each.id())));
        }
        return groups;
    }

    @Override
    public Map<Integer, String> migrating() {
        return open(own -> own.migratingTo(), own -> true);
    }

    @Override
    public Map<Integer, String> importing() {
        return open(own -> own.importingFrom(), own -> false);
    }

    private Map<Integer, String> open(Function<OpenSlot, String> other, Function<OpenSlot, Boolean> owned) {
        ClusterMap map = topology.map();
        Shard mine = map.shardOfNode(selfId());
        Map<Integer, String> open = new TreeMap<>();
        map.moves().open().forEach((slot, how) -> {
            Shard to = map.shard(other.apply(how));
            boolean concerned = mine != null
                    && (owned.apply(how)
                            ? mine.equals(map.owner(slot))
                            : how.importingAt().equals(mine.id()));
            if (concerned && to != null) {
                open.put(slot, topology.printedPrimary(to));
            }
        });
        return open;
    }

    @Override
    public boolean isGuest(int slot) {
        ClusterMap map = topology.map();
        Shard mine = map.shardOfNode(selfId());
        Shard owner = map.owner(slot);
        OpenSlot open = map.moves().openSlot(slot);
        return mine != null
                && owner != null
                && !owner.equals(mine)
                && open != null
                && open.importingAt().equals(mine.id());
    }

    @Override
    public Figures figures() {
        ClusterMap map = topology.map();
        int covered = 0;
        int failing = 0;
        int size = 0;
        for (Shard each : map.shards()) {
            int slots =
                    map.slotsOf(each.id()).stream().mapToInt(SlotRange::size).sum();
            size += slots == 0 ? 0 : 1;
            if (topology.primary(each) == null) {
                failing += slots;
            } else {
                covered += slots;
            }
        }
        long epoch = 0;
        for (ClusterNode node : map.shownNodes()) {
            epoch = Math.max(epoch, epoch(map, node, map.shardOfNode(node.id())));
        }
        ClusterNode self = topology.self();
        return new Figures(
                topology.isUp(),
                map.ownedSlots(),
                covered,
                0,
                failing,
                Math.max(1, map.shownNodes().size()),
                size,
                epoch,
                epoch(map, self, map.shardOfNode(self.id())));
    }

    @Override
    public String consensusLines() {
        return shard.consensusLines();
    }

    @Override
    public List<ClusterCommands.Link> links() {
        return shard.links();
    }
}

package io.cairn.cluster;

import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.SlotRange;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The texts of CLUSTER NODES and CLUSTER INFO. */
final class ClusterReports {
    private final Topology topology;

    ClusterReports(Topology topology) {
        this.topology = topology;
    }

    /** Redis: clusterGenNodesDescription. Every line ends with a newline. */
    String nodes() {
        ClusterMap map = topology.map();
        ClusterNode self = topology.self();
        StringBuilder text = new StringBuilder();
        if (!map.isFormed()) {
            nodeLine(text, self, null, map);
            return text.toString();
        }
        for (ClusterNode node : map.shownNodes()) {
            nodeLine(text, node, map.shardOfNode(node.id()), map);
        }
        return text.toString();
    }

    /** The lines of one shard's replicas (CLUSTER REPLICAS). */
    List<String> replicas(Shard shard) {
        ClusterMap map = topology.map();
        String primary = topology.printedPrimary(shard);
        List<String> lines = new ArrayList<>();
        for (String id : members(shard)) {
            ClusterNode node = map.node(id);
            if (node != null && node.isActive() && !id.equals(primary)) {
                StringBuilder line = new StringBuilder();
                nodeLine(line, node, shard, map);
                line.setLength(line.length() - 1);
                lines.add(line.toString());
            }
        }
        return lines;
    }

    static List<String> members(Shard shard) {
        List<String> members = new ArrayList<>(shard.voters());
        members.addAll(shard.learners());
        return members;
    }

    private void nodeLine(StringBuilder text, ClusterNode node, @Nullable Shard shard, ClusterMap map) {
        boolean myself = node.id().equals(topology.self().id());
        String primary = shard == null ? node.id() : topology.printedPrimary(shard);
        boolean isPrimary = primary.equals(node.id());
        text.append(node.id()).append(' ').append(node.host()).append(':').append(node.port());
        text.append('@').append(node.busPort());
        if (!node.hostname().isEmpty()) {
            text.append(',').append(node.hostname());
        }
        text.append(' ');
        if (myself) {
            text.append("myself,");
        }
        text.append(isPrimary ? "master" : "slave");
        if (!myself && topology.health().suspected(node.id())) {
            text.append(",fail?");
        } else if (!myself && !topology.health().alive(node.id())) {
            text.append(",fail");
        }
        if (map.isReader(node.id())) {
            text.append(",nofailover");
        }
        text.append(' ').append(isPrimary ? "-" : primary);
        long heard = myself ? 0 : topology.health().lastHeardMillis(node.id());
        text.append(" 0 ").append(heard);
        text.append(' ').append(epoch(map, node, shard));
        text.append(myself || topology.health().alive(node.id()) ? " connected" : " disconnected");
        if (isPrimary && shard != null) {
            for (SlotRange range : map.slotsOf(shard.id())) {
                text.append(' ').append(range.first());
                if (range.last() > range.first()) {
                    text.append('-').append(range.last());
                }
            }
        }
        if (myself && isPrimary && shard != null) {
            openSlots(text, shard, map);
        }
        text.append('\n');
    }

    /** Only a node's own line shows its open slots. */
    private void openSlots(StringBuilder text, Shard shard, ClusterMap map) {
        map.moves().open().forEach((slot, open) -> {
            Shard to = map.shard(open.migratingTo());
            Shard from = map.shard(open.importingFrom());
            if (to != null && shard.equals(map.owner(slot))) {
                text.append(" [").append(slot).append("->-");
                text.append(topology.printedPrimary(to)).append(']');
            } else if (from != null && open.importingAt().equals(shard.id())) {
                text.append(" [").append(slot).append("-<-");
                text.append(topology.printedPrimary(from)).append(']');
            }
        });
    }

    /** Redis: genClusterInfoString, and Cairn's own lines after it. */
    String info(String consensusLines) {
        ClusterMap map = topology.map();
        int covered = 0;
        int failing = 0;
        int size = 0;
        long epoch = 0;
        for (Shard shard : map.shards()) {
            int slots =
                    map.slotsOf(shard.id()).stream().mapToInt(SlotRange::size).sum();
            if (slots == 0) {
                continue;
            }
            size++;
            if (topology.primary(shard) == null) {
                failing += slots;
            } else {
                covered += slots;
            }
        }
        for (ClusterNode node : map.shownNodes()) {
            epoch = Math.max(epoch, epoch(map, node, map.shardOfNode(node.id())));
        }
        ClusterNode self = topology.self();
        Shard mine = map.shardOfNode(self.id());
        StringBuilder text = new StringBuilder();
        line(text, "cluster_enabled", "1");
        line(text, "cluster_state", topology.isUp() ? "ok" : "fail");
        line(text, "cluster_slots_assigned", map.ownedSlots());
        line(text, "cluster_slots_ok", covered);
        line(text, "cluster_slots_pfail", 0);
        line(text, "cluster_slots_fail", failing);
        line(text, "cluster_known_nodes", Math.max(1, map.shownNodes().size()));
        line(text, "cluster_size", size);
        line(text, "cluster_current_epoch", epoch);
        line(text, "cluster_my_epoch", epoch(map, self, mine));
        return text.append(consensusLines).toString();
    }

    /** A replica shows its primary's. */
    private long epoch(ClusterMap map, ClusterNode node, @Nullable Shard shard) {
        long term = shard == null ? 0 : topology.epoch(shard);
        return Math.max(term, map.configEpoch(shard == null ? node.id() : topology.printedPrimary(shard)));
    }

    static void line(StringBuilder text, String name, Object value) {
        text.append(name).append(':').append(value).append("\r\n");
    }
}

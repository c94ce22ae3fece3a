package io.cairn.cluster;

import io.cairn.cluster.ClusterCommands.Link;
import io.cairn.command.Replication;
import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.group.PeerException;
import io.cairn.raft.group.RaftHost;
import io.cairn.raft.meta.ClusterFormat;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.shards.ClusterMember;
import io.cairn.raft.shards.ShardGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** This node's shard replica as CLUSTER, INFO and ROLE show it, and CLUSTER FAILOVER's way to the leader. Any thread. */
final class LocalShard implements Replication {
    /** "Hand me your shard's leadership": part of the wire format, beside {@code MessageTypes}. */
    private static final byte TAKE_LEADERSHIP = 32;
    /** How long a transfer may take, milliseconds. */
    private static final long TRANSFER_MILLIS = 5_000;

    private final Topology topology;
    private final ClusterMember member;
    private final RaftHost host;

    LocalShard(Topology topology, ClusterMember member, RaftHost host) {
        this.topology = topology;
        this.member = member;
        this.host = host;
        host.handle(TAKE_LEADERSHIP, false, (from, payload) -> handOver(from.nodeId()));
    }

    private CompletableFuture<byte[]> handOver(String to) {
        ShardGroup shard = member.shard();
        if (shard == null || !shard.isServing()) {
            return CompletableFuture.failedFuture(new PeerException("this node does not lead the shard"));
        }
        return shard.transferLeadership(to).thenApply(done -> new byte[0]);
    }

    void takeLeadership(Consumer<@Nullable String> done) {
        ShardGroup shard = member.shard();
        String leader = shard == null ? null : shard.leader();
        if (leader == null) {
            done.accept("CLUSTERDOWN The shard has no leader to take over from");
            return;
        }
        host.send(leader, TAKE_LEADERSHIP, new byte[0])
                .orTimeout(TRANSFER_MILLIS, TimeUnit.MILLISECONDS)
                .whenComplete((answer, failure) -> done.accept(failure == null ? null : notHandedOver(failure)));
    }

    /** The error line for a hand-over that was asked for and not confirmed. */
    static String notHandedOver(Throwable failure) {
        Throwable cause = AdminRun.cause(failure);
        return cause instanceof TimeoutException || (cause instanceof PeerException peer && peer.isLate())
                ? "ERR leadership was not handed over in time, it may still be"
                : "ERR leadership was not handed over: " + AdminRun.reason(cause);
    }

    String consensusLines() {
        StringBuilder text = new StringBuilder();
        ClusterMap map = member.map();
        ClusterReports.line(text, "cluster_consensus", "raft");
        ClusterReports.line(text, "cluster_id", map.clusterId());
        ClusterReports.line(text, "cluster_map_version", map.version());
        // Such a shard needs both: losing either stops it. CLUSTER INFO is where redis-cli can show that.
        long pairs = map.shards().stream()
                .filter(shard -> shard.voters().size() == 2)
                .count();
        ClusterReports.line(text, "cluster_shards_with_two_voters", pairs);
        ClusterReports.line(text, "cluster_active_version", map.activeFormat());
        ClusterReports.line(text, "cluster_supported_version", ClusterFormat.SUPPORTED);
        ClusterReports.line(text, "cluster_primaries_placed", topology.placed() ? "yes" : "no");
        Shard own = map.shardOfNode(topology.self().id());
        long moves = own == null
                ? 0
                : map.migrations().running().stream()
                        .filter(one -> one.from().equals(own.id()) || one.to().equals(own.id()))
                        .count();
        ClusterReports.line(text, "cluster_slot_migration_active_tasks", moves);
        GroupStatus meta = member.meta().status();
        if (meta != null) {
            groupLines(text, "cluster_meta", meta);
        }
        ShardGroup shard = member.shard();
        if (shard != null) {
            GroupStatus status = shard.status();
            groupLines(text, "cluster_shard", status);
            ClusterReports.line(text, "cluster_shard_read_lease", shard.holdsLease() ? "yes" : "no");
            ClusterReports.line(text, "cluster_shard_lease_reads", shard.leaseReads());
            ClusterReports.line(text, "cluster_shard_snapshots_received", shard.snapshotsReceived());
            int alive = (int) status.voters().stream().filter(this::isAlive).count();
            int quorum = status.voters().size() / 2 + 1;
            ClusterReports.line(text, "cluster_shard_voters_alive", alive);
            ClusterReports.line(text, "cluster_shard_tolerates_failures", Math.max(0, alive - quorum));
        }
        return text.toString();
    }

    /** A voter that is gone for good stays one until the group has replaced it. */
    private boolean isAlive(String voter) {
        ClusterNode node = member.map().node(voter);
        return node != null
                && node.isActive()
                && (voter.equals(topology.self().id()) || topology.health().alive(voter));
    }

    private static void groupLines(StringBuilder text, String prefix, GroupStatus status) {
        String leader = status.leader();
        ClusterReports.line(text, prefix + "_role", status.role().toLowerCase(java.util.Locale.ROOT));
        ClusterReports.line(text, prefix + "_leader", leader == null ? "" : leader);
        ClusterReports.line(text, prefix + "_term", status.term());
        ClusterReports.line(text, prefix + "_commit_index", status.commitIndex());
        ClusterReports.line(text, prefix + "_applied_index", status.appliedIndex());
        ClusterReports.line(text, prefix + "_voters", status.voters().size());
    }

    long appliedIndex() {
        ShardGroup shard = member.shard();
        return shard == null ? 0 : shard.appliedIndex();
    }

    long matchIndex(String nodeId) {
        ShardGroup shard = member.shard();
        return shard == null ? -1 : shard.status().matchIndexes().getOrDefault(nodeId, -1L);
    }

    List<Link> links() {
        List<Link> links = new ArrayList<>();
        for (RaftHost.Link link : host.connections()) {
            links.add(new Link(link.nodeId(), link.sinceMillis(), link.queuedBytes()));
        }
        return links;
    }

    /** Lettuce takes an offset of 0 for a node without data, so an empty replica shows 1. */
    @Override
    public View view() {
        ClusterMap map = member.map();
        Shard mine = map.shardOfNode(topology.self().id());
        if (mine == null) {
            return new View(topology.self().id(), 1, null, List.of());
        }
        long offset = Math.max(1, appliedIndex());
        String primaryId = topology.printedPrimary(mine);
        if (!primaryId.equals(topology.self().id())) {
            ClusterNode primary = map.node(primaryId);
            boolean up = topology.health().alive(primaryId);
            String primaryHost = primary == null ? "" : primary.host();
            return new View(
                    mine.id(),
                    offset,
                    new Primary(primaryHost, primary == null ? 0 : primary.port(), up, up ? 0 : -1),
                    List.of());
        }
        List<Replica> replicas = new ArrayList<>();
        for (String id : ClusterReports.members(mine)) {
            ClusterNode node = map.node(id);
            if (node != null
                    && node.isActive()
                    && !id.equals(primaryId)
                    && topology.health().alive(id)) {
                replicas.add(new Replica(node.host(), node.port(), Math.max(0, matchIndex(id)), 0));
            }
        }
        return new View(mine.id(), offset, null, replicas);
    }
}

package io.cairn.raft.shards;

import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.NodeDirectory;
import io.cairn.raft.meta.Shard;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code cluster-balance-leaders}: a leader gives its place away when that is the cluster's next {@link LeaderBalance}
 * move, no leadership has moved anywhere for {@link #CALM_MILLIS}, and its other voters keep up. As every move is seen by
 * all, that is at most one move in the cluster per {@link #CALM_MILLIS}. Cluster thread.
 */
final class LeaderSpread {
    /** How long leaders and the nodes that live must have been the same. */
    static final long CALM_MILLIS = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(LeaderSpread.class);

    private final String selfId;
    private final LeaderTable leaders;
    private final NodeDirectory directory;
    private final BooleanSupplier wanted;
    private final LongSupplier clockMillis;
    private Map<String, String> seen = Map.of();
    private Set<String> lived = Set.of();
    private long calmSinceMillis;

    /** @param wanted the setting */
    LeaderSpread(
            String selfId,
            LeaderTable leaders,
            NodeDirectory directory,
            BooleanSupplier wanted,
            LongSupplier clockMillis) {
        this.selfId = selfId;
        this.leaders = leaders;
        this.directory = directory;
        this.wanted = wanted;
        this.clockMillis = clockMillis;
    }

    /** Looks once; {@code settled} is false while the membership is being changed. */
    void step(
            ClusterMap map,
            GroupStatus status,
            boolean settled,
            Function<String, CompletableFuture<@Nullable Void>> transfer) {
        if (!wanted.getAsBoolean() || !isCalm(map)) {
            return;
        }
        LeaderBalance.Move move = LeaderBalance.next(map.shards(), seen::get, id -> domain(map, id), lived::contains);
        if (move == null || !move.from().equals(selfId) || !settled || !LeaderBalance.othersKeepUp(status, selfId)) {
            return;
        }
        calmSinceMillis = clockMillis.getAsLong();
        LOG.info("shard {}: leadership goes to {}, whose process leads fewer shards", move.shardId(), move.to());
        transfer.apply(move.to()).whenComplete((done, failure) -> {
            if (failure != null) {
                LOG.info("shard {}: leadership stays here: {}", move.shardId(), failure.toString());
            }
        });
    }

    private boolean isCalm(ClusterMap map) {
        Map<String, String> now = new TreeMap<>();
        for (Shard shard : map.shards()) {
            LeaderTable.Leader leader = leaders.leader(shard.id());
            if (leader != null) {
                now.put(shard.id(), leader.nodeId());
            }
        }
        Set<String> living = new HashSet<>(Set.of(selfId));
        for (NodeDirectory.SeenNode node : directory.seen()) {
            if (node.alive()) {
                living.add(node.id());
            }
        }
        long clock = clockMillis.getAsLong();
        if (!now.equals(seen) || !living.equals(lived)) {
            seen = now;
            lived = living;
            calmSinceMillis = clock;
        }
        return clock - calmSinceMillis >= CALM_MILLIS;
    }

    private static @Nullable String domain(ClusterMap map, String nodeId) {
        ClusterNode node = map.node(nodeId);
        return node == null || !node.isActive() ? null : node.domain();
    }
}

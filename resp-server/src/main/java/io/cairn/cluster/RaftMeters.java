package io.cairn.cluster;

import io.cairn.aof.LogStats;
import io.cairn.gossip.Health;
import io.cairn.gossip.Peer;
import io.cairn.metrics.LogMetrics;
import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.group.RaftGroup;
import io.cairn.raft.shards.ClusterMember;
import io.cairn.raft.shards.ShardGroup;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Meters of a node's Raft groups and of its peers as gossip shows them. A group's state is read once a second by the
 * node's tick and the gauges show that reading, so that a scrape costs the groups nothing. {@code docs/metrics.md} lists
 * them.
 */
final class RaftMeters {
    private final ClusterRuntime runtime;
    private final Tags tags;
    private final MeterRegistry registry;
    private final MultiGauge alive;
    private final MultiGauge clients;
    private final MultiGauge memory;
    private final MultiGauge operations;
    private final MultiGauge lag;
    private final Timer proposals;
    private final Reading meta = new Reading();
    private final Reading shard = new Reading();
    private boolean metaBound;
    private boolean shardBound;

    /** The last reading of a group. */
    private static final class Reading {
        volatile @Nullable GroupStatus status;
        volatile LogStats log = new LogStats(0, 0, 0, 0, 0, 0);

        double of(ToDoubleFunction<GroupStatus> field) {
            GroupStatus now = status;
            return now == null ? Double.NaN : field.applyAsDouble(now);
        }
    }

    RaftMeters(ClusterRuntime runtime, MeterRegistry registry, Tags tags) {
        this.runtime = runtime;
        this.registry = registry;
        this.tags = tags;
        this.alive = peers("cairn_peer_alive", "1 while gossip believes the peer alive", tags);
        this.clients = peers("cairn_peer_connected_clients", "Connections of the peer", tags);
        this.memory = peers("cairn_peer_used_memory_bytes", "Memory the peer uses for data", tags);
        this.operations = peers("cairn_peer_commands_per_second", "Commands the peer runs per second", tags);
        this.lag = peers("cairn_peer_replication_lag_seconds", "How far the peer is behind its primary", tags);
        this.proposals = Timer.builder("cairn_raft_proposal_seconds")
                .description("From proposing an entry of writes to its replies")
                .tags(tags)
                .serviceLevelObjectives(
                        Duration.ofMillis(1),
                        Duration.ofMillis(2),
                        Duration.ofMillis(5),
                        Duration.ofMillis(10),
                        Duration.ofMillis(50),
                        Duration.ofMillis(100),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(5))
                .register(registry);
    }

    private MultiGauge peers(String name, String description, Tags tags) {
        return MultiGauge.builder(name).description(description).tags(tags).register(registry);
    }

    /** An entry of writes was applied or failed, so many nanoseconds after it was proposed. Any thread. */
    void proposed(long nanos) {
        proposals.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** About once a second, on one thread. */
    void refresh() {
        ClusterMember member = runtime.member();
        RaftGroup metaGroup = member.meta().group();
        if (metaGroup != null) {
            meta.status = metaGroup.status();
            meta.log = metaGroup.logStats();
            if (!metaBound) {
                metaBound = true;
                bind("meta", "", () -> meta);
            }
        }
        ShardGroup local = member.shard();
        if (local != null) {
            shard.status = local.status();
            shard.log = local.logStats();
            if (!shardBound) {
                shardBound = true;
                bind("shard", local.shardId(), () -> shard);
            }
        }
        refreshPeers();
    }

    private void bind(String group, String shardId, Supplier<Reading> reading) {
        Tags all = tags.and("group", group, "shard", shardId);
        gauge(
                "cairn_raft_leader",
                "1 while this replica leads",
                all,
                reading,
                s -> s.role().equals("LEADER") ? 1 : 0);
        gauge(
                "cairn_raft_has_leader",
                "1 while this replica knows a leader",
                all,
                reading,
                s -> s.leader() == null ? 0 : 1);
        gauge("cairn_raft_term", "Current term", all, reading, GroupStatus::term);
        gauge("cairn_raft_last_index", "Last index in the log", all, reading, GroupStatus::lastIndex);
        gauge("cairn_raft_commit_index", "Last index committed", all, reading, GroupStatus::commitIndex);
        gauge("cairn_raft_applied_index", "Last index applied", all, reading, GroupStatus::appliedIndex);
        gauge(
                "cairn_raft_apply_lag_entries",
                "Entries committed and not yet applied",
                all,
                reading,
                s -> Math.max(0, s.commitIndex() - s.appliedIndex()));
        gauge("cairn_raft_snapshot_index", "Index of the last snapshot", all, reading, GroupStatus::snapshotIndex);
        gauge(
                "cairn_raft_voters",
                "Voting members",
                all,
                reading,
                s -> s.voters().size());
        counter("cairn_raft_elections", "Elections seen", all, reading, r -> r.of(GroupStatus::elections));
        LogMetrics.bind(registry, tags.and("log", group), () -> reading.get().log);
    }

    private void gauge(
            String name,
            String description,
            Tags tags,
            Supplier<Reading> reading,
            ToDoubleFunction<GroupStatus> field) {
        Gauge.builder(name, () -> reading.get().of(field))
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private void counter(
            String name, String description, Tags tags, Supplier<Reading> reading, ToDoubleFunction<Reading> field) {
        FunctionCounter.builder(name, reading.get(), field)
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private void refreshPeers() {
        List<MultiGauge.Row<?>> alives = new ArrayList<>();
        List<MultiGauge.Row<?>> connected = new ArrayList<>();
        List<MultiGauge.Row<?>> used = new ArrayList<>();
        List<MultiGauge.Row<?>> rates = new ArrayList<>();
        List<MultiGauge.Row<?>> lags = new ArrayList<>();
        for (Peer peer : runtime.view().peers()) {
            if (peer.info().nodeId().equals(runtime.topology().self().id())) {
                continue;
            }
            Tags tags = Tags.of("peer", peer.info().host() + ":" + peer.info().clientPort());
            alives.add(MultiGauge.Row.of(tags, peer.health() == Health.DEAD ? 0 : 1));
            connected.add(MultiGauge.Row.of(tags, peer.state().clients()));
            used.add(MultiGauge.Row.of(tags, peer.state().usedMemoryBytes()));
            rates.add(MultiGauge.Row.of(tags, peer.state().opsPerSecond()));
            lags.add(MultiGauge.Row.of(tags, peer.state().replicationLagMillis() / 1000.0));
        }
        alive.register(alives, true);
        clients.register(connected, true);
        memory.register(used, true);
        operations.register(rates, true);
        lag.register(lags, true);
    }
}

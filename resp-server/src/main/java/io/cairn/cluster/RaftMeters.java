package io.cairn.cluster;

import io.cairn.gossip.Health;
import io.cairn.gossip.Peer;
import io.cairn.raft.group.RaftGroup;
import io.cairn.raft.group.RaftHost;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.shards.ClusterMember;
import io.cairn.raft.shards.MigrationProgress;
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
import java.util.function.ToDoubleFunction;

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
    private final GroupMeters meta;
    private final GroupMeters shard;
    private boolean leasesBound;

    RaftMeters(ClusterRuntime runtime, MeterRegistry registry, Tags tags) {
        this.runtime = runtime;
        this.registry = registry;
        this.tags = tags;
        this.meta = new GroupMeters(registry, tags, "meta");
        this.shard = new GroupMeters(registry, tags, "shard");
        this.alive = peers("cairn_peer_alive", "1 while gossip believes the peer alive", tags);
        this.clients = peers("cairn_peer_connected_clients", "Connections of the peer", tags);
        this.memory = peers("cairn_peer_used_memory_bytes", "Memory the peer uses for data", tags);
        this.operations = peers("cairn_peer_commands_per_second", "Commands the peer runs per second", tags);
        this.lag = peers("cairn_peer_replication_lag_seconds", "How far the peer is behind its primary", tags);
        Gauge.builder("cairn_slot_migrations", runtime, RaftMeters::migrations)
                .description("Atomic slot migrations under way from or to this node's shard")
                .tags(tags)
                .register(registry);
        Gauge.builder("cairn_slot_migration_keys_sent", runtime, from -> progress(from, MigrationProgress::keysSent))
                .description("Keys that the migration which leaves this node has sent")
                .tags(tags)
                .register(registry);
        Gauge.builder("cairn_slot_migration_keys", runtime, from -> progress(from, MigrationProgress::keysTotal))
                .description("Keys that it had to send when it began")
                .tags(tags)
                .register(registry);
        Gauge.builder(
                        "cairn_slot_migration_waiting_bytes",
                        runtime,
                        from -> progress(from, MigrationProgress::waitingBytes))
                .description("Bytes of it that the target has not confirmed")
                .tags(tags)
                .register(registry);
        FunctionCounter.builder("cairn_raft_messages_received", runtime.host(), RaftHost::received)
                .description("Requests of other nodes that were handled, heartbeats among them")
                .tags(tags)
                .register(registry);
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

    private static double migrations(ClusterRuntime of) {
        Shard mine = of.topology().map().shardOfNode(of.topology().self().id());
        return mine == null
                ? 0
                : of.topology().map().migrations().running().stream()
                        .filter(one -> one.from().equals(mine.id()) || one.to().equals(mine.id()))
                        .count();
    }

    private static double progress(ClusterRuntime of, ToDoubleFunction<MigrationProgress> field) {
        MigrationProgress progress = of.member().migrator().progress();
        return progress == null ? 0 : field.applyAsDouble(progress);
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
            meta.read("", metaGroup.status(), metaGroup.logStats());
        }
        ShardGroup local = member.shard();
        if (local == null) {
            shard.none();
        } else {
            shard.read(local.shardId(), local.status(), local.logStats());
            bindLeases();
        }
        refreshPeers();
    }

    private void bindLeases() {
        if (!leasesBound) {
            leasesBound = true;
            FunctionCounter.builder("cairn_raft_lease_reads", runtime, RaftMeters::leaseReads)
                    .description("Read barriers that a lease has spared")
                    .tags(tags)
                    .register(registry);
        }
    }

    private static double leaseReads(ClusterRuntime of) {
        ShardGroup local = of.member().shard();
        return local == null ? 0 : local.leaseReads();
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

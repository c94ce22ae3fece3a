package io.cairn.cluster;

import io.cairn.aof.LogStats;
import io.cairn.metrics.LogMetrics;
import io.cairn.raft.group.GroupStatus;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Meters of the one group of a kind in which a node has a replica now. A node may come to have another shard: what they say
 * is the present one's, under its id. Read on one thread, shown on any.
 */
final class GroupMeters {
    private final MeterRegistry registry;
    private final Tags tags;
    private final String kind;
    private final List<Meter> bound = new ArrayList<>();
    private boolean logBound;
    private @Nullable String boundShard;
    private volatile @Nullable GroupStatus status;
    private volatile LogStats log = new LogStats(0, 0, 0, 0, 0, 0);

    /** @param kind the value of the tag {@code group} */
    GroupMeters(MeterRegistry registry, Tags tags, String kind) {
        this.registry = registry;
        this.tags = tags;
        this.kind = kind;
    }

    /** The state of the group now; {@code shardId} is empty for the meta group. */
    void read(String shardId, GroupStatus now, LogStats logNow) {
        status = now;
        log = logNow;
        if (!shardId.equals(boundShard)) {
            unbind();
            boundShard = shardId;
            bind(shardId);
        }
        if (!logBound) {
            logBound = true;
            LogMetrics.bind(registry, tags.and("log", kind), () -> log);
        }
    }

    /** There is no such replica now. */
    void none() {
        unbind();
        status = null;
        boundShard = null;
    }

    private void unbind() {
        bound.forEach(registry::remove);
        bound.clear();
    }

    private double of(ToDoubleFunction<GroupStatus> field) {
        GroupStatus now = status;
        return now == null ? Double.NaN : field.applyAsDouble(now);
    }

    private void bind(String shardId) {
        Tags all = tags.and("group", kind, "shard", shardId);
        bound.add(gauge(
                "cairn_raft_leader",
                "1 while this replica leads",
                all,
                s -> s.role().equals("LEADER") ? 1 : 0));
        bound.add(gauge(
                "cairn_raft_has_leader", "1 while this replica knows a leader", all, s -> s.leader() == null ? 0 : 1));
        bound.add(gauge("cairn_raft_term", "Current term", all, GroupStatus::term));
        bound.add(gauge("cairn_raft_last_index", "Last index in the log", all, GroupStatus::lastIndex));
        bound.add(gauge("cairn_raft_commit_index", "Last index committed", all, GroupStatus::commitIndex));
        bound.add(gauge("cairn_raft_applied_index", "Last index applied", all, GroupStatus::appliedIndex));
        bound.add(gauge(
                "cairn_raft_apply_lag_entries",
                "Entries committed and not yet applied",
                all,
                s -> Math.max(0, s.commitIndex() - s.appliedIndex())));
        bound.add(gauge("cairn_raft_snapshot_index", "Index of the last snapshot", all, GroupStatus::snapshotIndex));
        bound.add(gauge(
                "cairn_raft_voters", "Voting members", all, s -> s.voters().size()));
        bound.add(counter("cairn_raft_elections", "Elections seen", all, r -> r.of(GroupStatus::elections)));
    }

    private Meter gauge(String name, String description, Tags tags, ToDoubleFunction<GroupStatus> field) {
        return Gauge.builder(name, () -> of(field))
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private Meter counter(String name, String description, Tags tags, ToDoubleFunction<GroupMeters> field) {
        return FunctionCounter.builder(name, this, field)
                .description(description)
                .tags(tags)
                .register(registry);
    }
}

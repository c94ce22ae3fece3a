package io.cairn.cluster;

import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterValue;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaGroup;
import io.cairn.raft.meta.MetaResult;
import io.cairn.raft.meta.Recovery;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** Values of the meta map whose names begin alike, on which the nodes of a cluster agree, as one node takes them from its map. */
final class SharedValues {
    private final MetaGroup meta;
    private final String prefix;
    private final Taker taker;
    /** The versions that this node has taken, and from where; on the apply thread. */
    private final Map<String, Long> taken = new HashMap<>();

    private Origin takenFrom = Origin.NONE;

    /**
     * Where versions come from: they rise within one cluster, but a recovered meta group may give anew those that it has forgotten.
     *
     * @param recovery id of the meta group's last one, or empty
     */
    record Origin(String clusterId, String recovery) {
        static final Origin NONE = new Origin("", "");

        static Origin of(ClusterMap map) {
            Recovery last = Recovery.of(map);
            return new Origin(map.clusterId(), last == null ? "" : last.id());
        }

        boolean isBefore(Origin other) {
            return clusterId.equals(other.clusterId) && recovery.isEmpty() && !other.recovery.isEmpty();
        }
    }

    /** Who the values are for. Told on the apply thread of the meta group; names without the prefix. */
    interface Taker {
        /** Versions begin anew: the map is another cluster's, or its meta group was recovered. */
        void begins(ClusterMap map, List<String> takenBefore);

        /** A value is new, or was changed. */
        void take(ClusterMap map, String name, ClusterValue value);

        /** All of {@link #take} of one map were told, at least one. */
        default void taken(ClusterMap map) {}
    }

    SharedValues(MetaGroup meta, String prefix, Taker taker) {
        this.meta = meta;
        this.prefix = prefix;
        this.taker = taker;
    }

    /**
     * What was taken before this start: the map that a start begins with may be older, and takes nothing back. Before the meta group starts.
     *
     * @param versions by names without the prefix
     */
    void resume(Origin from, Map<String, Long> versions) {
        takenFrom = from;
        taken.putAll(versions);
    }

    /** A view of the values whose names begin so, by their whole names. */
    private static Map<String, ClusterValue> of(ClusterMap map, String prefix) {
        return map.values().subMap(prefix, true, prefix + Character.MAX_VALUE, false);
    }

    /** The values whose names begin so, by what follows. */
    static NavigableMap<String, ClusterValue> values(ClusterMap map, String prefix) {
        NavigableMap<String, ClusterValue> values = new TreeMap<>();
        of(map, prefix).forEach((name, value) -> values.put(name.substring(prefix.length()), value));
        return values;
    }

    /** Takes values from now on: the taker is whole. */
    void follow() {
        meta.onChange(this::take);
    }

    boolean isShared() {
        // Not what the map says: after a start it is empty until the others have told what is in it.
        return !meta.clusterId().isEmpty();
    }

    /** Completes with an empty text once this node has taken the changes, or with why they were not made. */
    CompletableFuture<String> set(List<MetaCommand.Change> changes) {
        return meta.propose(new MetaCommand.SetValues(changes)).thenCompose(this::outcome);
    }

    private CompletableFuture<String> outcome(MetaResult result) {
        return switch (result.outcome()) {
            case APPLIED -> meta.await(result.version()).thenApply(done -> "");
            case REFUSED, NOT_TAKEN -> CompletableFuture.completedFuture(result.reason());
            case UNKNOWN ->
                CompletableFuture.completedFuture(
                        "it is not known whether the cluster has taken it: " + result.reason());
        };
    }

    private void take(ClusterMap map) {
        Origin from = Origin.of(map);
        if (!map.isFormed() || from.isBefore(takenFrom)) {
            return;
        }
        if (!takenFrom.equals(from)) {
            List<String> before = List.copyOf(taken.keySet());
            taken.clear();
            takenFrom = from;
            taker.begins(map, before);
        }
        boolean changed = false;
        for (Map.Entry<String, ClusterValue> entry : of(map, prefix).entrySet()) {
            String name = entry.getKey().substring(prefix.length());
            ClusterValue value = entry.getValue();
            Long known = taken.get(name);
            if (known == null || known < value.version()) {
                taken.put(name, value.version());
                changed = true;
                taker.take(map, name, value);
            }
        }
        if (changed) {
            taker.taken(map);
        }
    }
}

package io.cairn.raft.shards;

import io.cairn.raft.meta.ClusterMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether this node's map is as new as the term that its replica leads a shard in. What earlier leaders have logged came of
 * maps of before their terms ended; a map that is still read from the meta log, or that no word of the meta leader reaches,
 * must not undo it: SETSLOT changes no epoch by which the log could tell. Within the term the map only grows, and the log
 * changes by it alone, so one answer is enough. Cluster thread.
 */
final class CurrentMap {
    private final Supplier<CompletableFuture<ClusterMap>> current;
    private @Nullable CompletableFuture<ClusterMap> asked;
    private long term;
    /** A shard that joins another cluster, by MEET, goes on in its term with the map of that. */
    private String clusterId = "";
    /** What the map must have reached, or -1 while that is not known. */
    private long version = -1;

    /** @param current the map with all that was committed before it was asked for; fails where nobody knows */
    CurrentMap(Supplier<CompletableFuture<ClusterMap>> current) {
        this.current = current;
    }

    /** Asks in each term of each cluster once, and again after a failure; false until {@code map} has what was committed by then. */
    boolean isCurrent(ClusterMap map, long servingTerm) {
        if (servingTerm != term || !map.clusterId().equals(clusterId)) {
            term = servingTerm;
            clusterId = map.clusterId();
            version = -1;
            asked = null;
        }
        if (version < 0) {
            CompletableFuture<ClusterMap> answer = asked;
            if (answer == null || answer.isCompletedExceptionally()) {
                answer = current.get();
                asked = answer;
            }
            if (!answer.isDone() || answer.isCompletedExceptionally()) {
                return false;
            }
            ClusterMap known = answer.join();
            asked = null;
            if (!known.clusterId().equals(clusterId)) {
                return false;
            }
            version = known.version();
        }
        return map.version() >= version;
    }
}

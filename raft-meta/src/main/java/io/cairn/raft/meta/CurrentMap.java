package io.cairn.raft.meta;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether this node's map is as new as a term that began: that in which its replica leads a shard, or the life of the process. A
 * start reads the map from a snapshot and then entry by entry, and where no word of the meta leader reaches it stays as it is:
 * what such a map says may long be undone. Within the term the map only grows, so one answer is enough. One thread.
 */
public final class CurrentMap {
    private final Supplier<CompletableFuture<ClusterMap>> current;
    private @Nullable CompletableFuture<ClusterMap> asked;
    private long term;
    /** A shard that joins another cluster, by MEET, goes on in its term with the map of that. */
    private String clusterId = "";
    /** What the map must have reached, or -1 while that is not known. */
    private long version = -1;

    /** @param current the map with all that was committed before it was asked for; fails where nobody knows */
    public CurrentMap(Supplier<CompletableFuture<ClusterMap>> current) {
        this.current = current;
    }

    /**
     * Asks in each term of each cluster once, and again after a failure; false until {@code map} has what was committed by then.
     *
     * @param running the term, always the same for the life of the process
     */
    public boolean isCurrent(ClusterMap map, long running) {
        if (running != term || !map.clusterId().equals(clusterId)) {
            term = running;
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

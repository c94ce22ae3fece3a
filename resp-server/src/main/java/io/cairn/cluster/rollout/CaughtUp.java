package io.cairn.cluster.rollout;

import io.cairn.raft.meta.ClusterMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Whether this node's map has been as new as the meta group's once since the process started. A start reads it from a snapshot and then entry by entry: what
 * such a map says may long be undone. One thread.
 */
final class CaughtUp {
    private final RolloutPorts ports;
    private @Nullable CompletableFuture<ClusterMap> asked;
    private String clusterId = "";
    /** What the map must have reached, or -1 while that is not known. */
    private long version = -1;

    CaughtUp(RolloutPorts ports) {
        this.ports = ports;
    }

    /** Asks once for each cluster, and again after a failure. */
    boolean has(ClusterMap map) {
        if (!map.clusterId().equals(clusterId)) {
            clusterId = map.clusterId();
            version = -1;
            asked = null;
        }
        if (version < 0) {
            CompletableFuture<ClusterMap> answer = asked;
            if (answer == null || answer.isCompletedExceptionally()) {
                answer = ports.current();
                asked = answer;
            }
            ClusterMap known = ShardChange.value(answer);
            if (known == null || !known.clusterId().equals(clusterId)) {
                asked = known == null ? answer : null;
                return false;
            }
            version = known.version();
        }
        return map.version() >= version;
    }
}

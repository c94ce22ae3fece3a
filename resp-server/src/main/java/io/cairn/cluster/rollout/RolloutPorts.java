package io.cairn.cluster.rollout;

import io.cairn.gossip.claims.Picture;
import io.cairn.gossip.claims.Promise;
import io.cairn.gossip.claims.SlotSet;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.Layout;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaResult;
import io.cairn.raft.meta.Shard;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What the rollout needs of its node and of the others. Any thread; nothing waits; all futures end within a bound. */
public interface RolloutPorts {
    /**
     * A node of the cluster, as discovery shows it.
     *
     * @param node with its Raft port, 0 if it has none
     * @param version of its build
     * @param clusterId of the meta group that it belongs to, empty for none
     * @param alive false once the failure detector calls it dead
     * @param reason why it cannot take part in a raft cluster; empty if it can
     */
    record Seen(ClusterNode node, String version, String clusterId, boolean alive, String reason) {
        public boolean isCapable() {
            return reason.isEmpty();
        }
    }

    String selfId();

    /** All nodes that the claims, or the map once the claims have ended, know; this one too. */
    List<Seen> nodes();

    /** What the claims know, or null once they have ended. */
    @Nullable
    Picture picture();

    /** The applied map of this node's meta replica; the empty one while it is in no meta group. */
    ClusterMap map();

    /** The map with all that was committed before this call; fails when the meta group has no leader. */
    CompletableFuture<ClusterMap> current();

    /** Of the meta group, empty for none. */
    String clusterId();

    boolean leadsMeta();

    /** The node to show as a raft shard's primary. */
    String primaryOf(Shard shard);

    /** Whether a leader is known that serves the shard. */
    boolean isServed(Shard shard);

    /** True while this node leads the shard and takes calls. */
    boolean leads(String shardId);

    CompletableFuture<MetaResult> propose(MetaCommand command);

    /** Forms the meta group; fails with who refuses, and then nothing has changed. */
    CompletableFuture<@Nullable Void> form(Layout layout);

    /** Completes when the applied map is as asked, or fails after a while. */
    CompletableFuture<@Nullable Void> awaitMap(Predicate<ClusterMap> condition);

    /** Comes into the meta group of that node; completes with an empty text, or why not (yet). */
    CompletableFuture<String> join(ClusterNode member);

    /** Promises here; completes with an empty text once it is on the disk, or with why not. */
    CompletableFuture<String> promise(Promise promise);

    /** See {@link io.cairn.gossip.claims.ClaimsNode#settlePromises}. */
    void settle(Predicate<Promise> over, List<Promise> frozen);

    /** See {@link io.cairn.gossip.claims.ClaimsNode#resume}. */
    void resume(String primaryId, SlotSet slots, long configEpoch);

    /** Asks a node of the meta group; fails when it cannot be asked, or does not answer in time. */
    CompletableFuture<byte[]> ask(String nodeId, byte[] question, long withinMillis);

    /** The cluster is raft for good: claims end, nodes.conf is put aside. Does nothing a second time. */
    void endClaims();

    /** The cluster was raft, and is to go to gossip mode: claims begin, with the map's shards as they are frozen. Does nothing when they run. */
    void beginClaims();

    /** The meta group is dissolved: its files go. Does nothing a second time. */
    void leaveMeta();
}

package io.cairn.raft.shards;

import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.LeaderClaim;
import io.cairn.raft.meta.Shard;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Who leads which shard, as far as this node has heard: the highest term wins, and of one term what the shard's own
 * replica on this node says. It decides nothing but whom a client is sent to. Any thread.
 */
public final class LeaderTable {
    /** A leader and its term. */
    public record Leader(long term, String nodeId) {}

    /** {@code nodeId} is null while this node's own replica sees no leader in the term. */
    private record Word(long term, @Nullable String nodeId) {}

    private final Map<String, Word> words = new ConcurrentHashMap<>();
    private final Set<String> dead = ConcurrentHashMap.newKeySet();
    private final Set<String> gone = ConcurrentHashMap.newKeySet();

    /** The shard's leader, or null when none is known or the known one is dead, replaced or removed. */
    public @Nullable Leader leader(String shardId) {
        Word word = words.get(shardId);
        String nodeId = word == null ? null : word.nodeId();
        if (word == null || nodeId == null || dead.contains(nodeId) || gone.contains(nodeId)) {
            return null;
        }
        return new Leader(word.term(), nodeId);
    }

    /** Heard from another node, by message, gossip or the meta map. */
    public void heard(String shardId, long term, String nodeId) {
        words.merge(shardId, new Word(term, nodeId), (known, heard) -> heard.term() > known.term() ? heard : known);
    }

    /** What this node's own replica of the shard believes; null while it sees no leader. */
    void seenHere(String shardId, long term, @Nullable String nodeId) {
        words.merge(shardId, new Word(term, nodeId), (known, seen) -> seen.term() >= known.term() ? seen : known);
    }

    /** The failure detector's word: dead leaders are not named to clients until they live or are succeeded. */
    public void nodeAlive(String nodeId, boolean alive) {
        if (alive) {
            dead.remove(nodeId);
        } else {
            dead.add(nodeId);
        }
    }

    /** Takes over the committed claims and forgets nodes that left for good. */
    void take(ClusterMap map) {
        for (ClusterNode node : map.nodes()) {
            if (!node.isActive() && gone.add(node.id())) {
                dead.remove(node.id());
            }
        }
        for (Shard shard : map.shards()) {
            LeaderClaim claim = map.leaderClaim(shard.id());
            if (claim != null) {
                heard(shard.id(), claim.term(), claim.nodeId());
            }
        }
    }
}

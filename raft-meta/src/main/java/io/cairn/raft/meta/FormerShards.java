package io.cairn.raft.meta;

import java.util.ArrayList;
import java.util.List;

/**
 * Which shards a node has left, under a key of its own among the map's values, for as long as the node is a member. Its
 * replica there is deleted, and with it what it acknowledged: if it came back under the same id, its empty log could vote
 * for a replica that has missed all of it and has not heard that the node had left (SAFETY 5). Pure.
 */
final class FormerShards {
    /** No name of a setting has this sign in it. */
    private static final String PREFIX = "left/";

    private static final String BETWEEN = " ";

    private FormerShards() {}

    static String key(String nodeId) {
        return PREFIX + nodeId;
    }

    static boolean has(MapDraft draft, String nodeId, String shardId) {
        return of(draft, nodeId).contains(shardId);
    }

    /** Notes it; shards that are no more are left out, so there are never more of them than shards. */
    static void add(MapDraft draft, String nodeId, String shardId, long index) {
        List<String> left = new ArrayList<>(of(draft, nodeId));
        left.removeIf(id -> id.equals(shardId) || draft.shardIndex(id) < 0);
        left.add(shardId);
        draft.values.put(key(nodeId), new ClusterValue(index, String.join(BETWEEN, left)));
    }

    private static List<String> of(MapDraft draft, String nodeId) {
        ClusterValue known = draft.values.get(key(nodeId));
        return known == null ? List.of() : List.of(known.text().split(BETWEEN, -1));
    }
}

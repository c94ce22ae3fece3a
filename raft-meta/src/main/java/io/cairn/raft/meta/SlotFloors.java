package io.cairn.raft.meta;

import org.jspecify.annotations.Nullable;

/**
 * The highest epoch that the log of a shard may have had of any slot when it came from another cluster (MEET), under a key of
 * the shard's own among the map's values. Whatever the shard is given later has an epoch above that, else its log would hold
 * it for something old and never serve it. Pure.
 */
final class SlotFloors {
    /** No name of a setting has this sign in it. */
    private static final String PREFIX = "floor/";

    private SlotFloors() {}

    static long of(ClusterMap map, String shardId) {
        return epoch(map.value(PREFIX + shardId));
    }

    static long of(MapDraft draft, String shardId) {
        return epoch(draft.values.get(PREFIX + shardId));
    }

    /** Never lowers it. */
    static void raise(MapDraft draft, String shardId, long floor, long index) {
        if (floor > of(draft, shardId)) {
            draft.values.put(PREFIX + shardId, new ClusterValue(index, Long.toString(floor)));
        }
    }

    static void forget(MapDraft draft, String shardId) {
        draft.values.remove(PREFIX + shardId);
    }

    private static long epoch(@Nullable ClusterValue value) {
        return value == null ? 0 : Long.parseLong(value.text());
    }
}

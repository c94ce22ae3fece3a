package io.cairn.raft.meta;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The last recovery of the meta group from the loss of most of its voters. What it had decided last may be lost, and the
 * shards' logs may hold newer slots than the map: each shard says once what it has, and until all have, no slot is granted
 * anew.
 *
 * @param unconfirmed shards that have not said so yet
 */
public record Recovery(String id, List<String> unconfirmed) {
    /** The name of the value in the map. */
    static final String NAME = "recovery";

    public Recovery {
        unconfirmed = List.copyOf(unconfirmed);
    }

    /** The last one, or null when there never was one. */
    public static @Nullable Recovery of(ClusterMap map) {
        ClusterValue value = map.value(NAME);
        if (value == null) {
            return null;
        }
        List<String> words = Arrays.asList(value.text().split(" ", -1));
        return new Recovery(words.get(0), words.subList(1, words.size()));
    }

    /**
     * The entry that begins the meta group's life after the loss of most of its voters.
     *
     * @param lostShards those of which nobody is left
     */
    public static ByteBuffer mark(String recoveryId, List<String> lostShards) {
        return ByteBuffer.wrap(MetaCodec.encode(new MetaCommand.MetaRecovered(recoveryId, lostShards)));
    }

    /** Whether the shard has yet to say what it has. */
    public boolean awaits(String shardId) {
        return unconfirmed.contains(shardId);
    }

    Recovery without(String shardId) {
        List<String> left = new ArrayList<>(unconfirmed);
        left.remove(shardId);
        return new Recovery(id, left);
    }

    String text() {
        return unconfirmed.isEmpty() ? id : id + " " + String.join(" ", unconfirmed);
    }
}

package io.cairn.jepsen.check;

import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.resp.HashSlot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which shard an operation asked, after {@code about["shards"]}: a list of {@code [firstSlot, lastSlot, name]}. Several ranges
 * may have one name. A history that does not say has one shard, {@value #ONLY}. A key without braces stands for itself and for
 * the hash tag of the same name alike, since both have the same slot.
 */
final class Shards {
    /** The shard of a history that names none. */
    static final String ONLY = "all";

    private final List<String> names = new ArrayList<>();
    private final int[] shardOfSlot = new int[HashSlot.COUNT];
    private final Map<String, Integer> shardOfKey = new HashMap<>();

    Shards(History history) {
        if (history.about().get("shards") instanceof List<?> ranges && !ranges.isEmpty()) {
            Arrays.fill(shardOfSlot, -1);
            ranges.forEach(this::addRange);
        } else {
            names.add(ONLY);
        }
    }

    private void addRange(Object range) {
        if (!(range instanceof List<?> parts)
                || parts.size() < 3
                || !(parts.get(0) instanceof Number first)
                || !(parts.get(1) instanceof Number last)) {
            throw new IllegalArgumentException("not [firstSlot, lastSlot, name]: " + range);
        }
        String name = String.valueOf(parts.get(2));
        int shard = names.indexOf(name);
        if (shard < 0) {
            shard = names.size();
            names.add(name);
        }
        for (int slot = first.intValue(); slot <= last.intValue(); slot++) {
            shardOfSlot[slot] = shard;
        }
    }

    List<String> names() {
        return names;
    }

    /** The index of the shard in {@link #names()}; -1 when no range covers the key's slot. */
    int of(Operation operation) {
        return shardOfKey.computeIfAbsent(operation.key(), key -> shardOfSlot[HashSlot.of(key)]);
    }
}

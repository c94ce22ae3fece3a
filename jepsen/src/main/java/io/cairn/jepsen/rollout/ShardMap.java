package io.cairn.jepsen.rollout;

import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.Shards;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.HashSlot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The shards of a cluster by numbers, the first slots' shard first; who is in which does not change. */
final class ShardMap {
    private final int[] shardOfSlot = new int[HashSlot.COUNT];
    private final Map<Address, Integer> shardOfNode = new HashMap<>();
    private final int count;

    ShardMap(CairnCluster cluster) {
        List<Shards.Shard> shards = new ArrayList<>(Shards.of(cluster));
        shards.sort(Comparator.comparingInt(Shards.Shard::slot));
        count = shards.size();
        for (int i = 0; i < count; i++) {
            Shards.Shard shard = shards.get(i);
            int end = i + 1 < count ? shards.get(i + 1).slot() : HashSlot.COUNT;
            java.util.Arrays.fill(shardOfSlot, shard.slot(), end, i);
            shardOfNode.put(shard.primary(), i);
            for (Address replica : shard.replicas()) {
                shardOfNode.put(replica, i);
            }
        }
    }

    int count() {
        return count;
    }

    int ofSlot(int slot) {
        return shardOfSlot[slot];
    }

    /** The shard that has one of these nodes; -1 when none has. */
    int ofNodes(List<Address> nodes) {
        for (Address node : nodes) {
            Integer shard = shardOfNode.get(node);
            if (shard != null) {
                return shard;
            }
        }
        return -1;
    }

    /** A word whose slot is the shard's, the {@code number}th of them: what keys have in braces. */
    String tag(int shard, int number) {
        for (int i = 0, seen = 0; ; i++) {
            String tag = Integer.toString(i, 36);
            if (shardOfSlot[HashSlot.of(tag)] == shard && seen++ == number) {
                return tag;
            }
        }
    }
}

package io.cairn.raft.meta;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/** A cluster map while a command changes it. Copies what it is made of. One thread. */
final class MapDraft {
    String clusterId;
    long version;
    NavigableMap<String, ClusterNode> nodes;
    List<Shard> shards;
    final short[] owners;
    final long[] epochs;
    final NavigableMap<String, LeaderClaim> claims;
    final NavigableMap<String, ClusterValue> values;
    final NavigableMap<Integer, String> next;
    final NavigableMap<Integer, OpenSlot> open;
    final NavigableMap<String, Departure> departures;
    final NavigableMap<String, Long> configEpochs;
    final List<Migration> migrations;
    int activeFormat;

    MapDraft(ClusterMap of) {
        this.clusterId = of.clusterId();
        this.version = of.version();
        this.activeFormat = of.activeFormat();
        this.nodes = new TreeMap<>(of.nodesById());
        this.shards = new ArrayList<>(of.shards());
        this.owners = of.owners().clone();
        this.epochs = of.epochs().clone();
        this.claims = new TreeMap<>(of.claims());
        this.values = new TreeMap<>(of.values());
        this.next = new TreeMap<>(of.moves().next());
        this.open = new TreeMap<>(of.moves().open());
        this.departures = new TreeMap<>(of.departures());
        this.configEpochs = new TreeMap<>(of.configEpochs());
        this.migrations = new ArrayList<>(of.migrations().all());
    }

    MapDraft version(long newVersion) {
        version = newVersion;
        return this;
    }

    int shardIndex(String shardId) {
        for (int i = 0; i < shards.size(); i++) {
            if (shards.get(i).id().equals(shardId)) {
                return i;
            }
        }
        return -1;
    }

    /** The node never votes. */
    boolean isReader(String nodeId) {
        return values.containsKey(Votes.key(nodeId));
    }

    /** The slot's owner is the shard of this index, or nobody for -1, under the next epoch that the shard's log can take. */
    void give(int slot, int shardIndex) {
        long floor =
                shardIndex < 0 ? 0 : SlotFloors.of(this, shards.get(shardIndex).id());
        owners[slot] = (short) shardIndex;
        epochs[slot] = Math.max(epochs[slot], floor) + 1;
        next.remove(slot);
    }

    /** Takes away a shard that owns nothing. */
    void dissolve(String shardId) {
        int gone = shardIndex(shardId);
        shards.remove(gone);
        claims.remove(shardId);
        SlotFloors.forget(this, shardId);
        for (int slot = 0; slot < owners.length; slot++) {
            if (owners[slot] > gone) {
                owners[slot]--;
            }
        }
        next.values().removeIf(shardId::equals);
        open.values().removeIf(slot -> slot.names(shardId));
    }

    ClusterMap map() {
        return new ClusterMap(
                clusterId,
                version,
                activeFormat,
                nodes,
                shards,
                owners,
                epochs,
                claims,
                values,
                new SlotMoves(next, open),
                departures,
                configEpochs,
                new Migrations(migrations));
    }
}

package io.cairn.cli;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What CAIRN CUT says of a cluster.
 *
 * @param moving slots that are on their way to another shard
 * @param settings name and value in turn
 */
record ClusterCut(String clusterId, long activeVersion, long moving, List<ShardOfCut> shards, List<String> settings) {
    /**
     * A shard that has slots.
     *
     * @param primary host:port, empty while there is none
     * @param ownership another text once a slot of it has changed hands
     */
    record ShardOfCut(String id, String primary, String slots, String ownership) {
        InetSocketAddress address() throws IOException {
            if (primary.isEmpty()) {
                throw new IOException("shard " + id + " has no primary now");
            }
            int colon = primary.lastIndexOf(':');
            return new InetSocketAddress(primary.substring(0, colon), Integer.parseInt(primary.substring(colon + 1)));
        }
    }

    static ClusterCut of(RespClient node) throws IOException {
        List<?> all = list(node.call("CAIRN", "CUT"));
        List<ShardOfCut> shards = new ArrayList<>();
        for (Object each : list(all.get(3))) {
            List<?> shard = list(each);
            shards.add(new ShardOfCut(text(shard.get(0)), text(shard.get(1)), text(shard.get(2)), text(shard.get(3))));
        }
        List<String> settings = new ArrayList<>();
        for (Object each : list(all.get(4))) {
            settings.add(text(each));
        }
        return new ClusterCut(
                text(all.get(0)), Long.parseLong(text(all.get(1))), Long.parseLong(text(all.get(2))), shards, settings);
    }

    private static List<?> list(@Nullable Object value) throws IOException {
        if (value instanceof List<?> list) {
            return list;
        }
        throw new IOException("this is no node of a Cairn raft cluster: " + value);
    }

    private static String text(@Nullable Object value) {
        return String.valueOf(Objects.requireNonNull(value));
    }

    /** Which shard has which slots; two moments with the same text have no change of hands between them. */
    String ownership() {
        StringBuilder text = new StringBuilder();
        for (ShardOfCut shard : shards) {
            text.append(shard.id())
                    .append(' ')
                    .append(shard.slots())
                    .append(' ')
                    .append(shard.ownership())
                    .append('\n');
        }
        return text.toString();
    }

    /** How many slots have an owner. */
    int covered() {
        int slots = 0;
        for (ShardOfCut shard : shards) {
            for (String range : shard.slots().split(",", -1)) {
                int dash = range.indexOf('-');
                slots += Integer.parseInt(range.substring(dash + 1)) - Integer.parseInt(range.substring(0, dash)) + 1;
            }
        }
        return slots;
    }
}

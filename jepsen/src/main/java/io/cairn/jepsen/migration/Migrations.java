package io.cairn.jepsen.migration;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.HashSlot;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Timeouts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Data to be migrated, and what the cluster says of migrations. */
public final class Migrations {
    private static final int BATCH = 500;

    private static final int MAX_TRIES = 50;

    private Migrations() {}

    public static String key(String prefix, int i) {
        return prefix + ":" + i;
    }

    /** 100 bytes that only this key has. */
    public static String value(String key) {
        return (key + "=").repeat(100).substring(0, 100);
    }

    /** Writes keys to whoever serves them. */
    public static void load(CairnCluster cluster, String prefix, int keys) throws Exception {
        loadIn(cluster, prefix, keys, slot -> true);
    }

    /** As {@link #load}, keys of these slots. */
    public static void loadIn(CairnCluster cluster, String prefix, int keys, IntPredicate slots) throws Exception {
        List<String> left = keys(prefix, keys, slots);
        for (int tries = 0; !left.isEmpty(); tries++) {
            List<String> again = new ArrayList<>();
            send(cluster, left, "SET", (key, reply) -> {
                boolean moved =
                        reply.text().startsWith("MOVED ") || reply.text().startsWith("TRYAGAIN ");
                if (moved) {
                    again.add(key);
                } else if (!reply.text().equals("OK")) {
                    throw new IllegalStateException(key + ": " + reply.text());
                }
            });
            if (!again.isEmpty()) {
                if (tries == MAX_TRIES) {
                    throw new IllegalStateException(again.size() + " keys go from node to node");
                }
                Thread.sleep(100); // Slots are moving.
            }
            left = again;
        }
    }

    /** Told of replies. */
    public interface Told {
        void reply(String key, Reply reply);
    }

    /** Sends SET or GET for every key to the slot's primary. */
    public static void each(CairnCluster cluster, String prefix, int keys, String command, Told told) throws Exception {
        eachIn(cluster, prefix, keys, slot -> true, command, told);
    }

    /** As {@link #each}, for the first so many keys of these slots. */
    public static void eachIn(
            CairnCluster cluster, String prefix, int keys, IntPredicate slots, String command, Told told)
            throws Exception {
        send(cluster, keys(prefix, keys, slots), command, told);
    }

    private static List<String> keys(String prefix, int count, IntPredicate slots) {
        List<String> keys = new ArrayList<>();
        for (int i = 0; keys.size() < count; i++) {
            String key = key(prefix, i);
            if (slots.test(HashSlot.of(key))) {
                keys.add(key);
            }
        }
        return keys;
    }

    private static void send(CairnCluster cluster, List<String> keys, String command, Told told) throws Exception {
        Map<Address, RawClient> clients = new HashMap<>();
        Map<Address, List<String>> parts = new HashMap<>();
        List<ClusterState.Range> ranges = ClusterState.slots(cluster.nodes().get(0));
        try {
            for (String key : keys) {
                parts.computeIfAbsent(owner(ranges, HashSlot.of(key)), to -> new ArrayList<>())
                        .add(key);
            }
            for (Map.Entry<Address, List<String>> part : parts.entrySet()) {
                RawClient client = RawClient.connect(part.getKey(), Timeouts.PATIENT);
                clients.put(part.getKey(), client);
                List<String> all = part.getValue();
                for (int from = 0; from < all.size(); from += BATCH) {
                    List<String> batch = all.subList(from, Math.min(all.size(), from + BATCH));
                    for (String key : batch) {
                        client.send(
                                command.equals("SET")
                                        ? RawClient.words(command, key, value(key))
                                        : RawClient.words(command, key));
                    }
                    client.flush();
                    for (String key : batch) {
                        told.reply(key, client.receive());
                    }
                }
            }
        } finally {
            clients.values().forEach(RawClient::close);
        }
    }

    private static Address owner(List<ClusterState.Range> ranges, int slot) {
        for (ClusterState.Range range : ranges) {
            if (range.contains(slot)) {
                return range.primary();
            }
        }
        throw new IllegalStateException("nobody serves slot " + slot);
    }

    /** What is wrong with the data that {@link #load} wrote. */
    public static List<String> wrong(CairnCluster cluster, String prefix, int keys) throws Exception {
        return wrongIn(cluster, prefix, keys, slot -> true);
    }

    /** What is wrong with the data that {@link #loadIn} wrote. */
    public static List<String> wrongIn(CairnCluster cluster, String prefix, int keys, IntPredicate slots)
            throws Exception {
        List<String> wrong = new ArrayList<>();
        eachIn(cluster, prefix, keys, slots, "GET", (key, reply) -> {
            if (!reply.text().equals(value(key)) && wrong.size() < 20) {
                wrong.add("slot " + HashSlot.of(key) + ", " + key + ": " + reply.text());
            }
        });
        return wrong;
    }

    /** Keys that the primaries count in all. */
    public static long sizes(CairnCluster cluster) throws Exception {
        long sum = 0;
        for (Address primary : primaries(cluster)) {
            sum += ClusterState.ask(primary, "DBSIZE").number();
        }
        return sum;
    }

    public static List<Address> primaries(CairnCluster cluster) throws NotSentException, OutcomeUnknownException {
        return ClusterState.slots(cluster.nodes().get(0)).stream()
                .map(ClusterState.Range::primary)
                .distinct()
                .toList();
    }

    public static @Nullable Address primary(CairnCluster cluster, int slot) {
        for (Address node : cluster.nodes()) {
            try {
                for (ClusterState.Range range : ClusterState.slots(node)) {
                    if (range.contains(slot)) {
                        return range.primary();
                    }
                }
            } catch (NotSentException | OutcomeUnknownException e) {
                // The next one may know.
            }
        }
        return null;
    }

    /** The fields of a migration as a node tells them, or null. */
    public static @Nullable Map<String, String> status(Address node, String id)
            throws NotSentException, OutcomeUnknownException {
        Reply reply = ClusterState.ask(node, "CLUSTER", "MIGRATION", "STATUS", "ID", id);
        if (reply.failed() || reply.items().isEmpty()) {
            return null;
        }
        Map<String, String> fields = new HashMap<>();
        List<Reply> items = reply.items().get(0).items();
        for (int i = 0; i + 1 < items.size(); i += 2) {
            fields.put(items.get(i).text(), items.get(i + 1).text());
        }
        return fields;
    }

    /** The state as the first node of the shard says it that answers; empty when none does. */
    public static String state(CairnCluster cluster, String id) {
        for (Address node : cluster.nodes()) {
            try {
                Map<String, String> fields = status(node, id);
                if (fields != null) {
                    return Objects.requireNonNull(fields.get("state"));
                }
            } catch (NotSentException | OutcomeUnknownException e) {
                // The next one may know.
            }
        }
        return "";
    }

    /** CLUSTER MIGRATION IMPORT at the destination; the id. */
    public static String begin(Address to, int first, int last) throws NotSentException, OutcomeUnknownException {
        Reply reply =
                ClusterState.ask(to, "CLUSTER", "MIGRATION", "IMPORT", Integer.toString(first), Integer.toString(last));
        if (reply.failed()) {
            throw new IllegalStateException(reply.text());
        }
        return reply.text();
    }

    /** Waits until the source's primary is in the middle of sending. */
    public static void awaitStream(Address source, String id, int seconds) {
        Await.until("migration " + id + " streams", seconds, () -> {
            Map<String, String> fields = status(source, id);
            String now = fields == null ? "unknown" : fields.getOrDefault("state", "");
            if (!now.equals("send-bulk-and-stream")) {
                throw new IllegalStateException("it is " + now);
            }
            return true;
        });
    }

    public static void awaitState(CairnCluster cluster, String id, String state, int seconds) {
        Await.until("migration " + id + " is " + state, seconds, () -> {
            String now = state(cluster, id);
            if (!now.equals(state)) {
                throw new IllegalStateException("it is " + now);
            }
            return true;
        });
    }
}

package io.cairn.jepsen.process;

import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.HashSlot;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Timeouts;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What the nodes of a cluster say about it. */
public final class ClusterState {
    private static final Timeouts QUICK = new Timeouts(500, 2_000);

    /** A range of slots and the primary that serves it. */
    public record Range(int first, int last, Address primary) {
        public boolean contains(int slot) {
            return slot >= first && slot <= last;
        }
    }

    private ClusterState() {}

    /** Whether a node answers PING. */
    public static boolean answers(Address node) throws NotSentException, OutcomeUnknownException {
        return ask(node, "PING").text().equals("PONG");
    }

    /** The slot map as one node tells it by CLUSTER SLOTS. */
    public static List<Range> slots(Address node) throws NotSentException, OutcomeUnknownException {
        List<Range> ranges = new ArrayList<>();
        for (Reply range : ask(node, "CLUSTER", "SLOTS").items()) {
            List<Reply> primary = range.items().get(2).items();
            ranges.add(new Range(
                    (int) range.items().get(0).number(),
                    (int) range.items().get(1).number(),
                    new Address(primary.get(0).text(), (int) primary.get(1).number())));
        }
        return ranges;
    }

    /** Who serves a slot according to the first of these nodes that says so; null when none does. */
    public static @Nullable Address primaryOf(int slot, List<Address> nodes) {
        for (Address node : nodes) {
            try {
                for (Range range : slots(node)) {
                    if (range.contains(slot)) {
                        return range.primary();
                    }
                }
            } catch (NotSentException | OutcomeUnknownException e) {
                // This node is down; the next one may know.
            }
        }
        return null;
    }

    /**
     * Whether a node sees a whole cluster: its state is ok, all slots are covered, and CLUSTER SHARDS shows every node
     * of every shard online. Says what is missing, or null when nothing is.
     */
    public static @Nullable String unhealthy(Address node, int nodes) throws NotSentException, OutcomeUnknownException {
        String info = ask(node, "CLUSTER", "INFO").text();
        if (!info.contains("cluster_state:ok")) {
            return node + " says " + info.replaceAll("(?s).*(cluster_state:\\w*).*", "$1");
        }
        int covered =
                slots(node).stream().mapToInt(r -> r.last() - r.first() + 1).sum();
        if (covered != HashSlot.COUNT) {
            return node + " knows an owner of " + covered + " slots";
        }
        int online = 0;
        for (Reply shard : ask(node, "CLUSTER", "SHARDS").items()) {
            for (Reply member : field(shard, "nodes").items()) {
                online += field(member, "health").text().equals("online") ? 1 : 0;
            }
        }
        return online == nodes ? null : node + " sees " + online + " of " + nodes + " nodes online";
    }

    /** Waits until every node sees a whole cluster. */
    public static void awaitHealthy(List<Address> nodes, int seconds) {
        StringBuilder complaint = new StringBuilder();
        try {
            Await.until("every node sees a whole cluster", seconds, () -> {
                for (Address node : nodes) {
                    complaint.setLength(0);
                    complaint.append(node).append(" does not answer");
                    String missing = unhealthy(node, nodes.size());
                    if (missing != null) {
                        complaint.setLength(0);
                        complaint.append(missing);
                        return false;
                    }
                }
                return true;
            });
        } catch (IllegalStateException e) {
            throw new IllegalStateException(e.getMessage() + "; " + complaint, e);
        }
    }

    /**
     * Waits until the same primaries have served for {@code steadySeconds}: leadership moves to preferred nodes a few
     * seconds after a start, which a test that counts something else need not see.
     */
    public static void awaitSteady(Address node, int steadySeconds, int seconds) {
        AtomicReference<List<Range>> last = new AtomicReference<>(List.of());
        AtomicLong since = new AtomicLong();
        Await.until("primaries stay the same", seconds, () -> {
            List<Range> now = slots(node);
            if (!now.equals(last.getAndSet(now))) {
                since.set(System.nanoTime());
            }
            return System.nanoTime() - since.get() > TimeUnit.SECONDS.toNanos(steadySeconds);
        });
    }

    /** Waits until the nodes of each shard have applied the same; nobody writes meanwhile. */
    public static void awaitCaughtUp(List<Address> nodes, int seconds) {
        Await.until("all replicas have caught up", seconds, () -> {
            for (Reply shard : ask(nodes.get(0), "CLUSTER", "SHARDS").items()) {
                Set<Long> offsets = new HashSet<>();
                for (Reply member : field(shard, "nodes").items()) {
                    int port = (int) field(member, "port").number();
                    offsets.add(ownOffset(new Address(field(member, "ip").text(), port)));
                }
                if (offsets.size() != 1) {
                    return false;
                }
            }
            return true;
        });
    }

    /** Who holds each shard according to one node: the nodes' ports, by the shard's slots. */
    public static Map<String, Set<Integer>> shards(Address node) throws NotSentException, OutcomeUnknownException {
        Map<String, Set<Integer>> shards = new LinkedHashMap<>();
        for (Reply shard : ask(node, "CLUSTER", "SHARDS").items()) {
            Set<Integer> ports = new TreeSet<>();
            for (Reply member : field(shard, "nodes").items()) {
                ports.add((int) field(member, "port").number());
            }
            String slots = field(shard, "slots").text();
            shards.put(shards.containsKey(slots) ? slots + "#" + shards.size() : slots, ports);
        }
        return shards;
    }

    /** How far a node says it has applied its shard's log. */
    public static long ownOffset(Address node) throws NotSentException, OutcomeUnknownException {
        for (Reply shard : ask(node, "CLUSTER", "SHARDS").items()) {
            for (Reply member : field(shard, "nodes").items()) {
                if (field(member, "port").number() == node.port()) {
                    return field(member, "replication-offset").number();
                }
            }
        }
        throw new IllegalStateException(node + " does not list itself");
    }

    /** One command on a connection of its own. */
    public static Reply ask(Address node, String... words) throws NotSentException, OutcomeUnknownException {
        try (RawClient client = RawClient.connect(node, QUICK)) {
            return client.call(words);
        }
    }

    private static Reply field(Reply map, String name) {
        List<Reply> items = map.items();
        for (int i = 0; i + 1 < items.size(); i += 2) {
            if (items.get(i).text().equals(name)) {
                return items.get(i + 1);
            }
        }
        throw new IllegalArgumentException("no field " + name + " in " + map.text());
    }
}

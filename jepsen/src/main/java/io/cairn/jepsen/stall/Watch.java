package io.cairn.jepsen.stall;

import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Timeouts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Asks every node for a PING again and again, each on a connection of its own, one for a key, and some of them how they see the others; keeps the longest waits and
 * whatever was seen wrong, until {@link #take}. Threads of its own.
 */
final class Watch implements AutoCloseable {
    private static final long PAUSE_MILLIS = 50;
    private static final Timeouts TIMEOUTS = new Timeouts(5_000, 60_000);

    private final Map<Address, Long> worstMillis = new ConcurrentHashMap<>();
    private final Map<Address, Long> readMillis = new ConcurrentHashMap<>();
    private final Set<String> seen = ConcurrentHashMap.newKeySet();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean over;

    /** What was seen since the last time: the longest wait for a PING by node, that of the reader, and what was wrong. */
    record Seen(Map<Address, Long> worstMillis, long readMillis, Set<String> wrong) {
        long worst(List<Address> nodes) {
            return nodes.stream()
                    .mapToLong(node -> worstMillis.getOrDefault(node, 0L))
                    .max()
                    .orElse(0);
        }
    }

    /**
     * @param nodes to be asked for a PING
     * @param observers nodes that are asked whether others fail
     * @param reader a node that is asked for {@code key}, beside what the large thing lies
     */
    Watch(List<Address> nodes, List<Address> observers, Address reader, String key) {
        for (Address node : nodes) {
            begin("ping-" + node.port(), () -> ask(node, worstMillis, "PING"));
        }
        // Whoever reads what is locked blocks the event loop that it shares with others.
        begin("read-" + reader.port(), () -> ask(reader, readMillis, "GET", key));
        for (Address node : observers) {
            begin("look-" + node.port(), () -> look(node));
        }
    }

    private void begin(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    private void ask(Address node, Map<Address, Long> worst, String... words) {
        while (!over) {
            try (RawClient client = RawClient.connect(node, TIMEOUTS)) {
                while (!over) {
                    long began = System.nanoTime();
                    client.call(words);
                    worst.merge(node, (System.nanoTime() - began) / 1_000_000, Math::max);
                    pause();
                }
            } catch (NotSentException | OutcomeUnknownException e) {
                wrong(node + " does not answer " + words[0] + ": " + e.getMessage());
                pause();
            }
        }
    }

    private void look(Address node) {
        while (!over) {
            try {
                ClusterState.ask(node, "CLUSTER", "NODES")
                        .text()
                        .lines()
                        .filter(line -> line.contains("fail"))
                        .forEach(line -> wrong(node + " sees " + line.replaceAll("^\\S+ ", "")));
            } catch (NotSentException | OutcomeUnknownException e) {
                wrong(node + " does not answer CLUSTER NODES: " + e.getMessage());
            }
            pause();
        }
    }

    private void wrong(String what) {
        if (!over) {
            seen.add(what.replaceAll(" 0 \\d+ ", " "));
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What was seen since the last call. */
    Seen take() {
        Seen taken = new Seen(
                new TreeMap<>(java.util.Comparator.comparingInt(Address::port)),
                readMillis.values().stream().mapToLong(Long::longValue).max().orElse(0),
                new TreeSet<>(seen));
        readMillis.clear();
        taken.worstMillis.putAll(worstMillis);
        worstMillis.clear();
        seen.clear();
        return taken;
    }

    @Override
    public void close() {
        over = true;
        for (Thread thread : threads) {
            thread.interrupt();
        }
    }
}

package io.cairn.jepsen.rollout;

import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * How often nodes gave each other whole copies of their data: full syncs of gossip mode, snapshots of a shard's Raft group. Read from INFO
 * all the time, since counters begin anew with a process.
 */
final class CopyMeter implements AutoCloseable {
    private static final long LOOK_MILLIS = 500;
    private static final List<String> FULL = List.of("sync_full", "cluster_shard_snapshots_received");
    private static final List<String> PARTIAL = List.of("sync_partial_ok");

    private final List<Address> nodes;
    private final Map<String, Long> last = new HashMap<>();
    /** Guarded by itself. */
    private final Map<String, Long> counts = new TreeMap<>();

    private final Thread thread;
    private volatile boolean running = true;

    CopyMeter(List<Address> nodes) {
        this.nodes = List.copyOf(nodes);
        look(false);
        thread = new Thread(this::run, "copies");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        while (running) {
            look(true);
            try {
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private synchronized void look(boolean count) {
        for (Address node : nodes) {
            try {
                String info = ClusterState.ask(node, "INFO", "stats").text()
                        + ClusterState.ask(node, "CLUSTER", "INFO").text();
                for (String name : FULL) {
                    take(node, info, name, count);
                }
                for (String name : PARTIAL) {
                    take(node, info, name, count);
                }
            } catch (NotSentException | OutcomeUnknownException e) {
                // It is down; its counters begin anew.
                last.keySet().removeIf(key -> key.startsWith(node + " "));
            }
        }
    }

    private void take(Address node, String info, String name, boolean count) {
        info.lines().filter(line -> line.startsWith(name + ":")).forEach(line -> {
            long now = Long.parseLong(line.substring(name.length() + 1).strip());
            Long before = last.put(node + " " + name, now);
            long more = before == null || now < before ? now : now - before;
            if (count && more > 0) {
                synchronized (counts) {
                    counts.merge(name, more, Long::sum);
                }
            }
        });
    }

    /** Whole copies since this was asked last. */
    long full() {
        look(true);
        return taken(FULL);
    }

    /** Times that a replica went on where it had been, since this was asked last. */
    long partial() {
        return taken(PARTIAL);
    }

    private long taken(List<String> names) {
        synchronized (counts) {
            long sum = 0;
            for (String name : names) {
                Long count = counts.remove(name);
                sum += count == null ? 0 : count;
            }
            return sum;
        }
    }

    @Override
    public void close() {
        running = false;
        thread.interrupt();
    }
}

package io.cairn.jepsen.machines;

import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Counts elections from outside: each group's term, as any of its members tells it, only grows by elections. */
public final class Elections implements AutoCloseable {
    private static final long LOOK_MILLIS = 250;

    private final Supplier<List<Address>> nodes;
    private final Thread thread;
    private final long beginNanos = System.nanoTime();
    /** The first and the newest term seen of each group; guarded by itself. */
    private final Map<String, long[]> terms = new TreeMap<>();

    private volatile boolean running = true;

    public Elections(Supplier<List<Address>> nodes) {
        this.nodes = nodes;
        this.thread = new Thread(this::run, "elections");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        while (running) {
            for (Address node : nodes.get()) {
                try {
                    Map<String, String> info = Machines.info(node);
                    look("meta", info.get("cluster_meta_term"));
                    look("the shard of " + shard(node), info.get("cluster_shard_term"));
                } catch (NotSentException | OutcomeUnknownException | RuntimeException e) {
                    // It is down; another tells.
                }
            }
            try {
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Nodes of one shard have ports that differ by whole machines. */
    private static int shard(Address node) {
        return node.port() % 9;
    }

    private void look(String group, @Nullable String term) {
        if (term == null || term.isEmpty()) {
            return;
        }
        long now = Long.parseLong(term);
        synchronized (terms) {
            long[] seen = terms.computeIfAbsent(group, g -> new long[] {now, now});
            seen[1] = Math.max(seen[1], now);
        }
    }

    /** Elections of all groups since the first look. */
    public long count() {
        synchronized (terms) {
            return terms.values().stream().mapToLong(seen -> seen[1] - seen[0]).sum();
        }
    }

    /** For people: how many in each group, and how many a minute. */
    public String describe() {
        double minutes = (System.nanoTime() - beginNanos) / 60e9;
        StringBuilder text = new StringBuilder();
        synchronized (terms) {
            terms.forEach((group, seen) ->
                    text.append(group).append(' ').append(seen[1] - seen[0]).append(", "));
        }
        return text + String.format(Locale.ROOT, "%d in %.1f min, %.1f a minute", count(), minutes, count() / minutes);
    }

    @Override
    public void close() {
        running = false;
        thread.interrupt();
    }
}

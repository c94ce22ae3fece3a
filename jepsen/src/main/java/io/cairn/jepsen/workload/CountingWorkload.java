package io.cairn.jepsen.workload;

import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.Attempt;
import io.cairn.jepsen.resp.ClusterClient;
import io.cairn.jepsen.resp.HashSlot;
import io.cairn.jepsen.resp.Timeouts;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Clients that count: writers that INCR counters and APPEND unique tokens, readers that follow redirects, one reader
 * at each node that does not, and one prober for each shard. What holds, whatever fails meanwhile: no read and no reply
 * falls behind what was proven before it was asked for; at the end of each key acknowledged &lt;= value &lt;=
 * acknowledged + unknown, and each acknowledged token is there once, where its reply said.
 */
public final class CountingWorkload implements AutoCloseable {
    private static final int JOIN_SECONDS = 60;
    private static final int READ_BACK_SECONDS = 60;
    /** Long enough for a slow fsync, short enough that a stopped primary does not hide the new one. */
    private static final Timeouts WORKER = new Timeouts(200, 400);

    private static final Timeouts PROBE = new Timeouts(200, 250);

    /** How much of what runs. */
    public record Load(int keys, int writers, int readers, long pauseMicros, long directPauseMicros, long seed) {
        /** Eight writers and what two cores bear beside the servers. */
        public static Load standard(long seed) {
            return new Load(96, 8, 2, 2_000, 10_000, seed);
        }
    }

    private final TestCluster cluster;
    private final List<TrackedKey> keys = new ArrayList<>();
    private final List<Prober> probers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Violations violations = new Violations();
    private final AtomicLong reads = new AtomicLong();
    private final AtomicLong directReads = new AtomicLong();
    private volatile boolean running = true;

    /** Prepares the clients; the cluster is whole and its slot map says which shards there are. */
    public CountingWorkload(TestCluster cluster, Load load, List<ClusterState.Range> shards) {
        this.cluster = cluster;
        String run = Long.toString(System.currentTimeMillis(), 36);
        for (int i = 0; i < load.keys(); i++) {
            String name = "%s:%d".formatted(run, i);
            keys.add(i % 2 == 0 ? new CounterKey("counter:" + name) : new AppendKey("log:" + name));
        }
        SplittableRandom random = new SplittableRandom(load.seed());
        List<TrackedKey> spread = List.copyOf(keys);
        for (int i = 0; i < shards.size(); i++) {
            String name = HashSlot.keyIn("probe:" + run + ":", shards.get(i)::contains);
            TrackedKey key = new CounterKey(name);
            keys.add(key);
            Prober prober = new Prober("shard " + i, i, key, client(PROBE, i), () -> running, violations);
            probers.add(prober);
            add("probe-" + i, prober);
        }
        for (int i = 0; i < load.writers(); i++) {
            add(
                    "writer-" + i,
                    new Writer(
                            i,
                            spread,
                            client(WORKER, i),
                            random.split(),
                            load.pauseMicros(),
                            () -> running,
                            violations));
        }
        for (int i = 0; i < load.readers(); i++) {
            add(
                    "reader-" + i,
                    new Reader(
                            "reader " + i,
                            spread,
                            client(WORKER, i),
                            random.split(),
                            load.pauseMicros(),
                            () -> running,
                            violations,
                            reads));
        }
        for (Address node : cluster.nodes()) {
            add(
                    "direct-" + node,
                    new DirectReader(
                            node,
                            spread,
                            random.split(),
                            load.directPauseMicros(),
                            () -> running,
                            violations,
                            directReads));
        }
    }

    public void start() {
        threads.forEach(Thread::start);
    }

    /** One for each shard. */
    public List<Prober> probers() {
        return probers;
    }

    public Violations violations() {
        return violations;
    }

    /** Writes acknowledged so far. */
    public long acknowledged() {
        return keys.stream().mapToLong(TrackedKey::acknowledged).sum();
    }

    /** Writes whose outcome is unknown so far. */
    public long unknown() {
        return keys.stream().mapToLong(TrackedKey::unknown).sum();
    }

    /** Reads compared so far: those that followed redirects and those at a given node. */
    public String readsSeen() {
        return reads.get() + " routed, " + directReads.get() + " direct";
    }

    /** Compares what is there with what the clients were told; they have been stopped. */
    public void check() {
        try (ClusterClient client = client(Timeouts.PATIENT, 0)) {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(READ_BACK_SECONDS);
            for (TrackedKey key : keys) {
                Attempt attempt = readBack(client, key, deadline);
                if (attempt instanceof Attempt.Acknowledged done) {
                    key.check(done.reply(), violations);
                } else {
                    violations.add("%s: cannot be read back: %s".formatted(key.name(), attempt));
                }
            }
        }
    }

    @Override
    public void close() {
        stop();
    }

    private static Attempt readBack(ClusterClient client, TrackedKey key, long deadlineNanos) {
        Attempt attempt;
        do {
            attempt = client.execute(key.slot(), deadlineNanos, TrackedKey.bytes("GET"), key.nameBytes());
        } while (attempt instanceof Attempt.Unknown && System.nanoTime() - deadlineNanos < 0);
        return attempt;
    }

    private ClusterClient client(Timeouts timeouts, int firstTurn) {
        return new ClusterClient(cluster.nodes(), cluster.processOfNode(), timeouts, firstTurn);
    }

    private void add(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler((t, e) -> violations.add("%s died: %s".formatted(t.getName(), e)));
        threads.add(thread);
    }

    /** Ends the clients; what they have in flight becomes unknown. */
    public void stop() {
        running = false;
        threads.forEach(Thread::interrupt);
        for (Thread thread : threads) {
            try {
                thread.join(TimeUnit.SECONDS.toMillis(JOIN_SECONDS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (thread.isAlive()) {
                violations.add("%s did not end".formatted(thread.getName()));
            }
        }
        threads.clear();
    }
}

package io.cairn.jepsen.workload;

import io.cairn.jepsen.resp.Attempt;
import io.cairn.jepsen.resp.ClusterClient;
import io.cairn.jepsen.resp.Reply;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** A client that reads at the primaries and compares each answer with what was proven before it asked. */
final class Reader implements Runnable {
    private static final long PATIENCE_SECONDS = 30;

    private final String name;
    private final List<TrackedKey> keys;
    private final ClusterClient client;
    private final SplittableRandom random;
    private final long pauseNanos;
    private final BooleanSupplier running;
    private final Violations violations;
    private final AtomicLong reads;

    Reader(
            String name,
            List<TrackedKey> keys,
            ClusterClient client,
            SplittableRandom random,
            long pauseMicros,
            BooleanSupplier running,
            Violations violations,
            AtomicLong reads) {
        this.name = name;
        this.keys = keys;
        this.client = client;
        this.random = random;
        pauseNanos = TimeUnit.MICROSECONDS.toNanos(pauseMicros);
        this.running = running;
        this.violations = violations;
        this.reads = reads;
    }

    @Override
    public void run() {
        try (client) {
            while (running.getAsBoolean()) {
                TrackedKey key = keys.get(random.nextInt(keys.size()));
                TrackedKey.Floor floor = key.floor();
                long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
                Attempt attempt = client.execute(key.slot(), deadline, key.read());
                if (attempt instanceof Attempt.Acknowledged done && !(done.reply() instanceof Reply.Failure)) {
                    key.read(name + " at " + done.node(), floor, done.reply(), violations);
                    reads.incrementAndGet();
                }
                LockSupport.parkNanos(pauseNanos);
            }
        }
    }
}

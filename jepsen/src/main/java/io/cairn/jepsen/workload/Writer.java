package io.cairn.jepsen.workload;

import io.cairn.jepsen.resp.Attempt;
import io.cairn.jepsen.resp.ClusterClient;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** A client that writes to one tracked key after another and counts what it is told. */
final class Writer implements Runnable {
    /** A write that was only refused for this long is given up; it did not happen. */
    private static final long PATIENCE_SECONDS = 30;

    private final int number;
    private final List<TrackedKey> keys;
    private final ClusterClient client;
    private final SplittableRandom random;
    private final long pauseNanos;
    private final BooleanSupplier running;
    private final Violations violations;
    private long sequence;

    Writer(
            int number,
            List<TrackedKey> keys,
            ClusterClient client,
            SplittableRandom random,
            long pauseMicros,
            BooleanSupplier running,
            Violations violations) {
        this.number = number;
        this.keys = keys;
        this.client = client;
        this.random = random;
        pauseNanos = TimeUnit.MICROSECONDS.toNanos(pauseMicros);
        this.running = running;
        this.violations = violations;
    }

    @Override
    public void run() {
        try (client) {
            while (running.getAsBoolean()) {
                write(keys.get(random.nextInt(keys.size())));
                LockSupport.parkNanos(pauseNanos);
            }
        }
    }

    private void write(TrackedKey key) {
        String token = "w%03d-%010d.".formatted(number, sequence++);
        TrackedKey.Floor floor = key.floor();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        Attempt attempt = client.execute(key.slot(), deadline, key.write(token));
        if (attempt instanceof Attempt.Acknowledged done) {
            key.wrote(token, "a writer at " + done.node(), floor, done.reply(), violations);
        } else if (attempt instanceof Attempt.Unknown) {
            key.lost(token);
        }
    }
}

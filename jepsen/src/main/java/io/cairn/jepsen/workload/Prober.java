package io.cairn.jepsen.workload;

import io.cairn.jepsen.resp.Attempt;
import io.cairn.jepsen.resp.ClusterClient;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Writes to one shard without a rest, to see when it took no writes. */
public final class Prober implements Runnable {
    private static final long PATIENCE_SECONDS = 120;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private final String shard;
    private final int number;
    private final TrackedKey key;
    private final ClusterClient client;
    private final BooleanSupplier running;
    private final Violations violations;
    private long sequence;
    private long markNanos;
    private long armedNanos;
    private long recoveredNanos;
    private boolean waiting;
    private long lastAckNanos = System.nanoTime();
    private long longestSilenceNanos;

    Prober(
            String shard,
            int number,
            TrackedKey key,
            ClusterClient client,
            BooleanSupplier running,
            Violations violations) {
        this.shard = shard;
        this.number = number;
        this.key = key;
        this.client = client;
        this.running = running;
        this.violations = violations;
    }

    /** What to call the shard in reports. */
    public String shard() {
        return shard;
    }

    /** A slot of the shard. */
    public int slot() {
        return key.slot();
    }

    /** A fault is about to strike: the gap begins now. */
    public synchronized void mark(long nowNanos) {
        markNanos = nowNanos;
        armedNanos = Long.MAX_VALUE;
        lastAckNanos = nowNanos;
        longestSilenceNanos = 0;
        waiting = true;
    }

    /** The fault has struck: the gap ends with the next acknowledged write that is sent later than this. */
    public synchronized void arm(long nowNanos) {
        armedNanos = nowNanos;
    }

    /** Whether a write that was sent after the fault has been acknowledged. */
    public synchronized boolean recovered() {
        return !waiting;
    }

    /** From the mark to the first acknowledged write that was sent after the fault. */
    public synchronized double gapMillis() {
        return (recoveredNanos - markNanos) / 1e6;
    }

    /** The longest time without an acknowledged write since the mark. */
    public synchronized double longestSilenceMillis() {
        return Math.max(longestSilenceNanos, System.nanoTime() - lastAckNanos) / 1e6;
    }

    @Override
    public void run() {
        try (client) {
            while (running.getAsBoolean()) {
                probe();
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    private void probe() {
        String token = "p%03d-%010d.".formatted(number, sequence++);
        TrackedKey.Floor floor = key.floor();
        long sent = System.nanoTime();
        long deadline = sent + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        Attempt attempt = client.execute(key.slot(), deadline, key.write(token));
        if (attempt instanceof Attempt.Acknowledged done) {
            key.wrote(token, "a writer at " + done.node(), floor, done.reply(), violations);
            acknowledged(sent, System.nanoTime());
        } else if (attempt instanceof Attempt.Unknown) {
            key.lost(token);
        }
    }

    private synchronized void acknowledged(long sentNanos, long nowNanos) {
        if (nowNanos - lastAckNanos > longestSilenceNanos) {
            longestSilenceNanos = nowNanos - lastAckNanos;
        }
        lastAckNanos = nowNanos;
        if (waiting && armedNanos != Long.MAX_VALUE && sentNanos - armedNanos >= 0) {
            waiting = false;
            recoveredNanos = nowNanos;
        }
    }
}

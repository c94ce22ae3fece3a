package io.cairn.jepsen.machines;

import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.Attempt;
import io.cairn.jepsen.resp.ClusterClient;
import io.cairn.jepsen.resp.HashSlot;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Timeouts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Increments counters of its own and reads them, through machines that come and go. An answer below what was acknowledged
 * before is a lost write or a second owner; one above acknowledged plus unknown is a write that was done twice.
 */
public final class CountingClient implements AutoCloseable {
    private static final Timeouts TIMEOUTS = new Timeouts(250, 1_500);
    private static final int SECONDS_OF_AN_OPERATION = 30;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final int MOST_PROBLEMS = 20;

    private final String name;
    private final Supplier<List<Address>> nodes;
    private final int[] slots;
    private final byte[][] keys;
    private final long[] acknowledged;
    private final long[] unknown;
    private final long[] floor;
    private final List<String> problems = new ArrayList<>();
    private final Thread thread;
    private List<Address> known = List.of();
    private ClusterClient client;
    private volatile boolean running = true;
    private final AtomicLong done = new AtomicLong();
    private final AtomicLong unknowns = new AtomicLong();
    private volatile long slowestNanos;

    /** Begins at once. */
    public CountingClient(String name, int keyCount, Supplier<List<Address>> nodes) {
        this.name = name;
        this.nodes = nodes;
        this.slots = new int[keyCount];
        this.keys = new byte[keyCount][];
        this.acknowledged = new long[keyCount];
        this.unknown = new long[keyCount];
        this.floor = new long[keyCount];
        for (int i = 0; i < keyCount; i++) {
            String key = name + ":" + i;
            keys[i] = RawClient.words(key)[0];
            slots[i] = HashSlot.of(key);
        }
        this.client = renewed();
        this.thread = new Thread(this::run, "counting-" + name);
        thread.start();
    }

    private ClusterClient renewed() {
        known = nodes.get();
        return new ClusterClient(known, Map.of(), TIMEOUTS, name.hashCode() & 0xff);
    }

    private ClusterClient client() {
        if (!known.equals(nodes.get())) {
            client.close();
            client = renewed();
        }
        return client;
    }

    private void run() {
        try {
            for (int n = 0; running; n = (n + 1) % keys.length) {
                step(n);
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        } catch (RuntimeException e) {
            problem(name + " broke: " + e);
        }
    }

    private void step(int n) {
        long begin = System.nanoTime();
        Attempt attempt = ask(n, "INCR");
        if (attempt instanceof Attempt.Acknowledged answer) {
            acknowledged[n]++;
            check(n, answer.reply().number(), "INCR");
            done.incrementAndGet();
        } else if (attempt instanceof Attempt.Unknown) {
            unknown[n]++;
            unknowns.incrementAndGet();
        }
        if (ask(n, "GET") instanceof Attempt.Acknowledged answer) {
            check(n, value(answer.reply()), "GET");
        }
        slowestNanos = Math.max(slowestNanos, System.nanoTime() - begin);
    }

    /** Nothing is zero. */
    private static long value(Reply reply) {
        return reply instanceof Reply.Nil ? 0 : Long.parseLong(reply.text());
    }

    private Attempt ask(int n, String command) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_OF_AN_OPERATION);
        return client().execute(slots[n], deadline, RawClient.words(command)[0], keys[n]);
    }

    /** Its own counter, and this is its only client: all that was seen before is still there. */
    private void check(int n, long value, String command) {
        if (value < Math.max(floor[n], acknowledged[n])) {
            problem("%s of %s:%d told %d after %d were acknowledged and %d was seen"
                    .formatted(command, name, n, value, acknowledged[n], floor[n]));
        }
        if (value > acknowledged[n] + unknown[n]) {
            problem("%s of %s:%d told %d, of %d acknowledged and %d unknown"
                    .formatted(command, name, n, value, acknowledged[n], unknown[n]));
        }
        floor[n] = Math.max(floor[n], value);
    }

    private synchronized void problem(String text) {
        if (problems.size() < MOST_PROBLEMS) {
            problems.add(text);
        }
    }

    /** Increments acknowledged. */
    public long done() {
        return done.get();
    }

    public long unknowns() {
        return unknowns.get();
    }

    /** The longest increment and read together. */
    public long slowestMillis() {
        return TimeUnit.NANOSECONDS.toMillis(slowestNanos);
    }

    public synchronized List<String> problems() {
        return List.copyOf(problems);
    }

    /** Ends, and reads all counters once more. */
    public void finish() {
        running = false;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (int n = 0; n < keys.length; n++) {
            Attempt last = ask(n, "GET");
            if (last instanceof Attempt.Acknowledged answer) {
                check(n, value(answer.reply()), "the last GET");
            } else {
                problem("the last GET of %s:%d: %s".formatted(name, n, last));
            }
        }
    }

    @Override
    public void close() {
        running = false;
        thread.interrupt();
        client.close();
    }
}

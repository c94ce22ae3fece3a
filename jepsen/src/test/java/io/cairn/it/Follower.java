package io.cairn.it;

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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A client that increments counters and reads them back, knows nothing but to follow MOVED, and notes every other
 * answer: what a stock cluster client that retries nothing would tell its user.
 */
final class Follower implements AutoCloseable {
    private static final int MAX_REDIRECTS = 5;

    private final List<String> keys;
    private final Map<String, Address> owners = new HashMap<>();
    private final Map<Address, RawClient> connections = new HashMap<>();
    private final Map<String, Long> counts = new HashMap<>();
    private final List<String> failures = new ArrayList<>();
    private final Thread thread;
    private volatile boolean running = true;
    private volatile long done;
    private volatile long slowestNanos;
    private final AtomicLong redirects = new AtomicLong();

    /** Begins; {@code name} sets its counters apart from others'. */
    Follower(String name, Address first, int keyCount) {
        this.keys = new ArrayList<>();
        for (int i = 0; i < keyCount; i++) {
            String key = name + ":" + i;
            keys.add(key);
            owners.put(key, first);
            counts.put(key, 0L);
        }
        this.thread = new Thread(this::run, "follower-" + name);
        thread.start();
    }

    long done() {
        return done;
    }

    long redirects() {
        return redirects.get();
    }

    long slowestMillis() {
        return TimeUnit.NANOSECONDS.toMillis(slowestNanos);
    }

    synchronized List<String> failures() {
        return List.copyOf(failures);
    }

    @Override
    public void close() {
        running = false;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        connections.values().forEach(RawClient::close);
    }

    private void run() {
        for (long n = 0; running; n++) {
            String key = keys.get((int) (n % keys.size()));
            long begin = System.nanoTime();
            long wanted = counts.merge(key, 1L, Long::sum);
            try {
                check(key, "INCR", wanted);
                check(key, "GET", wanted);
            } catch (NotSentException | OutcomeUnknownException e) {
                note(key, e.toString());
                return;
            }
            slowestNanos = Math.max(slowestNanos, System.nanoTime() - begin);
            done = n + 1;
        }
    }

    private void check(String key, String command, long wanted) throws NotSentException, OutcomeUnknownException {
        for (int i = 0; i < MAX_REDIRECTS; i++) {
            Address owner = Objects.requireNonNull(owners.get(key));
            RawClient connection = connections.get(owner);
            if (connection == null || connection.isClosed()) {
                connection = RawClient.connect(owner, Timeouts.PATIENT);
                connections.put(owner, connection);
            }
            Reply reply = connection.call(command, key);
            if (reply.failed() && reply.text().startsWith("MOVED ")) {
                redirects.incrementAndGet();
                Address to = Address.parse(reply.text().substring(reply.text().lastIndexOf(' ') + 1));
                learn(to);
                owners.put(key, to);
                continue;
            }
            if (!reply.text().equals(Long.toString(wanted))) {
                note(key, command + " at " + owner + " answered " + reply.text() + ", wanted " + wanted);
            }
            return;
        }
        note(key, command + " was redirected " + MAX_REDIRECTS + " times");
    }

    /** As stock clients do after a redirect: takes over the whole slot map. */
    private void learn(Address node) throws NotSentException, OutcomeUnknownException {
        for (ClusterState.Range range : ClusterState.slots(node)) {
            for (String key : keys) {
                if (range.contains(HashSlot.of(key))) {
                    owners.put(key, range.primary());
                }
            }
        }
    }

    private synchronized void note(String key, String failure) {
        failures.add("slot " + HashSlot.of(key) + ", " + key + ": " + failure);
    }
}

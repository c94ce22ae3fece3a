package io.cairn.it;

import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Timeouts;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A well-behaved connection that runs PING, SET and GET while others misbehave, and notes whatever disturbs it. */
final class Probe implements AutoCloseable {
    private static final long PAUSE_MILLIS = 5;
    /** One answer slower than this counts as disturbed; full collections and swapped-out code stay well below. */
    private static final Timeouts TIMEOUTS = new Timeouts(2_000, 10_000);

    private final Address address;
    private final Thread thread = new Thread(this::run, "probe");
    private final List<String> disturbances = new ArrayList<>();
    private volatile boolean running = true;
    private volatile long rounds;
    private volatile long slowestNanos;

    Probe(Address address) {
        this.address = address;
        thread.start();
    }

    /** Rounds of three commands answered so far. */
    long rounds() {
        return rounds;
    }

    /** The slowest round so far, for the report. */
    long slowestMillis() {
        return TimeUnit.NANOSECONDS.toMillis(slowestNanos);
    }

    synchronized List<String> disturbances() {
        return List.copyOf(disturbances);
    }

    @Override
    public void close() {
        running = false;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try (RawClient client = RawClient.connect(address, TIMEOUTS)) {
            for (long n = 0; running; n++) {
                long begin = System.nanoTime();
                expect("PONG", client.call("PING"));
                expect("OK", client.call("SET", "probe:" + n % 100, "value-" + n));
                expect("value-" + n, client.call("GET", "probe:" + n % 100));
                slowestNanos = Math.max(slowestNanos, System.nanoTime() - begin);
                rounds = n + 1;
                Thread.sleep(PAUSE_MILLIS);
            }
        } catch (NotSentException | OutcomeUnknownException | InterruptedException e) {
            note(e.toString());
        }
    }

    private void expect(String wanted, Reply reply) {
        if (!reply.text().equals(wanted)) {
            note("wanted " + wanted + ", got " + reply.text());
        }
    }

    private synchronized void note(String disturbance) {
        disturbances.add(disturbance);
    }
}

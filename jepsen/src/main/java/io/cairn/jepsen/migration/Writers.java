package io.cairn.jepsen.migration;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.CairnCluster;
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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Clients that increment counters over all slots, also while nodes die: they try again what was surely not taken, and note what
 * may or may not have been. At the end every counter must be at least what was acknowledged, and at most that and what is unknown.
 */
public final class Writers implements AutoCloseable {
    private static final Timeouts TIMEOUTS = new Timeouts(500, 5_000);
    private static final int PAUSE_MILLIS = 5;
    /** How long reading back all counters may take at the end. */
    private static final int READ_SECONDS = 120;

    private final IntFunction<@Nullable Address> primary;
    private final int readSeconds;
    private final List<Writer> writers = new ArrayList<>();
    private volatile boolean running = true;
    private volatile IntPredicate watched = slot -> true;

    /** Starts {@code count} threads with so many counters each. */
    public Writers(CairnCluster cluster, String name, int count, int counters) {
        this(slot -> Migrations.primary(cluster, slot), name, count, counters, READ_SECONDS);
    }

    /** @param primary of a slot now, or null */
    Writers(IntFunction<@Nullable Address> primary, String name, int count, int counters, int readSeconds) {
        this.primary = primary;
        this.readSeconds = readSeconds;
        for (int i = 0; i < count; i++) {
            writers.add(new Writer(name + i, counters));
        }
        writers.forEach(writer -> writer.thread.start());
    }

    /** Slots whose slowest call is to be told. */
    public void watch(IntPredicate slots) {
        watched = slots;
        writers.forEach(writer -> writer.slowestNanos = 0);
    }

    /** Milliseconds of the slowest acknowledged increment of a watched slot. */
    public long slowestMillis() {
        return TimeUnit.NANOSECONDS.toMillis(
                writers.stream().mapToLong(writer -> writer.slowestNanos).max().orElse(0));
    }

    /** Acknowledged increments. */
    public long done() {
        return writers.stream().mapToLong(writer -> writer.done.get()).sum();
    }

    /** Increments that may or may not have taken effect. */
    public long unknown() {
        return writers.stream().mapToLong(writer -> writer.unknowns.get()).sum();
    }

    /** Replies that told the client to try again. */
    public long refused() {
        return writers.stream().mapToLong(writer -> writer.refused.get()).sum();
    }

    /** Waits until so many were acknowledged to each. */
    public void awaitDone(long each, int seconds) {
        Await.until(
                "writers are under way", seconds, () -> writers.stream().allMatch(writer -> writer.done.get() >= each));
    }

    /** Stops, and reads all counters back; what is wrong with them, and what ended a writer before its time. */
    public List<String> end() throws Exception {
        close();
        List<String> wrong = new ArrayList<>();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(readSeconds);
        for (Writer writer : writers) {
            String failure = writer.failure;
            if (failure != null) {
                wrong.add(writer.thread.getName() + " broke: " + failure);
            }
            for (int i = 0; i < writer.keys.size(); i++) {
                String key = writer.keys.get(i);
                Reply reply;
                try {
                    reply = writer.read(key, deadline);
                } catch (TimeoutException | IllegalStateException e) {
                    wrong.add("slot " + HashSlot.of(key) + ", " + key + " cannot be read: " + e.getMessage());
                    break;
                }
                long value = reply.text().equals("(nil)") ? 0 : Long.parseLong(reply.text());
                if (value < writer.acknowledged[i] || value > writer.acknowledged[i] + writer.unknown[i]) {
                    wrong.add("slot " + HashSlot.of(key) + ", " + key + " is " + value + ": acknowledged "
                            + writer.acknowledged[i] + ", unknown " + writer.unknown[i]);
                }
            }
            writer.disconnect();
        }
        return wrong;
    }

    @Override
    public void close() {
        running = false;
        for (Writer writer : writers) {
            try {
                writer.thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private final class Writer {
        private final List<String> keys = new ArrayList<>();
        private final Thread thread;
        private final long[] acknowledged;
        private final long[] unknown;
        private final Map<Address, RawClient> connections = new HashMap<>();
        private final Map<Integer, Address> owners = new HashMap<>();
        private final AtomicLong done = new AtomicLong();
        private final AtomicLong unknowns = new AtomicLong();
        private final AtomicLong refused = new AtomicLong();
        private volatile long slowestNanos;
        private volatile @Nullable String failure;

        Writer(String name, int counters) {
            for (int i = 0; i < counters; i++) {
                keys.add(name + ":" + i);
            }
            acknowledged = new long[counters];
            unknown = new long[counters];
            thread = new Thread(this::run, "writer-" + name);
            thread.setDaemon(true);
        }

        private void run() {
            for (int n = 0; running; n = (n + 1) % keys.size()) {
                String key = keys.get(n);
                long began = System.nanoTime();
                try {
                    Reply reply = retried("INCR", key, () -> running);
                    if (reply.failed()) {
                        unknown[n]++;
                        unknowns.incrementAndGet();
                        continue;
                    }
                    acknowledged[n]++;
                    done.incrementAndGet();
                    if (watched.test(HashSlot.of(key))) {
                        slowestNanos = Math.max(slowestNanos, System.nanoTime() - began);
                    }
                } catch (OutcomeUnknownException e) {
                    unknown[n]++;
                    unknowns.incrementAndGet();
                } catch (InterruptedException | TimeoutException e) {
                    return;
                } catch (RuntimeException e) {
                    failure = String.valueOf(e.getMessage());
                    return;
                }
            }
        }

        /**
         * The reply of a node that took the call; an error is one that leaves it open whether it took effect.
         *
         * @throws TimeoutException when it is not to go on and no node has taken it
         * @throws IllegalStateException for an error that no client should see
         */
        private Reply retried(String command, String key, BooleanSupplier goOn)
                throws OutcomeUnknownException, InterruptedException, TimeoutException {
            int slot = HashSlot.of(key);
            while (goOn.getAsBoolean()) {
                RawClient connection = connection(slot);
                if (connection == null) {
                    Thread.sleep(PAUSE_MILLIS);
                    continue;
                }
                Reply reply = connection.call(command, key);
                String text = reply.text();
                if (!reply.failed() || text.startsWith("UNKNOWNOUTCOME")) {
                    return reply;
                }
                refused.incrementAndGet();
                if (text.startsWith("MOVED ")) {
                    owners.put(slot, Address.parse(text.substring(text.lastIndexOf(' ') + 1)));
                } else if (text.startsWith("TRYAGAIN") || text.startsWith("CLUSTERDOWN")) {
                    owners.remove(slot);
                    Thread.sleep(PAUSE_MILLIS);
                } else {
                    throw new IllegalStateException(command + " " + key + ": " + text);
                }
            }
            throw new TimeoutException("nobody serves it");
        }

        private Reply read(String key, long deadline) throws InterruptedException, TimeoutException {
            while (true) {
                try {
                    Reply reply = retried("GET", key, () -> System.nanoTime() - deadline < 0);
                    if (!reply.failed()) {
                        return reply;
                    }
                } catch (OutcomeUnknownException e) {
                    owners.remove(HashSlot.of(key));
                }
                Thread.sleep(PAUSE_MILLIS); // A read may be repeated.
            }
        }

        private @Nullable RawClient connection(int slot) {
            Address owner = owners.get(slot);
            if (owner == null) {
                owner = primary.apply(slot);
                if (owner == null) {
                    return null;
                }
                owners.put(slot, owner);
            }
            RawClient connection = connections.get(owner);
            if (connection != null && !connection.isClosed()) {
                return connection;
            }
            try {
                connection = RawClient.connect(owner, TIMEOUTS);
                connections.put(owner, connection);
                return connection;
            } catch (NotSentException e) {
                owners.remove(slot);
                return null;
            }
        }

        private void disconnect() {
            connections.values().forEach(RawClient::close);
        }
    }
}

package io.cairn.it;

import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A client of this JVM under the workload of {@code clients/workload.js}. */
final class JavaSubject implements Subject {
    private static final int KEYS = 100;
    private static final long FINISH_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final String name;
    private final Client client;
    private final Thread thread;
    private final AtomicBoolean ending = new AtomicBoolean();
    private final AtomicLong writes = new AtomicLong();
    private final AtomicLong reads = new AtomicLong();
    private final AtomicLong errors = new AtomicLong();
    private final long[] acked = new long[KEYS];
    private final long[] sent = new long[KEYS];
    private volatile String wrong = "";
    private volatile String lastError = "";
    private volatile Set<String> primaries = Set.of();

    /** What a client can do. */
    interface Client extends AutoCloseable {
        void set(String key, String value) throws Exception;

        /** From a replica if there is one. */
        @Nullable
        String get(String key) throws Exception;

        Set<String> primaries() throws Exception;

        @Override
        void close();
    }

    JavaSubject(String name, Client client) {
        this.name = name;
        this.client = client;
        Arrays.fill(acked, -1);
        Arrays.fill(sent, -1);
        this.thread = new Thread(this::work, name);
        thread.start();
    }

    private void work() {
        try {
            for (int i = 0; !ending.get() && wrong.isEmpty(); i++) {
                int key = i % KEYS;
                try {
                    sent[key] = i;
                    client.set(name + key, Integer.toString(i));
                    acked[key] = i;
                    writes.incrementAndGet();
                } catch (Exception e) {
                    failed(e);
                }
                try {
                    check(key, client.get(name + key));
                    reads.incrementAndGet();
                } catch (Exception e) {
                    failed(e);
                }
                Thread.sleep(2);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void failed(Exception e) {
        errors.incrementAndGet();
        lastError = e.toString();
    }

    /** A replica may be behind, and a new one empty; true for what was acknowledged last, or later. */
    private boolean check(int key, @Nullable String text) {
        if (text == null) {
            return acked[key] < 0;
        }
        long value = Long.parseLong(text);
        if (value < 0 || value > sent[key]) {
            wrong = name + key + " is " + text + ", sent up to " + sent[key];
        }
        return value >= acked[key];
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long writes() {
        return writes.get();
    }

    @Override
    public long reads() {
        return reads.get();
    }

    @Override
    public long errors() {
        return errors.get();
    }

    @Override
    public String finish() throws Exception {
        ending.set(true);
        thread.join();
        long deadline = System.nanoTime() + FINISH_NANOS;
        for (int key = 0; key < KEYS && wrong.isEmpty(); key++) {
            boolean right = false;
            while (!right && wrong.isEmpty()) {
                try {
                    right = check(key, client.get(name + key));
                } catch (Exception e) {
                    failed(e);
                }
                if (!right && System.nanoTime() > deadline) {
                    wrong = name + key + " lost: acknowledged " + acked[key] + ", " + lastError;
                }
                if (!right) {
                    Thread.sleep(50);
                }
            }
        }
        primaries = client.primaries();
        return wrong;
    }

    @Override
    public Set<String> primaries() {
        return primaries;
    }

    @Override
    public String toString() {
        return name + ": " + writes + " writes, " + reads + " reads, " + errors + " errors, the last " + lastError;
    }

    @Override
    public void close() {
        ending.set(true);
        thread.interrupt();
        try {
            client.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}

package io.cairn.jepsen.workload;

import io.cairn.jepsen.history.Recorder;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.ClusterClient;
import io.cairn.jepsen.resp.Timeouts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The clients of a run, each with a thread and a session of its own. Some sit outside, that is, they dial from wherever the
 * kernel chooses; some sit beside a process and dial from {@code 127.0.3.(process + 1)}, so that the harness's network cuts
 * them off together with it. Used by one thread.
 */
public final class Clients implements AutoCloseable {
    /** Short enough that a stopped node costs a client little, long enough for a slow fsync on a busy box. */
    public static final Timeouts TIMEOUTS = new Timeouts(200, 1_000);

    /** Longer than a leader is stopped. */
    public static final Timeouts WAITING = new Timeouts(200, 6_000);

    private static final int OPEN_SECONDS = 60;
    private static final int JOIN_SECONDS = 60;

    /**
     * Who the clients are.
     *
     * @param outside how many sit outside
     * @param beside how many sit beside each process
     * @param someWait whether every third waits {@link #WAITING} for its answers
     */
    public record Crowd(int outside, int beside, Timeouts timeouts, long seed, boolean someWait) {
        /** As the canonical one, with nobody who waits for long. */
        public Crowd(int outside, int beside, Timeouts timeouts, long seed) {
            this(outside, beside, timeouts, seed, false);
        }

        /** With the timeouts that recorded operations have. */
        public static Crowd of(int outside, int beside, long seed) {
            return new Crowd(outside, beside, TIMEOUTS, seed);
        }

        /** The same in which every third waits: a process that was stopped then finds questions when it goes on. */
        public Crowd someWaiting(boolean wait) {
            return new Crowd(outside, beside, timeouts, seed, wait);
        }

        Timeouts timeoutsOf(int client) {
            return someWait && client % 3 == 0 ? WAITING : timeouts;
        }
    }

    private final Workload workload;
    private final double operationsPerSecond;
    private final List<Session> sessions = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile boolean running;

    /**
     * @param nodes where clients find the nodes; in a harness's network these are its proxies
     * @param processOf the number of the process that hosts each node
     * @param operationsPerSecond how many operations each client begins in a second at most; 0 for as many as it can
     */
    public Clients(
            List<Address> nodes,
            Map<Address, Integer> processOf,
            Workload workload,
            double operationsPerSecond,
            Recorder recorder,
            Crowd crowd) {
        this.workload = workload;
        this.operationsPerSecond = operationsPerSecond;
        SplittableRandom random = new SplittableRandom(crowd.seed());
        int processes = 1
                + processOf.values().stream().mapToInt(Integer::intValue).max().orElse(0);
        for (int i = 0; i < crowd.outside() + crowd.beside() * processes; i++) {
            String source = i < crowd.outside() ? null : besideProcess((i - crowd.outside()) % processes);
            ClusterClient cluster = new ClusterClient(nodes, processOf, crowd.timeoutsOf(i), i, source);
            sessions.add(new Session(cluster, random.split(), recorder));
        }
    }

    /** The address from which clients dial that sit beside a process. */
    public static String besideProcess(int process) {
        return "127.0.3." + (process + 1);
    }

    /** Opens what the workload needs, then starts all clients. */
    public void start() throws Exception {
        Session first = sessions.get(0);
        first.deadline(System.nanoTime() + TimeUnit.SECONDS.toNanos(OPEN_SECONDS));
        workload.setUp(first);
        running = true;
        launch(this::work);
    }

    /**
     * Ends all clients after the operation that each is in.
     *
     * @throws IllegalStateException when a client broke, or does not end
     */
    public void stop() {
        running = false;
        join(JOIN_SECONDS);
    }

    /**
     * After {@link #stop}: all clients together read everything once more, and each thing again until it is answered.
     *
     * @return how much was not answered within {@code seconds}; these things are unread in the history
     */
    public int finalReads(int seconds) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        launch((number, session) -> {
            session.deadline(deadline);
            workload.finalReads(session);
        });
        join(seconds + JOIN_SECONDS);
        return sessions.stream().mapToInt(Session::missedReads).sum();
    }

    /** Interrupts what still runs and closes all connections. */
    @Override
    public void close() {
        running = false;
        threads.forEach(Thread::interrupt);
        sessions.forEach(Session::close);
    }

    private void work(int number, Session session) {
        long period = operationsPerSecond == 0 ? 0 : (long) (TimeUnit.SECONDS.toNanos(1) / operationsPerSecond);
        long next = System.nanoTime();
        while (running && !Thread.currentThread().isInterrupted()) {
            workload.step(session);
            if (period > 0) {
                // Jitter, so that clients do not march in step; what was missed while one waited is not made up for.
                next = Math.max(next + session.random().nextLong(2 * period), System.nanoTime() - period);
                LockSupport.parkNanos(next - System.nanoTime());
            }
        }
    }

    private void launch(BiConsumer<Integer, Session> task) {
        threads.clear();
        for (int i = 0; i < sessions.size(); i++) {
            int number = i;
            Thread thread = new Thread(() -> guarded(number, task), "client-" + i);
            thread.setDaemon(true);
            threads.add(thread);
        }
        threads.forEach(Thread::start);
    }

    private void guarded(int number, BiConsumer<Integer, Session> task) {
        try {
            task.accept(number, sessions.get(number));
        } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, e);
        }
    }

    private void join(int seconds) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        try {
            for (Thread thread : threads) {
                thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
                if (thread.isAlive()) {
                    throw new IllegalStateException(thread.getName() + " does not end");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while clients were ending", e);
        }
        Throwable broken = failure.get();
        if (broken != null) {
            throw new IllegalStateException("a client broke: " + broken, broken);
        }
    }
}

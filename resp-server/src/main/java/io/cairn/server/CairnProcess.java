package io.cairn.server;

import io.cairn.command.ProcessFigures;
import io.cairn.command.ServerState;
import io.cairn.config.Config;
import io.cairn.config.Keys;
import io.cairn.metrics.AdminServer;
import io.cairn.metrics.OperatingFigures;
import io.cairn.metrics.ProcessMetrics;
import io.cairn.resp.Transport;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One process with one or more nodes. Nothing is static: a JVM may hold several, as tests do. */
public final class CairnProcess implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CairnProcess.class);

    /** Exit code after an error that nothing may be acknowledged after. */
    public static final int FATAL_EXIT_CODE = 2;

    private static final int MAX_LOOPS = 8;
    private static final int BACKGROUND_THREADS = 4;
    /** Time for the reply of CLUSTER RESET to leave. */
    private static final int RENEW_MILLIS = 100;
    /** How long a stop waits for an event loop to finish the command it runs. */
    private static final long LOOP_SECONDS = 60;
    /** How long clients of a node that handed over are still told where to go. */
    private static final long REDIRECT_MILLIS = 500;
    /** How often a node that stops looks whether its replicas have all. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final String STOP_ABORTED = "ERR Errors trying to SHUTDOWN. Check logs.";

    private final Config config;
    private final ProcessFigures figures = new OperatingFigures();
    private final NodeKind kind;
    private final Transport transport;
    private final ScheduledExecutorService cron;
    private final ExecutorService background;
    private final List<Node> nodes = new CopyOnWriteArrayList<>();
    private final CountDownLatch stopRequested = new CountDownLatch(1);
    /** Stops that wait for replicas, and how often such were taken back. */
    private final AtomicInteger stopsWaiting = new AtomicInteger();

    private final AtomicInteger aborts = new AtomicInteger();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final ProcessMetrics metrics = new ProcessMetrics();
    private final AdminServer admin;
    private final HeapGuard heap = HeapGuard.ofThisProcess();
    private boolean heapFull;
    private volatile int exitCode;
    private volatile boolean started;

    /**
     * Makes the process and its nodes' parts.
     *
     * @param kind what the configuration asks its nodes to be
     * @throws StartException with one line when that is not possible; nothing is left behind
     */
    public CairnProcess(Config config, NodeKind kind) throws StartException {
        this.config = config;
        this.kind = kind;
        int threads = config.get(Keys.IO_THREADS);
        this.transport = new Transport(
                threads > 0
                        ? threads
                        : Math.max(1, Math.min(MAX_LOOPS, Runtime.getRuntime().availableProcessors())));
        this.cron = Executors.newSingleThreadScheduledExecutor(named("cron"));
        this.background = Executors.newFixedThreadPool(BACKGROUND_THREADS, named("background"));
        this.admin = new AdminServer(metrics, this::ready, background);
        boolean made = false;
        try {
            for (int port : config.ports()) {
                nodes.add(new Node(this, config.forNode(port), kind));
            }
            made = true;
        } finally {
            if (!made) {
                close();
            }
        }
    }

    private static ThreadFactory named(String name) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    /**
     * Loads and listens, node by node.
     *
     * @throws StartException with one line; the process is closed then
     */
    public void start() throws StartException {
        try {
            listenForAdmin();
            for (Node node : nodes) {
                node.start(PooledByteBufAllocator.DEFAULT);
                node.bindMetrics(metrics);
            }
            started = true;
            scheduleTick();
        } finally {
            if (!started) {
                close();
            }
        }
    }

    private void listenForAdmin() throws StartException {
        int port = config.get(Keys.ADMIN_PORT);
        if (port == 0) {
            return;
        }
        for (String host : config.get(Keys.ADMIN_BIND)) {
            try {
                admin.listen(transport.loops(), transport.serverChannel(), new InetSocketAddress(host, port));
            } catch (IOException e) {
                throw new StartException(String.valueOf(e.getMessage()), e);
            }
        }
    }

    /** The next turn of the cron; hz may have been changed at any of the nodes since the last. */
    private void scheduleTick() {
        int hz = 1;
        for (Node node : nodes) {
            hz = Math.max(hz, node.config().get(Keys.HZ));
        }
        try {
            cron.schedule(this::tick, TimeUnit.SECONDS.toMicros(1) / hz, TimeUnit.MICROSECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("the cron ends", e);
        }
    }

    private void tick() {
        long now = System.currentTimeMillis();
        boolean full = heap.full(System.nanoTime());
        if (full != heapFull) {
            heapFull = full;
            nodes.forEach(node -> node.memory().heapFull(full));
        }
        for (Node node : nodes) {
            try {
                node.tick(now);
            } catch (RuntimeException | Error e) {
                fatal("in the cron of port " + node.config().port(), e);
            }
        }
        scheduleTick();
    }

    /**
     * Closes a node whose directory was marked, and begins one in its place with nothing; soon, on the cron's thread. What
     * goes wrong is fatal.
     */
    void renew(Node old) {
        cron.schedule(() -> beginAnew(old), RENEW_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void beginAnew(Node old) {
        int index = nodes.indexOf(old);
        if (index < 0 || closing.get()) {
            return;
        }
        int port = old.config().port();
        try {
            old.stopClients();
            awaitLoops();
            nodes.remove(index);
            old.closeBackend();
            metrics.remove(Integer.toString(port));
            old.close();
            Node fresh = new Node(this, config.forNode(port), kind);
            nodes.add(index, fresh);
            fresh.start(PooledByteBufAllocator.DEFAULT);
            fresh.bindMetrics(metrics);
        } catch (StartException | RuntimeException e) {
            fatal("beginning anew after CLUSTER RESET at port " + port, e);
        }
    }

    public Config config() {
        return config;
    }

    public List<Node> nodes() {
        return List.copyOf(nodes);
    }

    ProcessFigures figures() {
        return figures;
    }

    Transport transport() {
        return transport;
    }

    ExecutorService background() {
        return background;
    }

    /** True when every node answers as it should. */
    public boolean ready() {
        return started && nodes.stream().allMatch(node -> node.backend().ready());
    }

    /**
     * Something after which nothing may be acknowledged: clients are held at once and the process stops without saving.
     * Any thread, event loops included: does not block.
     */
    void fatal(String doing, Throwable cause) {
        LOG.error("fatal error while {}: the process stops", doing, cause);
        exitCode = FATAL_EXIT_CODE;
        holdClients();
        stopRequested.countDown();
    }

    private void holdClients() {
        nodes.forEach(node -> node.connections().pause(Long.MAX_VALUE, false));
    }

    /** Waits until every event loop has finished what it was doing; what begins later sees what was set before. */
    private void awaitLoops() {
        for (EventExecutor loop : transport.loops()) {
            if (!loop.inEventLoop() && !loop.isShuttingDown()) {
                loop.submit(() -> {}).awaitUninterruptibly(LOOP_SECONDS, TimeUnit.SECONDS);
            }
        }
    }

    /**
     * Lets nodes hand over, each on a thread of its own, for each may wait for other processes; then, where something was,
     * answers clients a moment longer with where it is served now.
     */
    private void leave() {
        AtomicBoolean left = new AtomicBoolean();
        List<Thread> leaving = new ArrayList<>();
        for (Node node : nodes) {
            Thread thread = new Thread(
                    () -> {
                        if (node.backend().leave() && node.connections().count() > 0) {
                            left.set(true);
                        }
                    },
                    "leave-" + node.config().port());
            thread.setDaemon(true);
            thread.start();
            leaving.add(thread);
        }
        try {
            for (Thread thread : leaving) {
                thread.join(TimeUnit.SECONDS.toMillis(LOOP_SECONDS));
            }
            if (left.get()) {
                Thread.sleep(REDIRECT_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Waits for replicas unless {@code now}, lets nodes hand over what others can go on with, holds all clients, saves what is to be saved, then lets {@link #awaitStop} return. Blocks while saving, an event
     * loop too, as Redis blocks. What was acknowledged before is in what is saved.
     *
     * @return null when the process stops, else the error line that says why not
     */
    @Nullable
    String shutdown(ServerState.Shutdown how, boolean now) {
        if (!now && !awaitReplicas()) {
            return STOP_ABORTED;
        }
        leave();
        holdClients();
        awaitLoops();
        for (Node node : nodes) {
            String refusal = node.backend().prepareStop(how);
            if (refusal != null && how != ServerState.Shutdown.FORCE) {
                nodes.forEach(held -> {
                    held.holdForReplicas(false);
                    held.connections().unpause();
                });
                return refusal;
            }
        }
        stopRequested.countDown();
        return null;
    }

    /**
     * Holds writes until all replicas that keep up have all, for shutdown-timeout at most. Redis: isReadyToShutdown, prepareForShutdown.
     *
     * @return false when SHUTDOWN ABORT ended it
     */
    private boolean awaitReplicas() {
        long from = System.nanoTime();
        int aborted = aborts.get();
        List<Node> behind = new ArrayList<>(nodes);
        behind.removeIf(node -> node.changes().allHaveAll());
        if (behind.isEmpty()) {
            return true;
        }
        LOG.info("Waiting for replicas before shutting down.");
        List<Node> held = List.copyOf(behind);
        held.forEach(node -> node.holdForReplicas(true));
        stopsWaiting.incrementAndGet();
        boolean goesOn = false;
        try {
            while (!behind.isEmpty() && aborts.get() == aborted && stopRequested.getCount() > 0) {
                LockSupport.parkNanos(LOOK_NANOS);
                behind.removeIf(node -> node.changes().allHaveAll()
                        || System.nanoTime() - from
                                > TimeUnit.SECONDS.toNanos(node.config().get(Keys.SHUTDOWN_TIMEOUT)));
            }
            goesOn = aborts.get() == aborted;
        } finally {
            stopsWaiting.decrementAndGet();
            if (!goesOn) {
                held.forEach(node -> node.holdForReplicas(false));
            }
        }
        held.stream()
                .filter(node -> !node.changes().allHaveAll())
                .forEach(node -> LOG.warn(
                        "port {}: it stops before all its replicas have all",
                        node.config().port()));
        return goesOn;
    }

    /** Ends every stop that waits for replicas; one that was accepted cannot be taken back. */
    boolean abortShutdown() {
        if (stopsWaiting.get() == 0) {
            return false;
        }
        aborts.incrementAndGet();
        return true;
    }

    /** Stops as SIGTERM does: saves where save points say so, then closes. Returns when all is closed. */
    public void stop() {
        if (!closing.get() && exitCode == 0) {
            String refusal = shutdown(ServerState.Shutdown.DEFAULT, false);
            if (refusal != null) {
                LOG.error("stopping without a save: {}", refusal);
            }
        }
        close();
    }

    /** 0, or what a fatal error made it. */
    public int exitCode() {
        return exitCode;
    }

    /** Waits until somebody asks for a stop; then closes everything and returns the exit code. */
    public int awaitStop() throws InterruptedException {
        stopRequested.await();
        close();
        return exitCode;
    }

    /** Closes everything, once; every caller returns when it is done. */
    @Override
    public void close() {
        if (closing.compareAndSet(false, true)) {
            try {
                closeParts();
            } finally {
                closed.countDown();
            }
        }
        boolean interrupted = false;
        while (closed.getCount() > 0) {
            try {
                closed.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void closeParts() {
        stopRequested.countDown();
        admin.close();
        cron.shutdown();
        awaitEnd(cron);
        nodes.forEach(Node::stopClients);
        awaitLoops();
        nodes.forEach(Node::closeBackend);
        background.shutdown();
        awaitEnd(background);
        nodes.forEach(Node::close);
        transport.close();
        metrics.close();
        kind.close();
        if (started) {
            LOG.info("stopped");
        }
    }

    private static void awaitEnd(ExecutorService threads) {
        try {
            if (!threads.awaitTermination(LOOP_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("background work did not end in {} s", LOOP_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

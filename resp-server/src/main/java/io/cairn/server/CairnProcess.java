package io.cairn.server;

import io.cairn.command.ProcessFigures;
import io.cairn.command.ServerState;
import io.cairn.config.Config;
import io.cairn.config.Keys;
import io.cairn.metrics.OperatingFigures;
import io.cairn.resp.Transport;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
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
    private static final long STOP_SECONDS = 5;

    private final Config config;
    private final ProcessFigures figures = new OperatingFigures();
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final NodeKind kind;
    private final Transport transport;
    private final ScheduledExecutorService cron;
    private final ExecutorService background;
    private final List<Node> nodes = new ArrayList<>();
    private final CountDownLatch stopRequested = new CountDownLatch(1);
    private final AtomicBoolean closed = new AtomicBoolean();
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
            for (Node node : nodes) {
                node.start(PooledByteBufAllocator.DEFAULT);
            }
            started = true;
            long period = TimeUnit.SECONDS.toMicros(1) / config.get(Keys.HZ);
            cron.scheduleWithFixedDelay(this::tick, period, period, TimeUnit.MICROSECONDS);
        } finally {
            if (!started) {
                close();
            }
        }
    }

    private void tick() {
        long now = System.currentTimeMillis();
        for (Node node : nodes) {
            try {
                node.tick(now);
            } catch (RuntimeException | Error e) {
                fatal("in the cron of port " + node.config().port(), e);
            }
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

    PrometheusMeterRegistry registry() {
        return registry;
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

    /** Something after which nothing may be acknowledged: the process stops at once, without saving. Any thread. */
    void fatal(String doing, Throwable cause) {
        LOG.error("fatal error while {}: the process stops", doing, cause);
        exitCode = FATAL_EXIT_CODE;
        nodes.forEach(Node::stopClients);
        stopRequested.countDown();
    }

    /**
     * Saves what is to be saved, then lets {@link #awaitStop} return. Blocks while saving.
     *
     * @return null when the process stops, else the error line that says why not
     */
    @Nullable
    String shutdown(ServerState.Shutdown how) {
        for (Node node : nodes) {
            String refusal = node.backend().prepareStop(how);
            if (refusal != null && how != ServerState.Shutdown.FORCE) {
                return refusal;
            }
        }
        stopRequested.countDown();
        return null;
    }

    boolean abortShutdown() {
        return false;
    }

    /** Asks for a stop as SIGTERM does, from any thread; returns when all is closed. */
    public void stop(Consumer<String> refused) {
        String refusal = shutdown(ServerState.Shutdown.DEFAULT);
        if (refusal != null) {
            refused.accept(refusal);
        }
    }

    /** Waits until somebody asks for a stop; then closes everything and returns the exit code. */
    public int awaitStop() throws InterruptedException {
        stopRequested.await();
        close();
        return exitCode;
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        cron.shutdownNow();
        for (Node node : nodes) {
            node.close();
        }
        kind.close();
        background.shutdown();
        try {
            if (!background.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                background.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        transport.close();
        stopRequested.countDown();
        LOG.info("stopped");
    }
}

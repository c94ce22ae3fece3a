package io.cairn.jepsen.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The network between processes, and between them and clients: a proxy in front of every port of every process, served by
 * one thread. It needs no privileges: each endpoint has loopback addresses of its own ({@link Endpoint}). Rules are on the
 * direction of bytes ({@link Link}); what passes within a process is never touched. Any thread; methods return when
 * what they ask for is so.
 */
public final class Network implements AutoCloseable {
    /** Connections at once; more are refused. */
    static final int MAX_CONNECTIONS = 16_384;

    private static final int SCRATCH_BYTES = 64 * 1024;
    private static final long ANSWER_SECONDS = 10;

    private final int processes;
    private final Loop loop;
    private final Thread thread;

    /** A network without ports; {@code seed} decides what is lost and how long delays are. */
    public Network(int processes, long seed) {
        this.processes = processes;
        try {
            this.loop = new Loop(processes, seed);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread = new Thread(loop::run, "jepsen-network");
        thread.setDaemon(true);
        thread.start();
    }

    public int processes() {
        return processes;
    }

    /**
     * From now on a port of a process can be reached at its announced address, whenever the process listens there.
     *
     * @throws java.util.concurrent.CompletionException when something else listens there already
     */
    public void serve(int process, Collection<Integer> ports) {
        onLoop(() -> {
            for (int port : ports) {
                Listener listener = new Listener(loop, process, port);
                listener.claim();
                loop.listeners.add(listener);
                listener.check();
            }
            return true;
        });
    }

    /** Makes these links do this, beside whatever else is imposed on them. */
    public Imposed impose(Rule rule, Collection<Link> links) {
        List<Wire> wires = links.stream()
                .filter(link -> !link.from().equals(link.to()))
                .distinct()
                .map(link -> loop.wire(link.from(), link.to()))
                .toList();
        onLoop(() -> {
            wires.forEach(wire -> wire.add(rule));
            return loop.rulesChanged();
        });
        return once(() -> onLoop(() -> {
            wires.forEach(wire -> wire.remove(rule));
            return loop.rulesChanged();
        }));
    }

    /** Resets all connections between two endpoints, whoever dialled; returns how many there were. */
    public int reset(Endpoint a, Endpoint b) {
        return onLoop(() -> {
            List<Connection> struck = loop.between(a, b);
            struck.forEach(connection -> {
                connection
                        .pipe(loop.wire(connection.dialler, connection.dialled))
                        .wire()
                        .reset();
                connection.reset();
            });
            return struck.size();
        });
    }

    /**
     * Ends all connections between two endpoints at the victim's side only: the other side's stay open, take little and say
     * nothing until this is undone, when they are reset. New connections work.
     */
    public HalfOpen halfOpen(Endpoint victim, Endpoint other) {
        List<Connection> struck = onLoop(() -> {
            List<Connection> found = loop.between(victim, other);
            found.forEach(connection -> connection.halfOpen(victim));
            return found;
        });
        return new HalfOpen(
                struck.size(),
                once(() -> onLoop(() -> {
                    struck.forEach(Connection::reset);
                    return true;
                })));
    }

    /** Connections of which one side does not know that they are over. */
    public record HalfOpen(int connections, Imposed imposed) {}

    /** What a link has done so far. */
    public Counters counters(Endpoint from, Endpoint to) {
        Wire wire = loop.wire(from, to);
        return onLoop(() -> {
            long held = 0;
            for (Connection connection : loop.connections) {
                Pipe pipe = connection.pipe(wire);
                held += pipe.wire() == wire ? pipe.held() : 0;
            }
            return wire.counters(held);
        });
    }

    /** All that is imposed on a link now, as one rule. */
    public Rule rule(Link link) {
        Wire wire = loop.wire(link.from(), link.to());
        return onLoop(wire::rule);
    }

    /** Whether no rule is in force on any link. */
    public boolean clear() {
        return onLoop(() -> {
            for (Wire wire : loop.wires) {
                if (!wire.rule().equals(Rule.PASS)) {
                    return false;
                }
            }
            return true;
        });
    }

    @Override
    public void close() {
        loop.stop();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(ANSWER_SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Imposed once(Runnable undo) {
        AtomicReference<@Nullable Runnable> left = new AtomicReference<>(undo);
        return () -> {
            Runnable first = left.getAndSet(null);
            if (first != null) {
                first.run();
            }
        };
    }

    private <T> T onLoop(Supplier<T> task) {
        CompletableFuture<T> done = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                done.complete(task.get());
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
        return done.orTimeout(ANSWER_SECONDS, TimeUnit.SECONDS).join();
    }

    /** The thread that serves all proxies. */
    static final class Loop {
        private record Wake(long atNanos, Connection connection) {}

        private final int processes;
        private final int endpoints;
        private final Selector selector;
        private final SplittableRandom random;
        private final Wire[] wires;
        private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
        private final List<Listener> listeners = new ArrayList<>();
        private final Set<Connection> connections = new HashSet<>();
        private final PriorityQueue<Wake> wakes = new PriorityQueue<>((a, b) -> Long.signum(a.atNanos - b.atNanos));
        private final ByteBuffer scratch = ByteBuffer.allocateDirect(SCRATCH_BYTES);
        private long nextPollNanos = System.nanoTime();
        private volatile boolean stopped;
        private volatile @Nullable Throwable failure;

        Loop(int processes, long seed) throws IOException {
            this.processes = processes;
            this.endpoints = 2 * processes + 1;
            this.selector = Selector.open();
            this.random = new SplittableRandom(seed);
            this.wires = new Wire[endpoints * endpoints];
            for (Endpoint from : endpoints()) {
                for (Endpoint to : endpoints()) {
                    wires[from.number(processes) * endpoints + to.number(processes)] = new Wire(new Link(from, to));
                }
            }
        }

        private List<Endpoint> endpoints() {
            List<Endpoint> all = new ArrayList<>();
            for (int p = 0; p < processes; p++) {
                all.add(Endpoint.process(p));
                all.add(Endpoint.beside(p));
            }
            all.add(Endpoint.OUTSIDE);
            return all;
        }

        Wire wire(Endpoint from, Endpoint to) {
            return wires[from.number(processes) * endpoints + to.number(processes)];
        }

        Selector selector() {
            return selector;
        }

        SplittableRandom random() {
            return random;
        }

        void execute(Runnable task) {
            Throwable died = failure;
            if (stopped || died != null) {
                throw new IllegalStateException("the network is closed", died);
            }
            tasks.add(task);
            selector.wakeup();
        }

        void stop() {
            stopped = true;
            selector.wakeup();
        }

        void run() {
            try {
                while (!stopped) {
                    selector.select(this::handle, timeoutMillis());
                    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                        task.run();
                    }
                    wake();
                    poll();
                }
            } catch (IOException | RuntimeException e) {
                failure = e;
                // Whoever asks next is told; the stack goes where a developer looks.
                e.printStackTrace();
            } finally {
                listeners.forEach(Listener::close);
                List.copyOf(connections).forEach(Connection::reset);
                try {
                    selector.close();
                } catch (IOException e) {
                    failure = e;
                }
            }
        }

        /** At least a millisecond, so that a timed chunk does not make the loop spin. */
        private long timeoutMillis() {
            long until = nextPollNanos;
            Wake first = wakes.peek();
            if (first != null && first.atNanos - until < 0) {
                until = first.atNanos;
            }
            return Math.max(1, TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime()));
        }

        private void handle(SelectionKey key) {
            try {
                if (key.attachment() instanceof Listener listener) {
                    listener.acceptable();
                } else if (key.attachment() instanceof Socket socket) {
                    handle(key, socket);
                }
            } catch (CancelledKeyException e) {
                // Its connection ended while another of this round was handled.
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void handle(SelectionKey key, Socket socket) {
            Connection connection = socket.connection;
            if (connection == null || connection.over()) {
                return;
            }
            if (key.isConnectable()) {
                connection.connectable();
                return;
            }
            if (key.isReadable()) {
                connection.readable(socket.end, scratch);
            }
            if (!connection.over() && key.isValid() && key.isWritable()) {
                connection.writable(socket.end);
            }
        }

        /** What a key of a proxied socket stands for. */
        private static final class Socket {
            private final End end;
            private @Nullable Connection connection;

            Socket(SocketChannel channel, SelectionKey key) {
                end = new End(channel, key);
                key.attach(this);
            }
        }

        void accepted(Listener listener, SocketChannel accepted, String source) throws IOException {
            if (connections.size() >= MAX_CONNECTIONS) {
                accepted.close();
                return;
            }
            SocketChannel dialled = SocketChannel.open();
            dialled.configureBlocking(false);
            dialled.setOption(java.net.StandardSocketOptions.TCP_NODELAY, true);
            Socket near = new Socket(accepted, accepted.register(selector, 0));
            Socket far = new Socket(dialled, dialled.register(selector, 0));
            Endpoint from = Endpoint.of(source, processes);
            Connection connection = new Connection(this, listener, from, near.end, far.end);
            near.connection = connection;
            far.connection = connection;
            connections.add(connection);
            connection.dialIfItMay();
        }

        void forget(Connection connection) {
            connections.remove(connection);
        }

        List<Connection> between(Endpoint a, Endpoint b) {
            Function<Connection, Set<Endpoint>> ends = connection -> Set.of(connection.dialler, connection.dialled);
            return a.equals(b)
                    ? List.of()
                    : connections.stream()
                            .filter(c -> !c.dialler.equals(c.dialled)
                                    && ends.apply(c).equals(Set.of(a, b)))
                            .toList();
        }

        boolean rulesChanged() {
            List.copyOf(connections).forEach(Connection::rulesChanged);
            listeners.forEach(Listener::rulesChanged);
            return true;
        }

        /** Whether anybody is cut off from an endpoint, in either direction. */
        boolean cutOff(Endpoint endpoint) {
            for (Wire wire : wires) {
                boolean touches =
                        wire.link.from().equals(endpoint) || wire.link.to().equals(endpoint);
                if (touches && wire.rule().cut()) {
                    return true;
                }
            }
            return false;
        }

        void wakeAt(long nanos, Connection connection) {
            wakes.add(new Wake(nanos, connection));
        }

        private void wake() {
            long now = System.nanoTime();
            for (Wake first = wakes.peek(); first != null && first.atNanos - now <= 0; first = wakes.peek()) {
                wakes.remove();
                first.connection.woken();
            }
        }

        private void poll() {
            long now = System.nanoTime();
            if (now - nextPollNanos >= 0) {
                nextPollNanos = now + Listener.POLL_NANOS;
                listeners.forEach(Listener::poll);
            }
        }
    }
}

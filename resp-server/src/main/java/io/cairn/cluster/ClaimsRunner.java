package io.cairn.cluster;

import io.cairn.gossip.Gossip;
import io.cairn.gossip.GossipListener;
import io.cairn.gossip.Health;
import io.cairn.gossip.Peer;
import io.cairn.gossip.SeedAddress;
import io.cairn.gossip.claims.Claim;
import io.cairn.gossip.claims.ClaimPorts;
import io.cairn.gossip.claims.ClaimSettings;
import io.cairn.gossip.claims.ClaimsAdmin;
import io.cairn.gossip.claims.ClaimsNode;
import io.cairn.gossip.claims.NodesFile;
import io.cairn.gossip.claims.Picture;
import io.cairn.gossip.claims.Place;
import io.cairn.gossip.claims.Promise;
import io.cairn.gossip.claims.Saved;
import io.cairn.gossip.claims.SlotSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one node's {@link ClaimsNode}: on the thread {@code claims}, by a monotonic clock, over gossip's direct messages, with
 * {@code nodes.conf} in the node's directory.
 */
final class ClaimsRunner implements ClaimPorts, GossipListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClaimsRunner.class);
    /** First byte of a direct message: what it is. Part of the wire format. */
    static final byte CLAIMS = 1;

    private static final long TICK_MILLIS = 50;
    private static final long ANSWER_MILLIS = 3_000;
    /** Messages that wait for the thread; more are dropped, as the network may. */
    private static final int MAX_WAITING = 2_000;

    private final Options options;
    private final ScheduledExecutorService thread;
    private final AtomicInteger waiting = new AtomicInteger();
    private final Consumer<byte[]> otherMessages;
    private final Runnable changed;
    private volatile @Nullable Gossip gossip;
    private volatile @Nullable ClaimsNode node;
    private volatile Map<Integer, String> migrating = Map.of();
    private @Nullable ScheduledFuture<?> ticks;
    private @Nullable Picture shown;
    private volatile boolean closed;
    private volatile boolean ended;

    /**
     * What it needs.
     *
     * @param fatal ends the process: what must be on the disk is not
     */
    record Options(
            Path directory,
            String nodeId,
            Place place,
            boolean noFailover,
            ClaimSettings settings,
            NodeData data,
            Consumer<Throwable> fatal) {}

    /** The node's data as the claims see it. Any thread; must not wait for other nodes. */
    interface NodeData {
        long offset();

        long dataAgeMillis();

        void role(@Nullable Claim primary);

        boolean hasData();

        int keys(int slot);

        void lost(SlotSet slots);

        void clear();

        /** Runs this when what was begun before has been done. */
        void afterwards(Runnable action);

        /** See {@link ClaimPorts#stopWrites}. */
        long stopWrites(long millis);

        void resumeWrites();
    }

    /**
     * @param otherMessages gets direct messages that are none of the claims, on gossip's socket thread
     * @param changed told, on the claims' thread, when the picture shows other owners, roles or open slots
     */
    ClaimsRunner(Options options, ScheduledExecutorService thread, Consumer<byte[]> otherMessages, Runnable changed) {
        this.options = options;
        this.thread = thread;
        this.otherMessages = otherMessages;
        this.changed = changed;
    }

    /** Milliseconds of the clock that the claims live by. */
    static long now() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    /**
     * Reads nodes.conf; before anything else. Blocks.
     *
     * @param dataIsEmpty whether the node has loaded no key
     * @return what the node knew, null for a new one
     */
    @Nullable
    Saved load(boolean dataIsEmpty) throws IOException {
        Saved saved = NodesFile.read(options.directory());
        ended = saved == null && NodesFile.isPutAside(options.directory());
        Claim fresh = Claim.of(options.nodeId(), options.place(), options.noFailover());
        begin(fresh, saved, saved != null && dataIsEmpty);
        return saved;
    }

    private void begin(Claim self, @Nullable Saved saved, boolean empty) {
        ClaimsNode made = new ClaimsNode(self, saved, empty, options.settings(), this, new Random(), now());
        migrating = made.picture().migrating();
        node = made;
    }

    /** Gossip runs: looks for the nodes of before, and begins. */
    void start(Gossip running, @Nullable Saved saved) {
        gossip = running;
        if (saved != null) {
            for (Claim other : saved.others()) {
                running.meet(new SeedAddress(other.place().host(), other.place().busPort()));
            }
        }
        ticks = thread.scheduleWithFixedDelay(() -> guarded(this::tick), 0, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private ClaimsNode node() {
        return java.util.Objects.requireNonNull(node, "the node has not started");
    }

    Picture picture() {
        return node().picture();
    }

    private void tick() {
        if (ended) {
            return;
        }
        Gossip running = gossip;
        if (running != null) {
            Set<String> alive = new HashSet<>();
            for (Peer peer : running.members()) {
                if (peer.health() == Health.ALIVE) {
                    alive.add(peer.info().host() + ":" + peer.info().busPort());
                }
            }
            node().swim(alive);
        }
        node().tick(now());
    }

    private void guarded(Runnable task) {
        if (closed) {
            return;
        }
        try {
            task.run();
            show();
        } catch (RuntimeException | Error e) {
            options.fatal().accept(e);
        }
    }

    private void show() {
        Picture now = picture();
        Picture before = shown;
        shown = now;
        boolean same = before != null
                && before.owners() == now.owners()
                && before.self().equals(now.self())
                && before.migrating().equals(now.migrating())
                && before.importing().equals(now.importing())
                && before.nodes().keySet().equals(now.nodes().keySet());
        if (!same) {
            changed.run();
        }
    }

    private void execute(Runnable task) {
        if (waiting.incrementAndGet() > MAX_WAITING) {
            waiting.decrementAndGet();
            return;
        }
        try {
            thread.execute(() -> {
                waiting.decrementAndGet();
                guarded(task);
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("a message came after the end", e);
        }
    }

    /** Runs an operator's words, soon. Any thread. */
    void run(Consumer<ClaimsAdmin> words) {
        execute(() -> {
            if (!ended) {
                node().run(now(), words);
            }
        });
    }

    /** Promises; completes with an empty text once that is on the disk, or with why not. Any thread. */
    CompletableFuture<String> promise(Promise promise) {
        CompletableFuture<String> done = new CompletableFuture<>();
        execute(() -> {
            String refusal = node().promise(now(), promise);
            done.complete(refusal == null ? "" : refusal);
        });
        return done.orTimeout(ANSWER_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** See {@link ClaimsNode#settlePromises}. Soon; any thread. */
    void settle(Predicate<Promise> over, List<Promise> frozen) {
        execute(() -> node().settlePromises(now(), over, frozen));
    }

    /** See {@link ClaimsNode#resume}. Soon; any thread. */
    void resume(String primaryId, SlotSet slots, long configEpoch) {
        execute(() -> node().resume(now(), primaryId, slots, configEpoch));
    }

    /** Whether the claims count. */
    boolean isEnded() {
        return ended;
    }

    /**
     * The cluster is raft for good: nothing is said or saved any more, nodes.conf is put aside. Gossip goes on. Completes when no event
     * runs any more.
     */
    CompletableFuture<@Nullable Void> end() {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        execute(() -> {
            if (!ended) {
                ended = true;
                try {
                    NodesFile.putAside(options.directory());
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException("nodes.conf", e);
                }
                LOG.info("node {}: the claims of gossip mode have ended", options.nodeId());
            }
            done.complete(null);
        });
        return done;
    }

    /** The claims count again, beginning with these. Soon; any thread. */
    void begin(Saved saved) {
        execute(() -> {
            if (ended) {
                try {
                    NodesFile.write(options.directory(), saved);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException("nodes.conf", e);
                }
                ended = false;
                begin(saved.self(), saved, false);
                LOG.info("node {}: the claims of gossip mode have begun", options.nodeId());
            }
        });
    }

    /** The gossip port of the other side of CLUSTER MEET joins ours, beside the claims. */
    void meet(String host, int busPort) {
        Gossip running = gossip;
        if (running != null) {
            running.meet(new SeedAddress(host, busPort));
        }
    }

    /** Slots of which new keys are made elsewhere, and where; newer than the picture's. */
    Map<Integer, String> migratingNow() {
        return migrating;
    }

    @Nullable
    Gossip gossip() {
        return gossip;
    }

    // ---- gossip

    @Override
    public void message(byte[] message) {
        if (message.length > 1 && message[0] == CLAIMS) {
            byte[] body = java.util.Arrays.copyOfRange(message, 1, message.length);
            execute(() -> {
                if (!ended) {
                    node().receive(body, now());
                }
            });
        } else if (message.length > 1) {
            otherMessages.accept(message);
        }
    }

    // ---- what the claims need

    @Override
    public void send(String nodeId, Place place, byte[] message) {
        Gossip running = gossip;
        if (running != null) {
            byte[] framed = new byte[message.length + 1];
            framed[0] = CLAIMS;
            System.arraycopy(message, 0, framed, 1, message.length);
            running.send(place.bus(), framed);
        }
    }

    @Override
    public void save(Saved saved) {
        if (ended) {
            return;
        }
        try {
            NodesFile.write(options.directory(), saved);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("nodes.conf", e);
        }
    }

    @Override
    public long offset() {
        return options.data().offset();
    }

    @Override
    public long dataAgeMillis() {
        return options.data().dataAgeMillis();
    }

    @Override
    public void role(@Nullable Claim primary) {
        options.data().role(primary);
    }

    @Override
    public boolean hasData() {
        return options.data().hasData();
    }

    @Override
    public void lost(SlotSet slots) {
        options.data().lost(slots);
    }

    @Override
    public void clear() {
        options.data().clear();
    }

    /** Runs this when the node's data is as the claims wanted it when this was called. */
    void afterData(Runnable action) {
        options.data().afterwards(action);
    }

    @Override
    public void migrating(Map<Integer, String> slots) {
        migrating = slots;
    }

    @Override
    public int keys(int slot) {
        return options.data().keys(slot);
    }

    @Override
    public long stopWrites(long millis) {
        return options.data().stopWrites(millis);
    }

    @Override
    public void resumeWrites() {
        options.data().resumeWrites();
    }

    @Override
    public void close() {
        closed = true;
        ScheduledFuture<?> running = ticks;
        if (running != null) {
            running.cancel(false);
        }
        Gossip open = gossip;
        if (open != null) {
            open.close();
        }
    }
}

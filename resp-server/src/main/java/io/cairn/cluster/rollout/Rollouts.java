package io.cairn.cluster.rollout;

import io.cairn.cluster.rollout.DataSwitch.GossipEnd;
import io.cairn.cluster.rollout.DataSwitch.GossipStart;
import io.cairn.cluster.rollout.DataSwitch.Position;
import io.cairn.cluster.rollout.DataSwitch.RaftStart;
import io.cairn.gossip.claims.Picture;
import io.cairn.gossip.claims.Promise;
import io.cairn.gossip.claims.SlotSet;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.CurrentMap;
import io.cairn.raft.meta.Rollout;
import io.cairn.raft.meta.Rollout.Attempt;
import io.cairn.raft.meta.Rollout.Consensus;
import io.cairn.raft.meta.Rollout.GossipShard;
import io.cairn.raft.meta.Rollout.RaftShard;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.WireWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's part in a rollout: it does what the meta group's log has decided (promises end or freeze, data paths are switched), and where it is its
 * turn it drives the change of its shard. It keeps nothing over a restart but what claims, data and log keep: each tick derives the rest
 * from the map. One thread.
 */
public final class Rollouts {
    private static final Logger log = LoggerFactory.getLogger(Rollouts.class);
    /** Pause after a switch of the data path that failed, before it is tried again. */
    static final long RETRY_MILLIS = 500;
    /** Whoever asks for a digest is told to ask again after so long. */
    private static final long DIGEST_PATIENCE_MILLIS = 300;
    /** Promises that came late are looked at so often. */
    private static final long SETTLE_MILLIS = 1_000;
    /** One term for {@link CurrentMap}. */
    private static final long LIFE = 0;
    /** For the answer of who claims a shard's slots. */
    private static final long OWNER_MILLIS = 2_000;

    private final RolloutPorts ports;
    private final DataSwitch data;
    private final LongSupplier clockMillis;
    private final Executor thread;
    private final Turns turns;
    private final Finish finish;
    /** What the map of a start says may long be undone. */
    private final CurrentMap caughtUp;

    private final AtomicBoolean woken = new AtomicBoolean();
    private volatile @Nullable ShardChange change;
    private volatile String trouble = "";
    private @Nullable CompletableFuture<?> switching;
    private @Nullable GossipStart tried;
    private long switchedMillis = Long.MIN_VALUE / 2;
    private long settledVersion = -1;
    private long settledMillis;
    // Guarded by this.
    private String digestOf = "";
    private CompletableFuture<byte[]> digest = new CompletableFuture<>();

    /**
     * @param clockMillis a monotonic clock
     * @param thread runs ticks that are asked for between the regular ones; the same thread as those
     */
    public Rollouts(RolloutPorts ports, DataSwitch data, LongSupplier clockMillis, Executor thread) {
        this.ports = ports;
        this.data = data;
        this.clockMillis = clockMillis;
        this.thread = thread;
        this.turns = new Turns(ports);
        this.finish = new Finish(ports, data);
        this.caughtUp = new CurrentMap(ports::current);
    }

    /** A tick soon; any thread. */
    public void wake() {
        if (woken.compareAndSet(false, true)) {
            try {
                thread.execute(() -> {
                    woken.set(false);
                    tick();
                });
            } catch (RejectedExecutionException e) {
                log.debug("the node stops", e);
            }
        }
    }

    /** Some ten times a second. */
    public void tick() {
        long now = clockMillis.getAsLong();
        ClusterMap map = ports.map();
        Rollout rollout = Rollout.of(map);
        if (rollout == null) {
            turns.join(map, now);
            return;
        }
        // Nothing comes after the end of a way back, and who knows of it may be the last.
        boolean dissolved = rollout.isDone() && rollout.target() == Consensus.GOSSIP;
        if (!dissolved && !caughtUp.isCurrent(map, LIFE)) {
            return;
        }
        settle(map, rollout, now);
        follow(map, rollout, now);
        drive(map, rollout, now);
        turns.watch(map, rollout, change, now);
        finish.tick(map, rollout, now);
    }

    // ---- what is decided is done

    private void settle(ClusterMap map, Rollout rollout, long now) {
        boolean done = rollout.isDone() && rollout.target() == Consensus.RAFT;
        if (done || (map.version() == settledVersion && now - settledMillis < SETTLE_MILLIS)) {
            return;
        }
        settledMillis = now;
        String cluster = ports.clusterId();
        if (rollout.target() == Consensus.GOSSIP) {
            ports.beginClaims();
        }
        List<Promise> frozen = new ArrayList<>();
        rollout.raft().forEach((id, shard) -> {
            SlotSet slots = SlotRanges.set(map.slotsOf(id));
            if (!slots.isEmpty()) {
                frozen.add(new Promise(cluster, shard.attempt(), shard.primaryId(), slots, shard.configEpoch()));
            }
        });
        resume(map, rollout);
        ports.settle(
                promise -> promise.cluster().equals(cluster)
                        && promise.attempt() <= map.version()
                        && !rollout.binds(promise.attempt()),
                frozen);
        settledVersion = map.version();
    }

    /** Claims of shards that went back; before their promises end, so that nobody is voted for in between. */
    private void resume(ClusterMap map, Rollout rollout) {
        String self = ports.selfId();
        for (GossipShard shard : rollout.back().values()) {
            if (shard.members().contains(self) && map.shardOfNode(self) == null) {
                ports.resume(shard.primaryId(), SlotRanges.set(shard.slots()), shard.configEpoch());
            }
        }
    }

    private void follow(ClusterMap map, Rollout rollout, long now) {
        Long sealed = data.sealed();
        if (sealed != null && sealed <= map.version() && !rollout.binds(sealed)) {
            run(() -> data.unseal(sealed), "what was sealed goes on in gossip mode", now);
            return;
        }
        Long ended = data.ended();
        Attempt running = rollout.attempt();
        // Of a shard that is gossip's now the map has nothing.
        if (ended != null
                && ended <= map.version()
                && (running == null || running.number() != ended)
                && map.shardOfNode(ports.selfId()) != null) {
            run(() -> data.resumeRaft(ended), "the shard goes on in raft mode", now);
            return;
        }
        toMode(map, rollout, now);
    }

    private void toMode(ClusterMap map, Rollout rollout, long now) {
        String self = ports.selfId();
        if (!data.isRaft()) {
            RaftStart start = startOf(map, self);
            if (start != null) {
                // Others begin with nothing, and what they had goes.
                boolean keeps = start.voters().contains(self);
                run(
                        () -> keeps
                                ? data.toRaft(start)
                                : ifStill(current -> start.equals(startOf(current, self)), () -> data.toRaft(start)),
                        "this node's data goes on in raft mode",
                        now);
            }
            return;
        }
        GossipStart end = endOf(map, self);
        if (end != null) {
            run(
                    () -> elsewhere(map, rollout, end)
                            .thenCompose(elsewhere -> ifStill(
                                    current -> end.equals(endOf(current, self)), () -> data.toGossip(end, elsewhere))),
                    "this node's data goes on in gossip mode",
                    now);
        }
    }

    /** What takes data away is done only if the newest map says so. */
    private CompletableFuture<@Nullable Void> ifStill(Predicate<ClusterMap> wanted, Switching step) {
        return ports.current()
                .thenCompose(map -> wanted.test(map)
                        ? step.begin()
                        : CompletableFuture.failedFuture(new IOException("the cluster has gone on meanwhile")));
    }

    /**
     * Whether whoever claims the shard's slots has switched. Fails while it lives and has not: the replicas of the others may be what it finds the end of the log
     * with. The primary waits for nobody, and asks only once it was seen that it cannot go first.
     */
    private CompletableFuture<Boolean> elsewhere(ClusterMap map, Rollout rollout, GossipStart end) {
        boolean leads = end.primary().equals(ports.selfId());
        boolean first = !end.equals(tried);
        tried = end;
        Picture picture = ports.picture();
        GossipShard shard = rollout.back().get(end.shardId());
        String owner = picture == null || shard == null || shard.slots().isEmpty()
                ? null
                : picture.owners()[shard.slots().get(0).first()];
        Picture.Node there = owner == null || picture == null ? null : picture.node(owner);
        boolean alone = there == null || there.failed();
        if (owner == null || owner.equals(ports.selfId()) || alone || (leads && first)) {
            return CompletableFuture.completedFuture(false);
        }
        return ports.ask(owner, new RolloutMessage.AskStatus().bytes(), OWNER_MILLIS)
                .thenCompose(bytes -> {
                    NodeStatus status = NodeStatus.of(bytes);
                    boolean switched = !status.isRaft() && status.version() >= map.version();
                    return switched || leads
                            ? CompletableFuture.completedFuture(switched)
                            : CompletableFuture.failedFuture(new IOException(owner + " is to be first"));
                });
    }

    static RaftStart start(Shard shard, RaftShard start) {
        return new RaftStart(
                shard.id(),
                start.attempt(),
                start.baseIndex(),
                shard.initialVoters(),
                new Position(start.history(), start.offset()),
                start.primaryId());
    }

    /** What this node's data begins with in raft mode as far as the map knows, or null. */
    static @Nullable RaftStart startOf(ClusterMap map, String nodeId) {
        Rollout rollout = Rollout.of(map);
        Shard shard = map.shardOfNode(nodeId);
        RaftShard start =
                rollout == null || shard == null ? null : rollout.raft().get(shard.id());
        return shard == null || start == null || !start.cameFromGossip() ? null : start(shard, start);
    }

    /** What this node's data goes on with in gossip mode as far as the map knows, or null: the newest way back of a shard that it was in. */
    public static @Nullable GossipStart endOf(ClusterMap map, String nodeId) {
        Rollout rollout = Rollout.of(map);
        if (rollout == null || map.shardOfNode(nodeId) != null) {
            return null;
        }
        GossipStart newest = null;
        for (Map.Entry<String, GossipShard> entry : rollout.back().entrySet()) {
            GossipShard back = entry.getValue();
            // Each has a higher epoch than those before it.
            if (back.members().contains(nodeId) && (newest == null || back.configEpoch() > newest.configEpoch())) {
                GossipEnd end = new GossipEnd(back.endIndex(), back.history(), back.offset());
                newest = new GossipStart(entry.getKey(), back.primaryId(), back.configEpoch(), end);
            }
        }
        return newest;
    }

    @FunctionalInterface
    private interface Switching {
        CompletableFuture<@Nullable Void> begin();
    }

    /** One at a time, again after a failure. */
    private void run(Switching step, String what, long now) {
        boolean busy = switching != null && !switching.isDone();
        if (busy || now - switchedMillis < RETRY_MILLIS) {
            return;
        }
        switchedMillis = now;
        log.info("{}", what);
        switching = step.begin().whenComplete((done, failure) -> {
            if (failure != null) {
                String before = trouble;
                trouble = what + ": " + failure;
                if (!trouble.equals(before)) {
                    log.warn("not yet: {}: {}", what, failure.toString());
                }
            } else {
                trouble = "";
                switchedMillis = Long.MIN_VALUE / 2;
            }
            wake();
        });
    }

    // ---- this node's own shard

    private void drive(ClusterMap map, Rollout rollout, long now) {
        ShardChange running = change;
        if (running != null) {
            running.tick(now);
            if (!running.isOver()) {
                return;
            }
            turns.ended(running.isAborting(), now);
            change = null;
            // It may have seen a newer map than this tick: the next one looks at what is next.
            return;
        }
        Attempt attempt = rollout.attempt();
        if (attempt == null) {
            turns.take(map, rollout, data, now);
        } else if (attempt.primaryId().equals(ports.selfId())) {
            change = attempt.target() == Consensus.RAFT
                    ? new ToRaft(attempt, ports.clusterId(), ports, data, this::wake)
                    : new ToGossip(attempt, ports, data, this::wake);
            if (!turns.began(attempt)) {
                // It was begun before this node's restart: nothing of what it did is known.
                change.abort("the shard's primary was restarted");
            }
            change.tick(now);
        }
    }

    // ---- what others ask

    /** Answers a message of another node of the meta group. Any thread. */
    public CompletableFuture<byte[]> answer(byte[] question) {
        RolloutMessage message;
        try {
            message = RolloutMessage.of(question);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
        if (message instanceof RolloutMessage.AskPromise ask) {
            ClusterMap map = ports.map();
            Rollout rollout = Rollout.of(map);
            if (rollout != null
                    && map.version() >= ask.promise().attempt()
                    && !rollout.binds(ask.promise().attempt())) {
                return CompletableFuture.completedFuture(
                        new WireWriter().text("the attempt is over").toBytes());
            }
            return ports.promise(ask.promise())
                    .thenApply(text -> new WireWriter().text(text).toBytes());
        } else if (message instanceof RolloutMessage.AskDigest ask) {
            return digest(ask.markId());
        } else if (message instanceof RolloutMessage.AskReach ask) {
            return data.reach(ask.attempt(), ask.seal())
                    .thenApply(index -> new WireWriter().i64(index).toBytes());
        }
        return CompletableFuture.completedFuture(status().bytes());
    }

    private synchronized CompletableFuture<byte[]> digest(String markId) {
        if (!markId.equals(digestOf)) {
            digestOf = markId;
            digest = data.digestAt(markId);
        }
        return digest.copy().completeOnTimeout(new byte[0], DIGEST_PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** How this node stands. Any thread. */
    NodeStatus status() {
        ShardChange running = change;
        String reason = running != null && running.isAborting() ? running.why() : trouble;
        return new NodeStatus(
                ports.map().version(),
                data.isRaft(),
                running == null ? "none" : running.isAborting() ? "aborting" : running.step(),
                reason.isEmpty() ? finish.waitsFor() : reason,
                data.pauseMillis());
    }
}

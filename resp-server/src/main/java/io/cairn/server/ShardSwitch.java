package io.cairn.server;

import io.cairn.cluster.rollout.DataSwitch;
import io.cairn.cluster.rollout.Rollouts;
import io.cairn.command.MovingKeys;
import io.cairn.mode.ChangeStream;
import io.cairn.mode.DataMarks;
import io.cairn.mode.ShardBase;
import io.cairn.mode.SwitchedMode;
import io.cairn.raft.group.GroupBase;
import io.cairn.raft.meta.ClusterFile;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.MetaGroup;
import io.cairn.raft.shards.ClusterMember;
import io.cairn.raft.shards.ShardGroup;
import io.cairn.raft.shards.SlotState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's data path from gossip to its shard's raft log: the keyspace stays, calls wait, the log of gossip mode ends and becomes the base of the other (SAFETY
 * 19). One step at a time, on a thread of its own.
 */
final class ShardSwitch implements DataSwitch {
    /** Longest wait for what calls, scripts and MIGRATE are at. */
    private static final long FREEZE_MILLIS = 2_000;

    private static final long REACH_MILLIS = 5_000;
    private static final long OPEN_MILLIS = 30_000;
    /** How long calls wait for the shard's first leader. */
    private static final long LEADER_MILLIS = 3_000;

    private static final String GROUP = "shard-";
    /** Longest wait for the committed end of the shard's log; who has it not by then fetches all data. */
    private static final long ENDED_MILLIS = 5_000;
    /** For a snapshot under way, before calls are held; it is asked again later. */
    private static final long SNAPSHOT_MILLIS = 1_000;

    private static final int END_MILLIS = 5_000;
    private static final long NONE = -1;
    private static final long POLL_NANOS = 1_000_000;
    private static final Logger LOG = LoggerFactory.getLogger(ShardSwitch.class);

    private final NodeParts parts;
    private final GossipBackend gossip;
    private final RaftBackend raft;
    private final SwitchedMode mode;
    private final DataMarks marks;
    private final String nodeId;
    private final Path directory;
    private volatile @Nullable SealFile seal;
    /** The shard whose replica may be opened, when there is one. */
    private volatile @Nullable String opens;
    /** The keyspace holds the base that is about to be loaded. */
    private volatile boolean live;
    /** The attempt of a way back for which calls are held here. */
    private volatile long ending = NONE;

    /** Of the snapshot that is a follower's now: one at a time. */
    private volatile boolean followerOfRaft;

    ShardSwitch(NodeParts parts, GossipBackend gossip, RaftBackend raft, SwitchedMode mode) {
        this.parts = parts;
        this.gossip = gossip;
        this.raft = raft;
        this.mode = mode;
        this.nodeId = parts.directory().nodeId();
        this.directory = StandaloneLog.directory(parts);
        this.marks = new DataMarks(
                parts.keyspace(),
                parts.background(),
                gossip.standalonePersistence()::beginFollower,
                gossip.standalonePersistence()::endFollower);
        gossip.standalone().marks(marks);
        parts.changes().snapshots(this::beginFollower, this::endFollower);
        raft.node().store().bases(this::loadBase);
        member().opensShard(shardId -> mode.isRaft() || shardId.equals(opens));
    }

    /** In raft mode the log of gossip mode has ended and takes no snapshots, so there is none that a follower's could meet. */
    private boolean beginFollower() {
        followerOfRaft = mode.isRaft();
        return followerOfRaft || gossip.standalonePersistence().beginFollower();
    }

    private void endFollower() {
        if (!followerOfRaft) {
            gossip.standalonePersistence().endFollower();
        }
    }

    /** At start, once the data of gossip mode is loaded: a seal that the node had holds again. */
    void start() throws StartException {
        try {
            SealFile found = SealFile.read(directory);
            if (found == null) {
                return;
            }
            if (found.localIndex() != gossip.standalonePersistence().logIndex()) {
                LOG.warn("the log went on after the seal of attempt {}: it is void", found.attempt());
                SealFile.delete(directory);
                return;
            }
            seal = found;
            LOG.info("sealed in attempt {}: calls wait until the cluster says how that ended", found.attempt());
            mode.hold(0);
            gossip.waitsAtStart();
            gossip.standalone().freeze(FREEZE_MILLIS);
        } catch (IOException | MovingKeys.Refused e) {
            throw new StartException(String.valueOf(e.getMessage()), e);
        }
    }

    private ClusterMember member() {
        return raft.node().runtime().member();
    }

    /** One thing of the node after the other. */
    private <T extends @Nullable Object> CompletableFuture<T> step(Callable<T> task) {
        CompletableFuture<T> done = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    synchronized (this) {
                        try {
                            done.complete(task.call());
                        } catch (Exception | Error e) {
                            LOG.warn("port {}: {}", parts.config().port(), String.valueOf(e.getMessage()));
                            done.completeExceptionally(e);
                        }
                    }
                },
                "rollout-" + parts.config().port());
        thread.setDaemon(true);
        thread.start();
        return done;
    }

    private static boolean await(long millis, BooleanSupplier what) {
        long from = System.nanoTime();
        while (!what.getAsBoolean()) {
            if (System.nanoTime() - from > TimeUnit.MILLISECONDS.toNanos(millis)) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return true;
    }

    private static Position position(ChangeStream.Position place) {
        return new Position(place.id(), place.offset());
    }

    @Override
    public boolean isRaft() {
        return mode.isRaft();
    }

    @Override
    public @Nullable Long sealed() {
        SealFile now = seal;
        return now == null ? null : now.attempt();
    }

    @Override
    public long pauseMillis() {
        return mode.pauseMillis();
    }

    // ---- before the switch

    @Override
    public CompletableFuture<Position> mark(String markId) {
        return step(() -> {
            requireGossip();
            return position(gossip.standalone().mark(markId));
        });
    }

    @Override
    public CompletableFuture<byte[]> digestAt(String markId) {
        if (!mode.isRaft()) {
            step(() -> {
                GroupBase.prepare(directory); // Calls wait when this is needed.
                return null;
            });
        }
        return marks.digest(markId);
    }

    private void requireGossip() throws IOException {
        if (mode.isRaft()) {
            throw new IOException("the node is in raft mode");
        }
    }

    @Override
    public CompletableFuture<Position> seal(long attempt, long holdMillis) {
        return step(() -> {
            requireGossip();
            SealFile before = seal;
            if (before != null && before.attempt() == attempt && before.primary()) {
                return before.position();
            }
            if (before != null || gossip.follows()) {
                throw new IOException(before == null ? "the node is a replica" : "the node is sealed already");
            }
            mode.hold(holdMillis);
            boolean done = false;
            try {
                Position end = position(gossip.standalone().freeze(Math.min(holdMillis, FREEZE_MILLIS)));
                note(new SealFile(attempt, end, gossip.standalonePersistence().syncedEnd(), true));
                done = true;
                return end;
            } finally {
                if (!done) {
                    gossip.standalone().thaw();
                    mode.release(false);
                }
            }
        });
    }

    private void note(SealFile fresh) throws IOException {
        fresh.write(directory);
        seal = fresh;
    }

    @Override
    public CompletableFuture<@Nullable Void> unseal(long attempt) {
        return step(() -> {
            SealFile before = seal;
            if (before != null && before.attempt() <= attempt && !mode.isRaft()) {
                SealFile.delete(directory);
                seal = null;
                gossip.standalone().thaw();
                gossip.serveNow();
                mode.release(false);
            }
            return null;
        });
    }

    @Override
    public CompletableFuture<Long> reach(long attempt, Position end) {
        return step(() -> {
            requireGossip();
            SealFile before = seal;
            if (before == null
                    || before.attempt() != attempt
                    || !before.position().equals(end)) {
                ChangeStream changes = parts.changes();
                if (!await(REACH_MILLIS, () -> position(changes.place()).equals(end))) {
                    throw new IOException("the node's data is at " + position(changes.place()) + " and not at " + end);
                }
                parts.keyspace().lockAll();
                try {
                    if (!position(changes.place()).equals(end)) {
                        throw new IOException("the node's data went on after " + end);
                    }
                    note(new SealFile(
                            attempt, end, gossip.standalonePersistence().syncedEnd(), false));
                } finally {
                    parts.keyspace().unlockAll();
                }
            }
            // Above all versions as well: who watches a key from before the switch is told that it changed.
            return Math.max(
                    gossip.standalonePersistence().logIndex(), parts.keyspace().lastVersion());
        });
    }

    // ---- the switch

    @Override
    public CompletableFuture<@Nullable Void> toRaft(RaftStart start) {
        return step(() -> {
            if (mode.isRaft()) {
                return null;
            }
            ClusterFile file = member().meta().file();
            if (file != null && file.hasLeft(GROUP + start.shardId())) {
                throw new IOException("the node has left shard " + start.shardId() + " already");
            }
            SealFile reached = seal;
            boolean voter = start.voters().contains(nodeId);
            boolean has = reached != null
                    && reached.attempt() == start.attempt()
                    && reached.position().equals(start.position())
                    && reached.localIndex() == gossip.standalonePersistence().logIndex();
            if (voter && !has) {
                throw new IOException("the data of this voter is not at " + start.position() + ", where it was");
            }
            Laps laps = new Laps();
            mode.hold(OPEN_MILLIS);
            gossip.node().rests();
            gossip.standalone().retire();
            gossip.replicaRole().release();
            laps.lap("retired");
            if (voter) {
                ShardBase base = new ShardBase(
                        start.shardId(),
                        start.index(),
                        Objects.requireNonNull(reached).localIndex());
                ShardGroup.writeBase(directory, start.shardId(), start.index(), start.voters(), base::write);
                live = true;
            } else {
                gossip.standalonePersistence().end();
                StandaloneLog.delete(parts);
                ReplicaFiles.begin(directory);
                raft.node().store().givenUp();
            }
            laps.lap("base");
            forgetOthers(start.shardId());
            open(start.shardId());
            laps.lap("open");
            goOn(start);
            laps.lap("served");
            // What nobody waits for: the log was on the disk since the seal.
            seal = null;
            SealFile.delete(directory);
            gossip.standalonePersistence().end();
            raft.hasBase();
            LOG.info(
                    "port {}: shard {} is raft from {} on:{}; calls waited {} ms",
                    parts.config().port(),
                    start.shardId(),
                    start.index(),
                    laps,
                    mode.pauseMillis());
            return null;
        });
    }

    /** Milliseconds of one step after the other, for the log. */
    private static final class Laps {
        private final StringBuilder text = new StringBuilder();
        private long nanos = System.nanoTime();

        void lap(String what) {
            long now = System.nanoTime();
            text.append(' ')
                    .append(what)
                    .append(' ')
                    .append(TimeUnit.NANOSECONDS.toMillis(now - nanos))
                    .append(" ms");
            nanos = now;
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }

    /** Replicas of before an earlier way back are none of this directory's, whatever cluster.conf has kept of them. */
    private void forgetOthers(String shardId) throws IOException {
        ClusterFile file = member().meta().file();
        if (file == null) {
            return;
        }
        for (String group : file.opened()) {
            if (group.startsWith(GROUP) && !group.equals(GROUP + shardId)) {
                file.markEnded(group);
            }
        }
    }

    private void open(String shardId) throws IOException {
        raft.serve();
        // Whoever waits for keys did so under other circumstances. Redis: disconnectAllBlockedClients.
        parts.blocked().leading(false);
        opens = shardId;
        member().look();
        if (!await(OPEN_MILLIS, () -> member().shard() != null)) {
            throw new IOException("the replica of shard " + shardId + " was not opened");
        }
    }

    private void goOn(RaftStart start) {
        ShardGroup shard = member().shard();
        mode.become(true);
        if (shard != null) {
            AtomicBoolean looked = new AtomicBoolean();
            await(LEADER_MILLIS, () -> {
                if (start.first().equals(nodeId) && shard.leader() == null) {
                    shard.goFirst(); // Again and again: the others may open theirs later.
                } else if (nodeId.equals(shard.leader()) && shard.isServing() && looked.compareAndSet(false, true)) {
                    member().look(); // Its slots are taken over now, not at the next tick.
                }
                return takesCalls(shard);
            });
        }
        mode.release(true);
    }

    /** Calls can go on: they are served here, or it is known where. */
    private boolean takesCalls(ShardGroup shard) {
        String leader = shard.leader();
        return leader != null
                && (!leader.equals(nodeId)
                        || (shard.isServing() && shard.slots().served() > 0));
    }

    private long loadBase(ShardBase base) throws IOException {
        if (live) {
            live = false;
            return gossip.clock().lastStamp();
        }
        return StandaloneLog.loadBase(parts, base);
    }

    // ---- back

    @Override
    public CompletableFuture<GossipEnd> endRaft(long attempt, long holdMillis) {
        return step(() -> {
            ShardGroup shard = shard();
            int millis = (int) Math.max(1, Math.min(holdMillis, END_MILLIS));
            if (!await(SNAPSHOT_MILLIS, () -> raft.node().restSnapshots(2 * SNAPSHOT_MILLIS))) {
                throw new IOException("a snapshot is being written");
            }
            mode.hold(holdMillis);
            raft.node().restSnapshots(OPEN_MILLIS);
            ending = attempt;
            if (!raft.node().mode().drained(millis)) {
                throw new IOException("calls of before took too long");
            }
            long index = shard.end(attempt, millis).get(2L * millis, TimeUnit.MILLISECONDS);
            return new GossipEnd(index, history(shard.shardId(), index), index);
        });
    }

    private ShardGroup shard() throws IOException {
        ShardGroup shard = member().shard();
        if (!mode.isRaft() || shard == null) {
            throw new IOException("the node has no replica of a raft shard");
        }
        return shard;
    }

    /** The same at all who have applied the end, and of no other history. */
    private static String history(String shardId, long index) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-1")
                    .digest((shardId + ' ' + index).getBytes(StandardCharsets.ISO_8859_1));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // Every JDK has it.
        }
    }

    @Override
    public @Nullable Long ended() {
        long held = ending;
        if (held != NONE) {
            return held;
        }
        ShardGroup shard = member().shard();
        return shard != null && shard.isServing() ? shard.endedAttempt() : null;
    }

    @Override
    public CompletableFuture<@Nullable Void> resumeRaft(long attempt) {
        return step(() -> {
            ShardGroup shard = shard();
            boolean ours = ending == attempt;
            if (shard.isServing() && (ours || shard.endedAt(attempt) != null)) {
                shard.resume(attempt, END_MILLIS).get(2L * END_MILLIS, TimeUnit.MILLISECONDS);
            }
            if (ours) {
                ending = NONE;
                mode.release(true);
            }
            return null;
        });
    }

    @Override
    public CompletableFuture<@Nullable Void> toGossip(GossipStart start, boolean elsewhere) {
        return step(() -> {
            if (!mode.isRaft()) {
                return null;
            }
            long began = System.nanoTime();
            boolean has;
            boolean ready = false;
            mode.hold(OPEN_MILLIS);
            try {
                has = isAtEnd(start, elsewhere);
                // Closing the replica would wait for it, and the log of gossip mode begins with one of its own.
                if (!await(OPEN_MILLIS, () -> raft.node().restSnapshots(2 * OPEN_MILLIS))) {
                    throw new IOException("a snapshot is being written");
                }
                requireStill(start);
                ready = true;
            } finally {
                if (!ready) {
                    mode.release(true);
                }
            }
            try {
                leaveRaft(start, has);
            } catch (Exception | Error e) {
                // A start finds either the replica, and comes here again, or the log of gossip mode.
                parts.failure().fatal("going on in gossip mode", e);
                throw e;
            }
            LOG.info(
                    "port {}: shard {} is gossip again, {} ms{}",
                    parts.config().port(),
                    start.shardId(),
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began),
                    has ? "" : "; this node did not come to the end of its log and fetches all");
            return null;
        });
    }

    /** Whether the shard's log has come to its end here. If not, the replica may be needed for the others to find it, or is all that is left. */
    private boolean isAtEnd(GossipStart start, boolean elsewhere) throws IOException {
        ShardGroup shard = member().shard();
        if (shard != null && !shard.shardId().equals(start.shardId())) {
            throw new IOException("the node's replica is of shard " + shard.shardId() + ", not of " + start.shardId());
        }
        // The meta group's word may be faster than the shard's; should its leader be gone, the others elect one.
        await(ENDED_MILLIS, () -> shard != null && shard.endedIndex() != null);
        Long ended = shard == null ? null : shard.endedIndex();
        boolean has = ended != null && ended == start.end().index();
        if (!has && !elsewhere) {
            throw new IOException("the shard's log has not come to its end at "
                    + start.end().index() + " here, and nobody serves its data in gossip mode yet");
        }
        return has;
    }

    /** What the node was told may be old by now. */
    private void requireStill(GossipStart start) throws Exception {
        ClusterMap map = member().meta().current().get(MetaGroup.CLOSE_MILLIS, TimeUnit.MILLISECONDS);
        if (!start.equals(Rollouts.endOf(map, nodeId))) {
            throw new IOException("shard " + start.shardId() + " has gone on meanwhile");
        }
    }

    /** Nobody is answered in gossip mode before a snapshot of its own is on the disk, and what raft mode had there is void. */
    private void leaveRaft(GossipStart start, boolean has) throws Exception {
        ShardGroup shard = member().shard();
        BitSet dropped = shard == null ? new BitSet() : shard.slots().in(SlotState.DROPPED);
        raft.node().mode().servesNoMore(parts.blocked());
        parts.blocked().leading(false);
        member().closeShard().get(OPEN_MILLIS, TimeUnit.MILLISECONDS);
        long stamp = raft.node().store().leave(dropped);
        parts.changes().breakOff("the shard leaves raft mode");
        if (has) {
            gossip.standalone().goesOnFrom(start.end().history(), start.end().offset(), stamp);
        }
        gossip.standalonePersistence().beginAgain();
        // Before the mark: a start that found only that would neither open the replica nor have another log.
        ReplicaFiles.leave(directory);
        // Not sooner: who is seen in gossip mode is waited for no more.
        mode.become(false);
        ClusterFile file = member().meta().file();
        if (file != null) {
            file.markEnded(GROUP + start.shardId());
        }
        ReplicaFiles.delete(directory);
        opens = null;
        ending = NONE;
        if (has && start.primary().equals(nodeId)) {
            gossip.standalone().lead();
        }
        gossip.serveNow();
        gossip.node().goesOn(has ? start.primary() : null);
        parts.blocked().leading(true);
        mode.release(false);
    }
}

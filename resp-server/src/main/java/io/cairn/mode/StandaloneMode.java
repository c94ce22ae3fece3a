package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import io.cairn.command.Flag;
import io.cairn.command.FunctionCommands;
import io.cairn.command.KeyEvents;
import io.cairn.command.MovingKeys;
import io.cairn.command.ScriptCommands;
import io.cairn.command.ServerState;
import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.StripeBusyException;
import io.cairn.metrics.NodeStats;
import io.cairn.record.RecordWriter;
import io.cairn.script.ScriptThread;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The mode of a node on its own: a call runs at once on its connection's event loop, under the locks of its keys'
 * stripes, and its record goes to the journal before they are released. Replies are sent when the journal has what they
 * show.
 */
public final class StandaloneMode implements Mode {
    /** See {@link #follow}. */
    public static final long REFUSED = -1;

    final Keyspace keyspace;
    final CommandTable commands;
    final NodeStats stats;
    final KeyEvents events;
    private final StandaloneServing serving;
    private final RecordClock clock;
    private volatile @Nullable ChangeStream stream;
    private volatile Journal journal;
    private final MemoryLimit memory;
    private final OwnExpiries ownExpiries;
    private volatile DataLimits wantedLimits = DataLimits.DEFAULT;
    private final AtomicBoolean evicting = new AtomicBoolean();
    private volatile boolean replica;
    private volatile @Nullable SlotGuard guard;
    private volatile @Nullable DataMarks marks;
    private volatile boolean frozen;
    private volatile boolean writesStopped;
    private volatile boolean replicaReadOnly = true;
    private volatile boolean replicaIgnoresMax = true;
    /** Whom the node follows, by a number that is never used again; of a primary none. Changed with all stripes locked. */
    private volatile long following;

    private volatile boolean unlogged;
    private volatile BooleanSupplier paused = () -> false;
    private volatile long minReplicas;
    private volatile long maxLagSeconds;
    private volatile @Nullable StandaloneScripts scripts;
    private final Set<EventLoop> loops = ConcurrentHashMap.newKeySet();
    private final MovingSlots moving = new MovingSlots();
    private final StandaloneMoves movingKeys = new StandaloneMoves(this, moving, loops, this::afterScripts);
    private final AtomicBoolean snapshotFailed = new AtomicBoolean();
    /** Records that changed something since the last dump.rdb (Redis: dirty). */
    private final AtomicLong changes = new AtomicLong();

    private final FastThreadLocal<StandaloneWorker> workers = new FastThreadLocal<>() {
        @Override
        protected StandaloneWorker initialValue() {
            return new StandaloneWorker(StandaloneMode.this);
        }
    };

    /**
     * @param events told of what happens to keys, by any event loop
     * @param memory the node's maxmemory
     */
    public StandaloneMode(
            Keyspace keyspace,
            CommandTable commands,
            NodeStats stats,
            KeyEvents events,
            BlockedKeys blocked,
            RecordClock clock,
            Journal journal,
            MemoryLimit memory) {
        this.keyspace = keyspace;
        this.commands = commands;
        this.stats = stats;
        this.events = events;
        this.serving = new StandaloneServing(this, blocked);
        this.clock = clock;
        this.journal = journal;
        this.memory = memory;
        this.ownExpiries = new OwnExpiries(keyspace);
    }

    /** Who follows the changes; to be given before the first command runs. */
    public void stream(ChangeStream changes) {
        stream = changes;
    }

    ChangeStream stream() {
        ChangeStream given = stream;
        return given == null ? ChangeStream.none(keyspace) : given;
    }

    RecordClock clock() {
        return clock;
    }

    Journal journal() {
        return journal;
    }

    /** Index of the last record in the journal, 0 without one. */
    public long journalIndex() {
        return journal.appendedIndex();
    }

    /** Exchanges the journal (CONFIG SET appendonly); the caller holds all stripes. */
    public void journal(Journal next) {
        journal = next;
    }

    /** Other limits, logged, so that a replay sees the same. From now on; while a script holds the keys, after it. */
    public void limits(DataLimits limits) {
        wantedLimits = limits;
        if (frozen) {
            return; // The node's cron comes again.
        }
        try {
            keyspace.lockAll();
        } catch (StripeBusyException e) {
            return; // The node's cron comes again.
        }
        try {
            if (limits.equals(keyspace.dataLimits())) {
                return;
            }
            long now = clock.stamp();
            RecordWriter writer = new RecordWriter();
            writer.begin(now, 0);
            writer.limits(now, limits);
            journal.append(writer.address(), writer.length());
            keyspace.dataLimits(limits);
        } finally {
            keyspace.unlockAll();
        }
    }

    MemoryLimit memory() {
        return memory;
    }

    /** More than maxmemory is used: an event loop goes on evicting. Redis: startEvictionTimeProc. */
    void evictLater() {
        for (EventLoop loop : loops) {
            if (evicting.compareAndSet(false, true)) {
                loop.execute(() -> {
                    evicting.set(false);
                    worker().makeRoom();
                });
            }
            return;
        }
    }

    /** From the node's cron: keeps maxmemory when no command comes, and what {@link #limits} could not do. */
    public void tick() {
        if (memory.exceeded()) {
            evictLater();
        }
        if (!wantedLimits.equals(keyspace.dataLimits())) {
            limits(wantedLimits);
        }
    }

    /** While true, writes answer MISCONF: the last background save failed and stop-writes-on-bgsave-error is set. */
    public void snapshotFailed(boolean failed) {
        snapshotFailed.set(failed);
    }

    public long changes() {
        return changes.get();
    }

    /** After a dump.rdb that held {@code saved} changes. */
    public void saved(long saved) {
        changes.addAndGet(-saved);
    }

    void changed(long count) {
        changes.addAndGet(count);
    }

    /** All data was loaded anew; the caller holds all stripes. */
    public void reloaded() {
        stream().breakOff("the data was loaded anew");
        events.everything();
        serving.serveSoon();
    }

    /** Why nothing may be written now, or null. */
    @Nullable
    String brokenRefusal() {
        if (snapshotFailed.get()) {
            return Refusal.SNAPSHOT_FAILED;
        }
        if (!journal.diskHasRoom()) {
            return Refusal.DISK_FULL;
        }
        if (isReadOnly()) {
            return Refusal.READ_ONLY;
        }
        if (unlogged && !replica) {
            return Refusal.UNLOGGED;
        }
        long least = minReplicas;
        return least > 0 && !replica && stream().good(clock.readTime(), maxLagSeconds) < least
                ? Refusal.TOO_FEW_REPLICAS
                : null;
    }

    // ---- following another node

    /** True while another node makes the changes. */
    public boolean isReplica() {
        return replica;
    }

    /** The primary's data is being loaded: there is neither the old data nor the new. */
    public boolean isLoading() {
        return keyspace.isLoading();
    }

    boolean isReadOnly() {
        return writesStopped || (replica && replicaReadOnly);
    }

    /** See {@link ReplicationRole#stopWrites}; clients wait before they come here. Not for event loops. */
    public void stopWrites(boolean on) {
        keyspace.lockAll();
        try {
            writesStopped = on;
        } finally {
            keyspace.unlockAll();
        }
    }

    boolean leavesEvictionToPrimary() {
        return replica && replicaIgnoresMax;
    }

    /** replica-read-only. */
    public void replicaReadOnly(boolean on) {
        replicaReadOnly = on;
    }

    /** replica-ignore-maxmemory. */
    public void replicaIgnoresMax(boolean on) {
        replicaIgnoresMax = on;
    }

    boolean follows(long whom) {
        return replica && following == whom;
    }

    /**
     * Follows another from now on: nothing of whom it followed before is applied any more, and nothing of clients. Any thread.
     *
     * @param condition asked when nothing is applied or written any more
     * @return what {@link PrimaryFeed} needs to apply what comes from the other, {@link #REFUSED} when the condition does not hold
     * @throws StripeBusyException when a script holds the keys and the caller is an event loop
     */
    @SuppressWarnings("NonAtomicVolatileUpdate") // Under all locks.
    public long follow(BooleanSupplier condition) {
        keyspace.lockAll();
        try {
            if (!condition.getAsBoolean()) {
                return REFUSED;
            }
            following++;
            replica = true;
            stream().beginPassing(following);
            return following;
        } finally {
            keyspace.unlockAll();
        }
    }

    /** Makes the changes itself from now on: nothing of whom it followed is applied any more. As {@link #follow}. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // Under all locks.
    public void lead() {
        keyspace.lockAll();
        try {
            following++;
            if (replica) {
                replica = false;
                ownExpiries.clear();
                stream().endPassing();
            }
        } finally {
            keyspace.unlockAll();
        }
    }

    /**
     * While true, the log has other data than the node, which came from its primary: nothing of clients may be added to it, should this node become a
     * primary meanwhile.
     */
    public void unlogged(boolean on) {
        unlogged = on;
    }

    public boolean isUnlogged() {
        return unlogged;
    }

    /** Whether writes of clients are held now; expired keys stay meanwhile. Redis: checkClientPauseTimeoutAndReturnIfPaused. */
    public void paused(BooleanSupplier held) {
        paused = held;
    }

    /** Nothing may be deleted but by command: what there is, is to stay the same, or cannot be logged. */
    boolean leavesKeysAlone() {
        return unlogged || paused.getAsBoolean() || !journal.hasSpace() || !journal.diskHasRoom();
    }

    /** What comes from a primary is applied by this. */
    public PrimaryFeed feed(long whom) {
        return new PrimaryFeed(this, whom);
    }

    /** All data was replaced by the primary's; the caller holds all stripes. */
    public void replaced(String id, long offset, int database) {
        keyspace.nextVersion();
        ownExpiries.clear();
        stream().adopt(id, offset, database);
        events.everything();
        serving.serveSoon();
    }

    /** Who makes digests at marks in the stream, here and where it is followed; null on a node that needs none. */
    public void marks(DataMarks digests) {
        marks = digests;
    }

    /** Puts a mark into the stream and begins the digest of the data at it. Any thread but event loops. */
    public ChangeStream.Position mark(String id) {
        keyspace.lockAll();
        try {
            ChangeStream.Position at = stream().mark(DataMarks.PREFIX + id);
            marked(DataMarks.PREFIX + id);
            return at;
        } finally {
            keyspace.unlockAll();
        }
    }

    void marked(String text) {
        DataMarks digests = marks;
        if (digests != null && text.startsWith(DataMarks.PREFIX)) {
            digests.reached(text.substring(DataMarks.PREFIX.length()));
        }
    }

    /**
     * Nothing is changed here any more, by whomever: as if the node followed one who never sends anything. {@link #lead} ends it. What calls were at is over
     * when this returns: the place in the stream is final. Any thread but event loops.
     *
     * @param millis longest wait for calls under way
     */
    public ChangeStream.Position freeze(long millis) throws MovingKeys.Refused {
        BitSet all = new BitSet();
        all.set(0, Slots.COUNT);
        moving.hold(all, millis); // No MIGRATE is under way, and none begins.
        boolean done = false;
        try {
            movingKeys.drain(millis);
            follow(() -> true);
            frozen = true;
            done = true;
            return stream().place();
        } finally {
            if (!done) {
                moving.release(all);
            }
        }
    }

    /** Ends what {@link #freeze} began. */
    public void thaw() {
        if (frozen) {
            frozen = false;
            lead();
            freeKeys();
        }
    }

    private void freeKeys() {
        BitSet all = new BitSet();
        all.set(0, Slots.COUNT);
        moving.release(all);
    }

    /**
     * The data is at this place of a history that other nodes have as well; after {@link #retire}, while nobody follows.
     *
     * @param stamp no record is stamped before it
     */
    public void goesOnFrom(String history, long offset, long stamp) {
        clock.seen(stamp);
        stream().restore(new ChangeStream.Position(history, offset, 0), false);
    }

    /** Another mode makes the changes from now on, over the same data and stream. Nothing is under way, nobody is followed any more. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // Under all locks.
    public void retire() {
        keyspace.lockAll();
        try {
            following++;
            replica = true;
            journal = Journal.NONE;
            stream().endPassing();
        } finally {
            keyspace.unlockAll();
        }
        if (frozen) {
            frozen = false;
            freeKeys();
        }
    }

    /** DEBUG CHANGE-REPL-ID. */
    public void renameHistory() {
        stream().rename();
    }

    /** min-replicas-to-write; 0 for none. */
    public void minReplicas(long replicas) {
        minReplicas = replicas;
    }

    /** min-replicas-max-lag. */
    public void maxLagSeconds(long seconds) {
        maxLagSeconds = seconds;
    }

    /** The node is one of a cluster from now on, and takes what {@code slots} lets it take. Before the first call. */
    public void guard(SlotGuard slots) {
        guard = slots;
    }

    @Nullable
    SlotGuard guard() {
        return guard;
    }

    @Override
    public Outcome execute(Origin origin, Command command, Args args) {
        StandaloneScripts own = scripts;
        SlotGuard slots = guard;
        String elsewhere = slots == null
                ? null
                : slots.refusal(origin, command, args, workers.get().positions());
        if (elsewhere != null) {
            if (origin.pending() > 0) {
                return Outcome.WAIT;
            }
            origin.reply().error(elsewhere);
            return Outcome.DONE;
        }
        if (moving.active() && (origin.pending() > 0 || holds(origin, command, args))) {
            return Outcome.WAIT;
        }
        if (own != null && onScriptThread(command)) {
            return own.execute(origin, command, args);
        }
        Outcome outcome = workers.get().execute(origin, command, args);
        serving.serve();
        return outcome;
    }

    @Override
    public MovingKeys movingKeys() {
        return movingKeys;
    }

    /** Clients are served at once here, so only MIGRATE holds anything. */
    @Override
    public boolean holds(Origin origin, Command command, Args args) {
        if (!moving.active() || command.session() != null) {
            return false;
        }
        // Here a script may write to keys that it does not name.
        return ScriptCommands.runsScript(command)
                ? moving.waits(origin)
                : moving.waits(origin, command, args, workers.get().positions());
    }

    private void afterScripts(Runnable run) {
        StandaloneScripts own = scripts;
        if (own == null) {
            run.run();
        } else {
            own.afterwards(run);
        }
    }

    /** Serves clients that wait for keys which something happened to; no stripe is held. */
    void serve() {
        serving.serve();
    }

    /** As {@link #serve}, from any thread. */
    void serveSoon() {
        serving.serveSoon();
    }

    Set<EventLoop> loops() {
        return loops;
    }

    private static boolean onScriptThread(Command command) {
        return ScriptCommands.runsScript(command) || FunctionCommands.loads(command);
    }

    @Override
    public void serves(EventLoop loop) {
        loops.add(loop);
    }

    boolean isOnEventLoop() {
        for (EventLoop loop : loops) {
            if (loop.inEventLoop()) {
                return true;
            }
        }
        return false;
    }

    StandaloneWorker worker() {
        return workers.get();
    }

    @Override
    public Outcome executeBlock(Origin origin, Block block) {
        StandaloneScripts own = scripts;
        if (own != null) {
            for (Block.Queued queued : block.commands()) {
                if (onScriptThread(queued.command())) {
                    return own.executeBlock(origin, block);
                }
            }
        }
        Outcome outcome = workers.get().executeBlock(origin, block);
        serving.serve();
        return outcome;
    }

    /**
     * Runs scripts on {@code thread} from now on, which it closes with itself.
     *
     * @param fatal stops the process
     */
    public void scripts(ScriptThread thread, BiConsumer<String, Throwable> fatal) {
        scripts = new StandaloneScripts(this, thread, fatal);
    }

    /** The node is there for commands that scripts call. */
    public void started(ServerState server) {
        StandaloneScripts own = scripts;
        if (own != null) {
            own.server(server);
        }
    }

    @Override
    public @Nullable String refusal(Origin origin, Command command, Args args) {
        SlotGuard slots = guard;
        String elsewhere = slots == null
                ? null
                : slots.queuedRefusal(origin, command, args, workers.get().positions());
        if (elsewhere != null) {
            return elsewhere;
        }
        return command.is(Flag.WRITE) ? brokenRefusal() : null;
    }

    @Override
    public boolean makeRoom(Origin origin) {
        return worker().makeRoom();
    }

    @Override
    public void endOfTurn(Origin origin) {
        workers.get().endOfTurn();
    }

    @Override
    public void whenDurable(Origin origin, Runnable run) {
        Journal current = journal;
        if (current.durableIndex() >= current.appendedIndex()) {
            run.run();
        } else {
            workers.get().whenDurable(origin, current, run);
        }
    }

    OwnExpiries ownExpiries() {
        return ownExpiries;
    }

    /** From the node's cron while it is a replica: what its own clients let expire goes. */
    public void expireOwn() {
        ownExpiries.tick((database, key) -> workers.get().expireOwn(database, key));
        serving.serveSoon();
    }

    /** Deletes one expired key if it is still the one that was found; any thread. */
    public boolean expire(int database, byte[] key, long expireAt, long version) {
        boolean expired = workers.get().expire(database, key, expireAt, version);
        serving.serveSoon();
        return expired;
    }

    /** Deletes those of some fields of a hash that are expired; any thread. */
    public void expireFields(int database, byte[] key, List<byte[]> fields) {
        workers.get().expireFields(database, key, fields);
    }

    @Override
    public void close() {
        moving.close();
        StandaloneScripts own = scripts;
        if (own != null) {
            own.close();
        }
    }
}

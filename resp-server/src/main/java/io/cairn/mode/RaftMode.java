package io.cairn.mode;

import io.cairn.cluster.Redirects;
import io.cairn.command.Args;
import io.cairn.command.Call;
import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import io.cairn.command.Flag;
import io.cairn.command.FunctionCommands;
import io.cairn.command.KeyEvents;
import io.cairn.command.KeyPositions;
import io.cairn.command.KeySpec;
import io.cairn.command.MovingKeys;
import io.cairn.command.Reply;
import io.cairn.command.ScriptCommands;
import io.cairn.command.ServerState;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.StripeBusyException;
import io.cairn.metrics.NodeStats;
import io.cairn.raft.shards.ShardGroup;
import io.cairn.raft.shards.SlotState;
import io.cairn.raft.shards.SlotTable;
import io.cairn.raft.shards.SlotTraffic;
import io.cairn.record.RecordWriter;
import io.cairn.script.ScriptThread;
import io.netty.channel.EventLoop;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Raft mode: a write becomes part of an entry of the shard's log and is answered when that is committed and applied
 * here; a read of the primary waits for a barrier that proves it still leads; a slot of another shard, or of a replica
 * that may not answer, is redirected. Called on event loops; the state of each loop is its {@link LoopQueue}.
 */
public final class RaftMode implements Mode {
    /** Slot of a command that touches no key or all of them. */
    static final int NO_SLOT = -1;

    private static final int CROSS_SLOT = -2;
    private static final String CROSS_SLOT_ERROR = "CROSSSLOT Keys in request don't hash to the same slot";
    /** Redis: shared.loadingerr. */
    private static final String LOADING = "LOADING Redis is loading the dataset in memory";

    private static final String OOM = "OOM command not allowed when used memory > 'maxmemory'.";
    private static final String TOO_MANY_SMALL =
            "ERR the small arguments of one write exceed " + (LargeWrites.MAX_INLINE_BYTES >> 20) + " MB: split it";
    private static final String NO_SHARD =
            "ERR This node has no shard yet: add it by CLUSTER MEET, and restore its libraries when it serves slots";
    private static final String NO_SCRIPTS = "ERR This node runs no scripts";
    /** What a block with scripts does is taken back before it is logged, and FLUSHALL, for one, cannot be. */
    private static final String WRITES_ALL =
            "EXECABORT Transaction discarded because of: ERR A transaction with scripts may"
                    + " not change all keys or libraries in raft mode";

    private static final String CHANGES_HANDS = "TRYAGAIN The slot is changing hands";
    private static final String READ_ONLY_REPLICA = "READONLY You can't write against a read only replica.";

    private final Keyspace keyspace;
    private final Supplier<@Nullable ShardGroup> shard;
    private final OpenSlots open;
    private final Redirects redirects;
    private final Stamps stamps;
    private final MemoryLimit memory;
    private volatile BooleanSupplier tooFewReplicas = () -> false;
    private final BooleanSupplier linearizableReplicaReads;
    private final IntSupplier replicaReadBound;
    private final Freshness freshness = new Freshness();
    private final OwnBlobs ownBlobs;
    private final NodeStats stats;
    private final KeyEvents events;
    private final LongConsumer proposalNanos;
    private final ConcurrentHashMap<EventLoop, LoopQueue> queues = new ConcurrentHashMap<>();
    /** Identities of the keys whose eviction is proposed and not yet applied. */
    private final Set<Long> evictions = ConcurrentHashMap.newKeySet();

    private final Set<EventLoop> loops = ConcurrentHashMap.newKeySet();
    private final AtomicLong oomRefusals = new AtomicLong();
    private final AwaitedSlots awaited = new AwaitedSlots();
    private final MovingSlots moving = new MovingSlots();
    private final FrozenCalls frozen = new FrozenCalls(System::nanoTime);
    private final MovingKeys movingKeys = new RaftMoves(this, moving);
    private volatile @Nullable RaftScripts scripts;
    private volatile @Nullable RaftServing serving;

    RaftMode(
            Keyspace keyspace,
            Supplier<@Nullable ShardGroup> shard,
            Redirects redirects,
            Stamps stamps,
            OwnBlobs ownBlobs,
            MemoryLimit memory,
            BooleanSupplier linearizableReplicaReads,
            IntSupplier replicaReadBound,
            NodeStats stats,
            KeyEvents events,
            LongConsumer proposalNanos,
            OpenSlots open) {
        this.open = open;
        this.keyspace = keyspace;
        this.shard = shard;
        this.redirects = redirects;
        this.stamps = stamps;
        this.ownBlobs = ownBlobs;
        this.memory = memory;
        this.linearizableReplicaReads = linearizableReplicaReads;
        this.replicaReadBound = replicaReadBound;
        this.stats = stats;
        this.events = events;
        this.proposalNanos = proposalNanos;
    }

    @Override
    public Outcome execute(Origin origin, Command command, Args args) {
        LoopQueue queue = queue(origin);
        int slot = slot(queue.keys, command, args);
        if (slot == CROSS_SLOT) {
            return refuse(origin, CROSS_SLOT_ERROR);
        }
        RaftServing own = serving;
        if (own != null && own.holds(slot, origin)) {
            return Outcome.WAIT;
        }
        if (frozen.isActive()) {
            Outcome waits = whileFrozen(origin, command, slot);
            if (waits != null) {
                return waits;
            }
        }
        if (slot >= 0 && redirects.isDown()) {
            String down = redirects.whileDown(writes(command));
            if (down != null) {
                return refuse(origin, down);
            }
        }
        ShardGroup group = shard.get();
        if (ScriptCommands.runsScript(command) || FunctionCommands.loads(command)) {
            return script(origin, command, args, slot, group);
        }
        boolean write = command.is(Flag.WRITE);
        if (slot == NO_SLOT && !write && (group == null || !group.takesCalls())) {
            return readHere(queue, origin, command, args, slot);
        }
        if (group == null || (slot >= 0 && !takes(group, origin, command, slot))) {
            return elsewhere(origin, slot);
        }
        if (!group.takesCalls()) {
            return atReplica(queue, origin, command, args, slot, group);
        }
        return write ? write(queue, origin, command, args, slot) : read(queue, origin, command, args, slot);
    }

    private static boolean writes(Command command) {
        return command.is(Flag.WRITE) || ScriptCommands.runsScript(command) || FunctionCommands.loads(command);
    }

    /** Whether a call on the slot has its place here: whether its keys are here is seen when it runs. */
    private static boolean takes(ShardGroup group, Origin origin, Command command, int slot) {
        return switch (group.slots().state(slot)) {
            case SERVING, MIGRATING -> true;
            case IMPORTING -> group.isServing() && (origin.asking() || command.is(Flag.ASKING) || isMigrate(command));
            case ABSENT, FROZEN, RECEIVING, DROPPED, HELD -> false;
        };
    }

    /** It sends what is here wherever the slot belongs by then. Redis: getNodeByQuery. */
    private static boolean isMigrate(Command command) {
        return command.name().equals("migrate");
    }

    OpenSlots open() {
        return open;
    }

    /** What becomes of a call while slots change hands: it waits, has waited long enough, or (null) is not concerned. */
    private @Nullable Outcome whileFrozen(Origin origin, @Nullable Command command, int slot) {
        ShardGroup group = shard.get();
        if (group == null || origin instanceof BlockedKeys.Waiter || !changesHands(group, command, slot)) {
            frozen.goesOn(origin);
            return null;
        }
        if (frozen.waits(origin)) {
            // Whoever told of a change just before did not know of this call yet.
            if (changesHands(group, command, slot)) {
                return Outcome.WAIT;
            }
            frozen.goesOn(origin);
            return null;
        }
        Outcome refused = refuse(origin, CHANGES_HANDS);
        if (refused == Outcome.DONE) {
            frozen.goesOn(origin);
        }
        return refused;
    }

    /**
     * Whether calls on the slot wait here: it is frozen and still ours, or has come as a whole and is about to be. Who
     * empties the shard waits for all that is frozen or has come.
     */
    private boolean changesHands(ShardGroup group, @Nullable Command command, int slot) {
        if (!group.takesCalls()) {
            return false;
        }
        if (slot < 0) {
            return command != null
                    && ExportedSlots.emptiesAll(command)
                    && (!group.slots().in(SlotState.FROZEN).isEmpty() || group.hasArrivals());
        }
        return switch (group.slots().state(slot)) {
            case FROZEN -> redirects.isOurs(slot);
            case RECEIVING -> redirects.isOurs(slot) || group.hasArrived(slot);
            default -> false;
        };
    }

    /** The slots of this node's shard, or their owners, have changed. Any thread, quickly. */
    public void slotsChanged() {
        ShardGroup group = shard.get();
        SlotTable slots = group == null ? SlotTable.EMPTY : group.slots();
        frozen.look(!slots.in(SlotState.FROZEN).isEmpty()
                || !slots.in(SlotState.RECEIVING).isEmpty());
    }

    /** What a migration holds up. */
    public SlotTraffic traffic() {
        return new SlotTraffic() {
            @Override
            public boolean hold(BitSet slots, long millis) {
                try {
                    moving.hold(slots, millis);
                } catch (MovingKeys.Refused e) {
                    return false;
                }
                try {
                    if (drain().await(millis, TimeUnit.MILLISECONDS)) {
                        return true;
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                moving.release(slots);
                return false;
            }

            @Override
            public void release(BitSet slots) {
                moving.release(slots);
            }
        };
    }

    /** What redis-cli sends to a node that it adds: no libraries are restored at once, and any others have no log to go to. */
    private static Outcome loadWithoutShard(Origin origin, Args args) {
        if (!FunctionCommands.restoresNothing(args)) {
            return refuse(origin, NO_SHARD);
        }
        if (origin.pending() > 0) {
            return Outcome.WAIT;
        }
        origin.reply().ok();
        return Outcome.DONE;
    }

    /** Scripts run at the primary, those that only read too. */
    private Outcome script(Origin origin, Command command, Args args, int slot, @Nullable ShardGroup group) {
        RaftScripts own = scripts;
        if (own == null) {
            return refuse(origin, NO_SCRIPTS);
        }
        if (group == null && FunctionCommands.loads(command)) {
            return loadWithoutShard(origin, args);
        }
        if (group == null || (slot >= 0 && !takes(group, origin, command, slot))) {
            return elsewhere(origin, slot);
        }
        if (!group.takesCalls()) {
            String elsewhere = group.leader() == null ? FailureText.NO_LEADER : READ_ONLY_REPLICA;
            return refuse(origin, slot == NO_SLOT ? elsewhere : redirect(slot));
        }
        LoopQueue queue = queue(origin);
        if (origin.pending() > 0 || moving.waits(origin, command, args, queue.keys)) {
            return Outcome.WAIT;
        }
        String open = slot < 0 ? null : openRefusal(queue.keys, command, args, slot);
        if (open != null) {
            return refuse(origin, open);
        }
        queue.eviction.makeRoom();
        return own.execute(origin, command, args, slot);
    }

    /** Why a script with keys of an open slot cannot run here, or null. Takes the stripe's lock. */
    @Nullable
    String openRefusal(KeyPositions keys, Command command, Args args, int slot) {
        SlotState state = state(slot);
        if (state == SlotState.SERVING) {
            return null;
        }
        int stripe = keyspace.stripeOf(slot);
        keyspace.lock(stripe);
        try {
            return OpenSlots.mayServe(state) ? open.refusal(state, keys, command, args, slot, 0) : redirect(slot);
        } finally {
            keyspace.unlock(stripe);
        }
    }

    private Outcome write(LoopQueue queue, Origin origin, Command command, Args args, int slot) {
        boolean large = LargeWrites.isLarge(args);
        if (queue.mustWait(origin, large)) {
            return Outcome.WAIT;
        }
        RaftScripts own = scripts;
        if ((own != null && own.holds(slot, origin)) || moving.waits(origin, command, args, queue.keys)) {
            return Outcome.WAIT;
        }
        if (large && LargeWrites.sentAheadFrom(args) < 0) {
            return refuse(origin, TOO_MANY_SMALL);
        }
        if (!queue.eviction.makeRoom() && command.is(Flag.DENYOOM)) {
            oomRefusals.incrementAndGet();
            return refuse(origin, OOM);
        }
        if (tooFewReplicas.getAsBoolean()) {
            return refuse(origin, Refusal.TOO_FEW_REPLICAS);
        }
        if (!queue.hasRoom()) {
            return refuse(origin, FailureText.BUSY);
        }
        origin.shows(command, args, origin.database());
        queue.write(origin, args, slot);
        return Outcome.PENDING;
    }

    /** Before the call is handed on: see {@link io.cairn.tracking.Tracking}. */
    private static void remember(LoopQueue queue, Origin origin, Command command, Args args) {
        if (origin.tracks() && command.is(Flag.READONLY)) {
            queue.keys.find(command, args);
            origin.remembers(args, queue.keys);
        }
    }

    private Outcome read(LoopQueue queue, Origin origin, Command command, Args args, int slot) {
        if (LoopQueue.readMustWait(origin)) {
            return Outcome.WAIT;
        }
        origin.shows(command, args, origin.database());
        remember(queue, origin, command, args);
        queue.read(origin, command, args, slot);
        return Outcome.PENDING;
    }

    /** At a replica: redirected, but for a READONLY connection's reads. */
    private Outcome atReplica(LoopQueue queue, Origin origin, Command command, Args args, int slot, ShardGroup group) {
        if (slot == NO_SLOT) {
            return refuse(origin, group.leader() == null ? FailureText.NO_LEADER : READ_ONLY_REPLICA);
        }
        if (command.is(Flag.READONLY) && redirects.readsWithoutPrimary()) {
            return readHere(queue, origin, command, args, slot);
        }
        if (!origin.readonly() || !command.is(Flag.READONLY)) {
            return refuse(origin, redirect(slot));
        }
        if (!isFreshEnough(group)) {
            return read(queue, origin, command, args, slot);
        }
        if (linearizableReplicaReads.getAsBoolean()) {
            return read(queue, origin, command, args, slot);
        }
        return readHere(queue, origin, command, args, slot);
    }

    /** cluster-replica-reads bounded: what is too old is read as if linearizable. */
    private boolean isFreshEnough(ShardGroup group) {
        int bound = replicaReadBound.getAsInt();
        return bound == 0 || freshness.isWithin(bound, group, group::readBarrier);
    }

    private Outcome readHere(LoopQueue queue, Origin origin, Command command, Args args, int slot) {
        if (origin.pending() > 0) {
            return Outcome.WAIT;
        }
        remember(queue, origin, command, args);
        copy(args, queue.call.args);
        queue.call.noTouch(origin.noTouch());
        runRead(queue, origin, command, origin.database(), slot, stamps.readTime(), false, origin.reply());
        origin.shows(command, args, origin.database());
        return Outcome.DONE;
    }

    /** A slot that is this node's and not served yet is waited for; else the client is sent on. */
    private Outcome elsewhere(Origin origin, int slot) {
        String where = redirect(slot);
        boolean comes = where.equals(Redirects.NOT_READY) && slot >= 0 && !(origin instanceof BlockedKeys.Waiter);
        return comes && awaited.waits(origin, slot) ? Outcome.WAIT : refuse(origin, where);
    }

    private static Outcome refuse(Origin origin, String error) {
        if (origin.pending() > 0) {
            return Outcome.WAIT;
        }
        origin.reply().error(error);
        return Outcome.DONE;
    }

    @Override
    public Outcome executeBlock(Origin origin, Block block) {
        LoopQueue queue = queue(origin);
        if (origin.pending() > 0) {
            return Outcome.WAIT;
        }
        ShardGroup group = shard.get();
        int slot = NO_SLOT;
        boolean adds = false;
        boolean writes = false;
        boolean runsScripts = false;
        boolean writesAll = false;
        Command empties = null;
        for (Block.Queued queued : block.commands()) {
            int next = slot(queue.keys, queued.command(), queued.args());
            if (next == CROSS_SLOT || (next >= 0 && slot >= 0 && next != slot)) {
                return refuse(origin, CROSS_SLOT_ERROR);
            }
            slot = Math.max(slot, next);
            adds |= queued.command().is(Flag.DENYOOM);
            writes |= queued.command().is(Flag.WRITE);
            boolean script = ScriptCommands.runsScript(queued.command()) || FunctionCommands.loads(queued.command());
            runsScripts |= script;
            empties = ExportedSlots.emptiesAll(queued.command()) ? queued.command() : empties;
            writesAll |= !script && next == NO_SLOT && queued.command().is(Flag.WRITE);
        }
        if (frozen.isActive()) {
            Outcome waits = whileFrozen(origin, empties, slot);
            if (waits != null) {
                return waits;
            }
        }
        if (runsScripts && writesAll) {
            return refuse(origin, WRITES_ALL);
        }
        if (!writes && !runsScripts && block.watches().isEmpty() && readsHere(origin, group, slot)) {
            return blockHere(queue, origin, block, slot);
        }
        if (group == null || !group.takesCalls()) {
            return slot == NO_SLOT && group != null && group.leader() != null
                    ? refuse(origin, READ_ONLY_REPLICA)
                    : refuse(origin, redirect(slot));
        }
        if (slot >= 0 && !takesBlock(group, origin, slot)) {
            return refuse(origin, redirect(slot));
        }
        for (Block.Watch watch : block.watches()) {
            int watched = slotOf(watch.key());
            if (!takesBlock(group, origin, watched)) {
                return refuse(origin, redirect(watched));
            }
        }
        if (!queue.eviction.makeRoom() && adds) {
            oomRefusals.incrementAndGet();
            return refuse(origin, "EXECABORT Transaction discarded because of: " + OOM);
        }
        if (writes && tooFewReplicas.getAsBoolean()) {
            return refuse(origin, "EXECABORT Transaction discarded because of: " + Refusal.TOO_FEW_REPLICAS);
        }
        if (runsScripts) {
            RaftScripts own = scripts;
            return own == null ? refuse(origin, NO_SCRIPTS) : own.execute(origin, block, slot);
        }
        if (LargeWrites.isLarge(block) && LargeWrites.sentAheadFrom(block) < 0) {
            return refuse(origin, TOO_MANY_SMALL);
        }
        if (!queue.hasRoom()) {
            return refuse(origin, FailureText.BUSY);
        }
        for (Block.Queued queued : block.commands()) {
            origin.shows(queued.command(), queued.args(), queued.database());
            remember(queue, origin, queued.command(), queued.args());
        }
        queue.write(origin, block, slot);
        return Outcome.PENDING;
    }

    /** Redis: the word ASKING before MULTI holds until EXEC. */
    private static boolean takesBlock(ShardGroup group, Origin origin, int slot) {
        SlotTable slots = group.slots();
        return slots.owns(slot) || (slots.state(slot) == SlotState.IMPORTING && group.isServing() && origin.asking());
    }

    /** Whether a read-only block needs no word of the primary: it names no key, or may read what a replica has. */
    private boolean readsHere(Origin origin, @Nullable ShardGroup group, int slot) {
        if (group != null && group.takesCalls()) {
            return false;
        }
        return slot == NO_SLOT || mayReadStale(origin, group, slot);
    }

    private boolean mayReadStale(Origin origin, @Nullable ShardGroup group, int slot) {
        return group != null
                && origin.readonly()
                && group.slots().serves(slot)
                && !linearizableReplicaReads.getAsBoolean()
                && isFreshEnough(group);
    }

    private Outcome blockHere(LoopQueue queue, Origin origin, Block block, int slot) {
        Reply reply = origin.reply();
        if (keyspace.isLoading()) {
            reply.error("EXECABORT Transaction discarded because of: " + LOADING);
            return Outcome.DONE;
        }
        long now = stamps.readTime();
        queue.call.noTouch(origin.noTouch());
        keyspace.lockAll();
        try {
            if (state(slot) != SlotState.SERVING) {
                // Gone since the block was let in: its keys may be elsewhere by now.
                reply.error(redirect(slot));
                return Outcome.DONE;
            }
            reply.array(block.commands().size());
            for (Block.Queued queued : block.commands()) {
                remember(queue, origin, queued.command(), queued.args());
                copy(queued.args(), queue.call.args);
                queue.call.begin(queued.database(), now, queue.seed(), reply);
                run(queued.command(), queue.call);
                origin.shows(queued.command(), queued.args(), queued.database());
            }
        } finally {
            keyspace.unlockAll();
        }
        return Outcome.DONE;
    }

    /**
     * Whether this node takes a command of a MULTI block or a WATCH at all: the error line (a redirect, CROSSSLOT), or
     * null. Redis: getNodeByQuery runs when a command is queued.
     */
    @Override
    public @Nullable String refusal(Origin origin, Command command, Args args) {
        int slot = slot(queue(origin).keys, command, args);
        if (slot == CROSS_SLOT) {
            return CROSS_SLOT_ERROR;
        }
        if (slot == NO_SLOT) {
            return loading(command);
        }
        if (redirects.isDown() && !command.is(Flag.PUBSUB)) {
            String down = redirects.whileDown(writes(command));
            if (down != null) {
                return down;
            }
        }
        ShardGroup group = shard.get();
        if (command.is(Flag.PUBSUB)) {
            // Shard channels belong to every replica of the slot's shard, whoever leads it.
            return group != null && group.slots().owns(slot) ? null : redirect(slot);
        }
        if (group != null && group.takesCalls()) {
            if (!takes(group, origin, command, slot)) {
                String where = redirect(slot);
                // A slot that is about to be served: EXEC will see.
                return where.equals(Redirects.NOT_READY) && !isMigrate(command) ? null : where;
            }
            String elsewhere = queuedRefusal(queue(origin), group, command, args, slot);
            if (elsewhere != null) {
                return elsewhere;
            }
            return command.is(Flag.WRITE) && tooFewReplicas.getAsBoolean() ? Refusal.TOO_FEW_REPLICAS : null;
        }
        return command.is(Flag.READONLY) && mayReadStale(origin, group, slot) ? loading(command) : redirect(slot);
    }

    /** Why a command on an open slot is not queued, or null; EXEC looks again. MIGRATE sends what is here. */
    private @Nullable String queuedRefusal(LoopQueue queue, ShardGroup group, Command command, Args args, int slot) {
        SlotState state = group.slots().state(slot);
        boolean open = state == SlotState.MIGRATING || state == SlotState.IMPORTING;
        if (!open || isMigrate(command)) {
            return null;
        }
        String loading = loading(command);
        if (loading != null) {
            return loading;
        }
        try {
            return openRefusal(queue.keys, command, args, slot);
        } catch (StripeBusyException e) {
            return null;
        }
    }

    @Override
    public boolean makeRoom(Origin origin) {
        ShardGroup group = shard.get();
        return group == null || !group.takesCalls() || queue(origin).eviction.makeRoom();
    }

    @Override
    public boolean holds(Origin origin, Command command, Args args) {
        RaftServing own = serving;
        KeyPositions keys = queue(origin).keys;
        int slot = slot(keys, command, args);
        if (slot >= 0 && frozen.isActive() && whileFrozen(origin, command, slot) == Outcome.WAIT) {
            return true;
        }
        if (slot >= 0 && comes(slot) && awaited.waits(origin, slot)) {
            return true;
        }
        return (own != null && own.isHolding() && own.holds(slot, origin))
                || (command.session() == null && moving.waits(origin, command, args, keys));
    }

    /** Whether the map gives the slot to this node, which leads and does not serve it yet. */
    private boolean comes(int slot) {
        ShardGroup group = shard.get();
        return group != null
                && !OpenSlots.mayServe(group.slots().state(slot))
                && redirect(slot).equals(Redirects.NOT_READY);
    }

    /**
     * The error line for what would wait on an event loop until a snapshot is loaded, or null: the loop has other
     * connections, and those of leaders on other nodes of this process.
     */
    private @Nullable String loading(Command command) {
        return keyspace.isLoading() && !command.is(Flag.LOADING) ? LOADING : null;
    }

    @Override
    public MovingKeys movingKeys() {
        return movingKeys;
    }

    /** Counts down to 0 when all writes that event loops have gathered are applied, or have failed. Any thread. */
    CountDownLatch drain() {
        List<LoopQueue> all = List.copyOf(queues.values());
        CountDownLatch left = new CountDownLatch(all.size());
        all.forEach(queue -> queue.loop.execute(() -> queue.barrier(left::countDown)));
        return left;
    }

    /** Completes when the scripts that event loops have taken are answered. Any thread. */
    CompletableFuture<Void> scriptsOver() {
        RaftScripts own = scripts;
        return own == null ? CompletableFuture.completedFuture(null) : own.over();
    }

    /** Counts down to 0 when the clients that are being served from keys of these slots have what there is for them. Any thread. */
    CountDownLatch served(BitSet slots) {
        RaftServing own = serving;
        return own == null ? new CountDownLatch(0) : own.served(slots);
    }

    @Override
    public void endOfTurn(Origin origin) {
        // The queue runs once at the end of the loop's turn, for all of its connections together.
    }

    @Override
    public void whenDurable(Origin origin, Runnable run) {
        run.run();
    }

    /**
     * Runs a read under its stripes' locks; answers the expiry that made a key absent, 0 when none did.
     *
     * @param samePrimary see {@link OpenSlots#mayRead}
     */
    long runRead(
            LoopQueue queue,
            @Nullable Origin origin,
            Command command,
            int database,
            int slot,
            long now,
            boolean samePrimary,
            Reply reply) {
        String loading = loading(command);
        if (loading != null) {
            reply.error(loading);
            return 0;
        }
        Call call = queue.call;
        call.begin(database, now, queue.seed(), reply);
        call.database().sawExpired();
        KeySpec keys = command.keys();
        if (slot >= 0) {
            int stripe = keyspace.stripeOf(slot);
            keyspace.lock(stripe);
            try {
                SlotState state = state(slot);
                if (!OpenSlots.mayRead(state, samePrimary)) {
                    // Gone since the read was let in: its keys may be elsewhere by now.
                    reply.error(redirect(slot));
                    return 0;
                }
                String elsewhere = open.refusal(state, queue.keys, command, call.args, slot, database);
                if (elsewhere != null) {
                    reply.error(elsewhere);
                    return 0;
                }
                run(command, call);
                if (origin != null && call.concernsWaiting()) {
                    origin.waits(call);
                }
            } finally {
                keyspace.unlock(stripe);
            }
        } else if (keys.wholeKeyspace()) {
            keyspace.lockAll();
            try {
                run(command, call);
            } finally {
                keyspace.unlockAll();
            }
        } else {
            run(command, call);
        }
        return call.database().sawExpired();
    }

    /** How this node's shard has the slot; served for -1, none. */
    SlotState state(int slot) {
        ShardGroup group = shard.get();
        return group == null || slot < 0 ? SlotState.SERVING : group.slots().state(slot);
    }

    private static void run(Command command, Call call) {
        call.run(command);
    }

    /** The slot of all keys of a call, {@link #NO_SLOT} or {@link #CROSS_SLOT}. */
    private static int slot(KeyPositions keys, Command command, Args args) {
        int count = keys.find(command, args);
        if (count == 0) {
            return NO_SLOT;
        }
        int first = keys.at(0);
        int slot = Slots.of(args.address(first), args.length(first));
        for (int i = 1; i < count; i++) {
            int at = keys.at(i);
            if (Slots.of(args.address(at), args.length(at)) != slot) {
                return CROSS_SLOT;
            }
        }
        return slot;
    }

    private static int slotOf(byte[] key) {
        return Slots.of(key);
    }

    /** Says whether writes are to be refused because of min-replicas-to-write. */
    public void tooFewReplicas(BooleanSupplier says) {
        tooFewReplicas = says;
    }

    boolean tooFewReplicas() {
        return tooFewReplicas.getAsBoolean();
    }

    /** Whether more than maxmemory is used and nothing could be evicted, for the script thread; event loops ask their queue's eviction. */
    boolean outOfMemory() {
        if (memory.heapFull() || (memory.stuck() && memory.exceeded(ownBlobs.bytes()))) {
            oomRefusals.incrementAndGet();
            return true;
        }
        return false;
    }

    Set<Long> evictionsUnderWay() {
        return evictions;
    }

    MemoryLimit memory() {
        return memory;
    }

    /** From the node's cron: keeps maxmemory when no write comes, ends scripts of what is the primary no more. */
    public void tick() {
        frozen.tick();
        RaftScripts own = scripts;
        if (own != null) {
            own.tick();
        }
        if (memory.exceeded(ownBlobs.bytes())) {
            for (LoopQueue queue : queues.values()) {
                queue.loop.execute(queue.eviction::goOn);
                return;
            }
        }
    }

    static void copy(Args from, Args to) {
        to.clear();
        for (int i = 0; i < from.count(); i++) {
            to.add(from.address(i), from.length(i));
        }
    }

    private LoopQueue queue(Origin origin) {
        EventLoop loop = origin.eventLoop();
        LoopQueue queue = queues.get(loop);
        return queue != null ? queue : queues.computeIfAbsent(loop, l -> new LoopQueue(l, this));
    }

    /** The error line for a slot that this node does not serve now. Any thread. */
    public String redirect(int slot) {
        String where = redirects.forSlot(slot);
        ShardGroup group = shard.get();
        if (slot >= 0
                && where.equals(Redirects.NOT_READY)
                && group != null
                && group.slots().state(slot) == SlotState.ABSENT) {
            // Its log has let the slot go, without a key: what comes is for the importer already.
            return redirects.ask(slot);
        }
        return where;
    }

    /** Whether keys that MIGRATE sends are marked: builds of the first version cannot read that, and no slot is open there. */
    boolean marksSentKeys() {
        return SentKeys.areUsed(redirects.activeFormat());
    }

    /** The error line for a write to a slot, -1 for none, that was surely not taken. */
    String notServing(int slot) {
        return slot >= 0 ? redirect(slot) : redirects.forOwnShard();
    }

    Freshness freshness() {
        return freshness;
    }

    @Nullable
    ShardGroup shard() {
        return shard.get();
    }

    Keyspace keyspace() {
        return keyspace;
    }

    Stamps stamps() {
        return stamps;
    }

    /** An entry was answered, so many nanoseconds after it was proposed. */
    void proposed(long nanos) {
        proposalNanos.accept(nanos);
    }

    /** Told of the keys that reads miss; of changes {@link ShardStore} tells. */
    KeyEvents events() {
        return events;
    }

    NodeStats stats() {
        return stats;
    }

    OwnBlobs ownBlobs() {
        return ownBlobs;
    }

    /**
     * An entry that raises the last applied stamp to {@code time}, at least, and removes what a read found expired by
     * then.
     */
    ByteBuffer tickEntry(long time, List<byte[]> expired) {
        RecordWriter writer = new RecordWriter();
        writer.begin(time, 0);
        writer.tick(time);
        for (byte[] key : expired) {
            RaftExpiry.delete(writer, time, key);
        }
        return LoopQueue.entry(writer);
    }

    /**
     * Runs scripts on {@code thread} from now on, which it closes with itself.
     *
     * @param fatal stops the process
     */
    public void scripts(CommandTable commands, ScriptThread thread, BiConsumer<String, Throwable> fatal) {
        scripts = new RaftScripts(this, commands, thread, fatal);
    }

    /** Serves the clients in the lines of {@code blocked} from now on. */
    public void serves(BlockedKeys blocked) {
        RaftServing made = new RaftServing(this, blocked);
        serving = made;
        blocked.whenReady(made);
    }

    /** Ends {@link #serves(BlockedKeys)}. */
    public void servesNoMore(BlockedKeys blocked) {
        serving = null;
        blocked.whenReady(null);
    }

    /** Completes when all that event loops have gathered is answered, and the scripts that they have taken; false when it takes longer. Blocks. */
    public boolean drained(long millis) {
        try {
            if (!drain().await(millis, TimeUnit.MILLISECONDS)) {
                return false;
            }
            scriptsOver().get(millis, TimeUnit.MILLISECONDS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
    }

    /** The node is there for commands that scripts call. */
    public void started(ServerState server) {
        RaftScripts own = scripts;
        if (own != null) {
            own.server(server);
        }
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

    @Override
    public void close() {
        moving.close();
        RaftScripts own = scripts;
        if (own != null) {
            own.close();
        }
    }
}

package io.cairn.mode;

import io.cairn.acl.Caller;
import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import io.cairn.command.Flag;
import io.cairn.command.FunctionCommands;
import io.cairn.command.KeyPositions;
import io.cairn.command.Reply;
import io.cairn.command.ScriptCommands;
import io.cairn.command.ServerState;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.LibraryHead;
import io.cairn.raft.group.Failure;
import io.cairn.raft.group.ReadBarrier;
import io.cairn.raft.shards.ShardGroup;
import io.cairn.raft.shards.SlotState;
import io.cairn.record.RecordWriter;
import io.cairn.resp.ReplyBuffer;
import io.cairn.script.Script;
import io.cairn.script.ScriptEngine;
import io.cairn.script.ScriptRun;
import io.cairn.script.ScriptThread;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Scripts of a shard's primary, and blocks with scripts in them (SAFETY 9). The script thread runs what waits, one after
 * another with all stripes locked, and takes all of it back ({@link Speculation}); then it proposes one record with the
 * versions of the keys that were read or written and the commands that changed something. Apply compares the versions: where
 * another write came between, nothing happens and the scripts run again. What changed nothing is answered once a read
 * barrier has passed and the versions still hold. One batch is under way at a time.
 *
 * <p>So a script's text, an endless one, one that is killed, or the order of {@code pairs} never reaches a replica.
 */
final class RaftScripts {
    /** A script whose keys change under it so often is given up. */
    static final int MAX_RUNS = 20;
    /** Most scripts of a batch. */
    private static final int MAX_BATCH = 200;
    /** The stripes are held so long for one batch, and for the script that goes over it. */
    private static final long BATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(4);

    /** Most bytes of a library's text: it is part of one entry of the log. */
    private static final int MAX_LIBRARY_BYTES = 4 << 20;

    private static final String LARGE_LIBRARY =
            "ERR A library may not be larger than " + (MAX_LIBRARY_BYTES >> 20) + " MB in raft mode";

    /** It would be judged by the libraries that there are, not by those of the transaction. */
    private static final String ONE_LIBRARY = "ERR A transaction may load one library in raft mode";

    private static final String CONFLICT = "TRYAGAIN The keys of the script kept changing while it ran";
    private static final Logger LOG = LoggerFactory.getLogger(RaftScripts.class);

    private final RaftMode mode;
    private final Keyspace keyspace;
    private final ScriptThread thread;
    private final BiConsumer<String, Throwable> fatal;
    private final ConcurrentLinkedQueue<Unit> arriving = new ConcurrentLinkedQueue<>();
    /** What was taken and is not answered. */
    private final Set<Unit> unanswered = ConcurrentHashMap.newKeySet();

    private final SlotGate gate = new SlotGate();

    // Used by the script thread only.
    private final ArrayDeque<Unit> waiting = new ArrayDeque<>();
    private final KeyPositions positions = new KeyPositions();
    private final SplittableRandom random =
            new SplittableRandom(ThreadLocalRandom.current().nextLong());
    private final RecordWriter writer = new RecordWriter();
    private final Speculation speculation;
    private final EffectLog effects = new EffectLog();
    private final SpeculativeCommands run;
    private boolean inFlight;
    private boolean loaded;
    private @Nullable ScriptEngine engine;

    /** A call that runs scripts. */
    private final class Unit {
        final Origin origin;
        final Caller caller;
        final boolean resp3;
        /** The keys that it reads are remembered (CLIENT TRACKING). */
        final boolean tracks;

        final @Nullable Command command;
        final @Nullable HeldArgs args;
        final @Nullable Block block;
        /** Completed when it is answered. */
        final CompletableFuture<Void> over = new CompletableFuture<>();
        /** The slot of its keys, -1 until one is known. */
        final int declared;

        int slot;
        /** Of the slot when it ran. */
        SlotState state = SlotState.SERVING;

        int runs;
        BatchReplies replies;

        Unit(Origin origin, @Nullable Command command, @Nullable HeldArgs args, @Nullable Block block, int slot) {
            this.origin = origin;
            this.caller = new Caller(origin.user(), origin.client());
            this.resp3 = origin.resp3();
            this.tracks = origin.tracks();
            this.command = command;
            this.args = args;
            this.block = block;
            this.declared = slot;
            this.slot = slot;
            this.replies = new BatchReplies(1, mode.stats());
        }

        /** A new run: nothing was answered yet. */
        ReplyBuffer begin() {
            replies.close();
            replies = new BatchReplies(1, mode.stats());
            replies.begin(resp3);
            slot = declared;
            runs++;
            return replies.reply();
        }

        void refuse(String error) {
            replies.close();
            replies = new BatchReplies(1, mode.stats());
            replies.begin(resp3);
            replies.reply().error(error);
            deliver();
        }

        void deliver() {
            unanswered.remove(this);
            over.complete(null);
            BatchReplies done = replies;
            done.end();
            if (args != null) {
                args.release();
            }
            origin.eventLoop().execute(() -> done.deliver(new Origin[] {origin}, 0));
        }
    }

    /** @param fatal stops the process: a change could not be taken back */
    RaftScripts(RaftMode mode, CommandTable commands, ScriptThread thread, BiConsumer<String, Throwable> fatal) {
        this.mode = mode;
        this.keyspace = mode.keyspace();
        this.thread = thread;
        this.fatal = fatal;
        this.speculation = new Speculation(keyspace);
        this.run = new SpeculativeCommands(mode, commands, speculation, effects);
        keyspace.refuseWaiting(() -> thread.busy() && mode.isOnEventLoop());
    }

    void close() {
        thread.close();
    }

    /** A script holds all stripes: where it can have no effect any more it keeps the replica from what is committed, for ever perhaps. */
    void tick() {
        if (!isServing()) {
            thread.abandon();
        }
    }

    private boolean isServing() {
        ShardGroup group = mode.shard();
        return group != null && group.isServing();
    }

    void server(ServerState state) {
        run.server(state);
    }

    // ---- on event loops

    /** Takes a call of a script whose keys have the slot, -1 for none. */
    Mode.Outcome execute(Origin origin, Command command, Args args, int slot) {
        origin.shows(command, args, origin.database());
        return take(new Unit(origin, command, new HeldArgs(args), null, slot));
    }

    Mode.Outcome execute(Origin origin, Block block, int slot) {
        return take(new Unit(origin, null, null, block, slot));
    }

    private Mode.Outcome take(Unit taken) {
        unanswered.add(taken);
        arriving.add(taken);
        if (!thread.submit(this::pump)) {
            arriving.remove(taken);
            taken.refuse(mode.notServing(taken.declared));
        }
        return Mode.Outcome.PENDING;
    }

    /** Completes when the scripts that were taken so far are answered. Any thread. */
    CompletableFuture<Void> over() {
        return CompletableFuture.allOf(
                unanswered.stream().map(unit -> unit.over).toArray(CompletableFuture<?>[]::new));
    }

    /** True when a write to the slot has to wait for scripts; {@code origin} is resumed then. */
    boolean holds(int slot, Origin origin) {
        return gate.holds(slot, origin);
    }

    // ---- on the script thread

    private void pump(ScriptEngine on) {
        engine = on;
        for (Unit next = arriving.poll(); next != null; next = arriving.poll()) {
            waiting.add(next);
        }
        while (!inFlight && !waiting.isEmpty() && !handsOver()) {
            runBatch();
        }
    }

    /** Whether scripts wait for the end of a hand-over: they go on then. */
    private boolean handsOver() {
        ShardGroup group = mode.shard();
        return group != null && group.afterHandOver(() -> thread.submit(this::pump));
    }

    private void runBatch() {
        ShardGroup group = mode.shard();
        List<Unit> ran = new ArrayList<>();
        long now = 0;
        keyspace.lockAll();
        try {
            now = mode.stamps().next();
            speculation.clear();
            speculation.begin();
            effects.begin(now, random.nextLong());
            run.beginBatch();
            loaded = false;
            long end = System.nanoTime() + BATCH_NANOS;
            boolean open = true;
            while (open && !waiting.isEmpty() && ran.size() < MAX_BATCH) {
                Unit next = waiting.poll();
                if (group == null || !group.isServing()) {
                    next.refuse(mode.redirect(next.declared));
                    continue;
                }
                String elsewhere = elsewhere(next);
                if (elsewhere != null) {
                    next.refuse(elsewhere);
                    continue;
                }
                EffectLog.Mark mark = effects.mark();
                run(next);
                String why = run.dropped();
                if (why != null) {
                    // What it changed is still to be seen: nothing runs after it in this batch.
                    effects.rewind(mark);
                    next.refuse(why);
                    open = false;
                } else {
                    ran.add(next);
                    // What is loaded is there for those that run after the record is applied.
                    open = !loaded
                            && System.nanoTime() < end
                            && effects.bytes() < SpeculativeCommands.MAX_EFFECT_BYTES / 2;
                }
            }
        } finally {
            rollBack();
        }
        if (!ran.isEmpty() && group != null) {
            settle(new Batch(ran, now), group);
        }
    }

    /** Why a script cannot run here any more: its slot was opened or given away since it was taken, or between two runs. */
    private @Nullable String elsewhere(Unit next) {
        Command command = next.command;
        HeldArgs args = next.args;
        if (next.declared < 0 || command == null || args == null) {
            return null;
        }
        return mode.openRefusal(positions, command, args.args, next.declared);
    }

    private void rollBack() {
        try {
            speculation.rollBack();
        } catch (RuntimeException | Error e) {
            fatal.accept("taking back what a script did", e);
        } finally {
            keyspace.unlockAll();
        }
    }

    private void run(Unit next) {
        ReplyBuffer reply = next.begin();
        run.begin(next.declared, next.runs == 1);
        try {
            Block block = next.block;
            if (block == null) {
                eval(
                        next,
                        java.util.Objects.requireNonNull(next.command),
                        java.util.Objects.requireNonNull(next.args).args,
                        reply);
            } else {
                block(next, block, reply);
            }
        } catch (RuntimeException | Error e) {
            LOG.error("a script failed", e);
            run.drop("ERR internal error");
        } finally {
            next.slot = run.slot();
            next.state = mode.state(next.slot);
        }
    }

    /** FUNCTION LOAD and FUNCTION RESTORE: only what the interpreter takes becomes a record; it takes effect when that is applied. */
    private void load(Args args, Reply reply) {
        int bytes = args.length(FunctionCommands.restores(args) ? 2 : args.count() - 1);
        if (mode.outOfMemory()) {
            reply.error(Refusal.OUT_OF_MEMORY);
        } else if (bytes > MAX_LIBRARY_BYTES || effects.bytes() + bytes > SpeculativeCommands.MAX_EFFECT_BYTES) {
            reply.error(LARGE_LIBRARY);
        } else if (loaded) {
            reply.error(ONE_LIBRARY);
        } else if (java.util.Objects.requireNonNull(engine).isLoadable(args, reply)) {
            answerLoaded(args, reply);
            effects.add(0, args);
            loaded = true;
        }
    }

    private static void answerLoaded(Args args, Reply reply) {
        if (FunctionCommands.restores(args)) {
            reply.ok();
            return;
        }
        try {
            reply.bulk(LibraryHead.of(args.bytes(args.count() - 1)).name());
        } catch (LibraryHead.Refused e) {
            throw new IllegalStateException("it was loadable", e);
        }
    }

    private void eval(Unit of, Command command, Args args, Reply reply) {
        if (FunctionCommands.loads(command)) {
            load(args, reply);
            return;
        }
        ScriptEngine on = java.util.Objects.requireNonNull(engine);
        ScriptEngine.Prepared prepared = on.prepare(command, args, this::refusal, reply);
        if (prepared == null) {
            return;
        }
        ScriptRun script = new ScriptRun(prepared.script(), prepared.readOnly(), 0, run, of.caller);
        on.run(prepared, script, reply);
        if (script.hasRead()) {
            remember(of, command, args);
        }
        if (script.killed()) {
            run.drop(isServing() ? "ERR Script killed by user with SCRIPT KILL..." : mode.redirect(run.slot()));
        }
    }

    /** All stripes are locked; what is read is looked at again when it is answered, or logged with its versions. */
    private void remember(Unit of, Command command, Args args) {
        if (of.tracks) {
            positions.find(command, args);
            of.origin.remembers(args, positions);
        }
    }

    private void block(Unit of, Block block, ReplyBuffer reply) {
        for (Block.Watch watch : block.watches()) {
            if (speculation.touch(watch.key(), effects.now()) != watch.version()) {
                reply.nilArray();
                return;
            }
        }
        reply.array(block.commands().size());
        for (Block.Queued queued : block.commands()) {
            if (of.runs == 1) {
                of.origin.shows(queued.command(), queued.args(), queued.database());
            }
            if (ScriptCommands.runsScript(queued.command()) || FunctionCommands.loads(queued.command())) {
                eval(of, queued.command(), queued.args(), reply);
            } else {
                if (queued.command().is(Flag.READONLY)) {
                    remember(of, queued.command(), queued.args());
                }
                int errors = reply.errors();
                String error = run.data(queued.command(), queued.args(), reply, () -> reply.errors() != errors);
                if (error != null) {
                    reply.error(error.startsWith("-") ? error.substring(1) : "ERR " + error);
                }
            }
            if (run.dropped() != null) {
                return;
            }
        }
    }

    private @Nullable String refusal(Script script, boolean readOnly) {
        if (script.is(Script.COMPATIBLE)) {
            return null;
        }
        if (script.is(Script.NO_CLUSTER)) {
            return "ERR Can not run script on cluster, 'no-cluster' flag is set.";
        }
        if (!script.is(Script.NO_WRITES) && !readOnly && mode.tooFewReplicas()) {
            return Refusal.TOO_FEW_REPLICAS;
        }
        boolean adds = !script.is(Script.NO_WRITES) && !script.is(Script.ALLOW_OOM);
        return adds && !readOnly && mode.outOfMemory() ? Refusal.OUT_OF_MEMORY : null;
    }

    // ---- what becomes of a batch

    private void settle(Batch batch, ShardGroup group) {
        inFlight = true;
        boolean mustLog =
                effects.changes() > 0 || run.sawExpired() > mode.stamps().applied();
        try {
            if (mustLog) {
                effects.block(writer, speculation);
                group.propose(LoopQueue.entry(writer), batch);
            } else {
                group.readBarrier(batch);
            }
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.error("scripts were not proposed", e);
            batch.failed(Failure.OUTCOME_UNKNOWN);
        }
    }

    private void again(Batch batch) {
        for (int i = batch.units.size() - 1; i >= 0; i--) {
            Unit of = batch.units.get(i);
            if (of.runs >= MAX_RUNS) {
                of.refuse(CONFLICT);
            } else {
                gate.close(of.slot);
                waiting.addFirst(of);
            }
        }
    }

    private void done() {
        inFlight = false;
        if (waiting.stream().noneMatch(of -> of.runs > 0)) {
            gate.open();
        }
        pump(java.util.Objects.requireNonNull(engine));
    }

    /** Units that were run together, on their way through the log or a barrier. */
    private final class Batch implements LocalProposal, ReadBarrier {
        private final List<Unit> units;
        private final long now;
        private final FirstReply outcome = new FirstReply();

        Batch(List<Unit> units, long now) {
            this.units = units;
            this.now = now;
        }

        @Override
        public Reply reply() {
            if (units.size() == 1) { // Else nobody knows whose change is whose.
                units.get(0).origin.beginsWriting();
            }
            return outcome;
        }

        @Override
        public void recordDone() {
            if (units.size() == 1) {
                units.get(0).origin.endsWriting();
            }
        }

        @Override
        public void applied() {
            onThread(() -> {
                String error = outcome.error();
                if (error != null && units.size() == 1) {
                    units.get(0).refuse(error);
                } else if (error != null) {
                    // A slot of one of them was opened or given away: each runs again, and that one is sent on.
                    again(this);
                } else if (outcome.isNil()) {
                    again(this);
                } else {
                    units.forEach(Unit::deliver);
                }
            });
        }

        @Override
        public void failed(Failure why) {
            onThread(() -> units.forEach(of -> of.refuse(FailureText.of(why, mode.redirect(of.slot)))));
        }

        @Override
        public void passed() {
            onThread(() -> {
                ShardGroup group = mode.shard();
                boolean holds;
                keyspace.lockAll();
                try {
                    holds = group != null
                            && group.isServing()
                            && units.stream().allMatch(of -> of.state == mode.state(of.slot))
                            && speculation.unchanged(Math.max(now, mode.stamps().readTime()));
                } finally {
                    keyspace.unlockAll();
                }
                if (holds) {
                    units.forEach(Unit::deliver);
                } else {
                    again(this);
                }
            });
        }

        @Override
        public void refused(Failure why) {
            onThread(() ->
                    units.forEach(of -> of.refuse(why == Failure.BUSY ? FailureText.BUSY : mode.redirect(of.slot))));
        }

        private void onThread(Runnable what) {
            thread.submit(on -> {
                try {
                    what.run();
                } finally {
                    done();
                }
            });
        }
    }
}

package io.cairn.mode;

import io.cairn.acl.Caller;
import io.cairn.command.Args;
import io.cairn.command.Call;
import io.cairn.command.Command;
import io.cairn.command.Flag;
import io.cairn.command.FunctionCommands;
import io.cairn.command.KeyPositions;
import io.cairn.command.Reply;
import io.cairn.command.ScriptCommands;
import io.cairn.keyspace.Keyspace;
import io.cairn.metrics.LoopStats;
import io.cairn.record.RecordWriter;
import io.cairn.resp.ReplyBuffer;
import io.cairn.script.CapturedReply;
import io.cairn.script.Script;
import io.cairn.script.ScriptEngine;
import io.cairn.script.ScriptRun;
import io.cairn.script.ScriptThread;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Scripts of a standalone node, and blocks with scripts in them: they run on the script thread with all stripes locked, since a script
 * may touch any key, and what they changed is logged as one record before the stripes are unlocked.
 */
final class StandaloneScripts extends ScriptedCommands implements AutoCloseable {
    /** Arguments that wait for the script thread, bytes; above it a connection waits for its earlier scripts first. */
    private static final long MAX_WAITING_BYTES = 64L << 20;

    private static final long SPACE_NANOS = 1_000_000;

    private final StandaloneMode mode;
    private final Keyspace keyspace;
    private final ScriptThread thread;
    private final BiConsumer<String, Throwable> fatal;
    private final AtomicLong waitingBytes = new AtomicLong();
    /** Calls that were submitted and are not done. */
    private final AtomicInteger taken = new AtomicInteger();

    // Used by the script thread only.
    private final SplittableRandom random =
            new SplittableRandom(ThreadLocalRandom.current().nextLong());
    private final EffectLog effects = new EffectLog();
    private final RecordWriter writer = new RecordWriter();
    private final KeyPositions positions = new KeyPositions();
    /** Slot of the keys of the script that runs, -1 for none. */
    private int declared = -1;
    /** More than maxmemory was used before the script, and nothing could be evicted. Redis: pre_command_oom_state. */
    private boolean outOfMemory;

    private @Nullable StandaloneWorker worker;
    private @Nullable ChangeRecorder recorder;
    /** Where in the stream of changes the present call's are, 0 for none. */
    private long wrotePosition;

    /** @param fatal stops the process: a command threw after it may have changed something */
    StandaloneScripts(StandaloneMode mode, ScriptThread thread, BiConsumer<String, Throwable> fatal) {
        super(mode.commands, mode.stats);
        this.mode = mode;
        this.keyspace = mode.keyspace;
        this.thread = thread;
        this.fatal = fatal;
        keyspace.refuseWaiting(() -> (thread.busy() || keyspace.isLoading()) && mode.isOnEventLoop());
    }

    // ---- on event loops

    Mode.Outcome execute(Origin origin, Command command, Args args) {
        if (origin.pending() > 0 && waitingBytes.get() > MAX_WAITING_BYTES) {
            return Mode.Outcome.WAIT;
        }
        HeldArgs held = new HeldArgs(args);
        int database = origin.database();
        origin.shows(command, args, database); // Before what the script calls.
        boolean readonly = origin.readonly();
        boolean asking = origin.asking();
        boolean tracks = origin.tracks();
        Caller caller = new Caller(origin.user(), origin.client());
        return submit(
                origin,
                held.bytes(),
                reply -> eval(origin, tracks, command, held.args, database, readonly, asking, caller, reply),
                held::release);
    }

    Mode.Outcome executeBlock(Origin origin, Block block) {
        boolean tracks = origin.tracks();
        Caller caller = new Caller(origin.user(), origin.client());
        return submit(origin, 0, reply -> runBlock(origin, tracks, caller, block, reply), () -> {});
    }

    /** Runs something once the scripts that were taken so far are done. Any thread. */
    void afterwards(Runnable run) {
        if (taken.get() == 0 || !thread.submit(engine -> run.run())) {
            run.run();
        }
    }

    @FunctionalInterface
    private interface Work {
        void run(ReplyBuffer reply);
    }

    private Mode.Outcome submit(Origin origin, long bytes, Work work, Runnable release) {
        boolean resp3 = origin.resp3();
        waitingBytes.addAndGet(bytes);
        taken.incrementAndGet();
        boolean submitted = thread.submit(engine -> {
            current = engine;
            BatchReplies replies = new BatchReplies(1, mode.stats);
            wrotePosition = 0;
            try {
                replies.begin(resp3);
                origin.beginsWriting();
                try {
                    work.run(replies.reply());
                } finally {
                    origin.endsWriting();
                }
                replies.end();
            } catch (RuntimeException | Error e) {
                fatal.accept("running a script", e);
                replies.endWithout();
            } finally {
                release.run();
                waitingBytes.addAndGet(-bytes);
                taken.decrementAndGet();
            }
            if (wrotePosition > 0) {
                origin.wrote(wrotePosition); // Before any command that comes after it.
            }
            origin.eventLoop().execute(() -> replies.deliver(new Origin[] {origin}, 0));
        });
        if (!submitted) {
            taken.decrementAndGet();
            release.run();
            waitingBytes.addAndGet(-bytes);
            origin.reply().error("ERR the node is stopping");
            return Mode.Outcome.DONE;
        }
        return Mode.Outcome.PENDING;
    }

    // ---- on the script thread

    private @Nullable ScriptEngine current;

    private ScriptEngine engine() {
        return java.util.Objects.requireNonNull(current);
    }

    private ChangeRecorder recorder() {
        return java.util.Objects.requireNonNull(recorder);
    }

    private StandaloneWorker worker() {
        StandaloneWorker own = worker;
        if (own == null) {
            own = mode.worker();
            worker = own;
        }
        return own;
    }

    /** Nobody waits for log space holding a lock. */
    private void awaitSpace() {
        while (!mode.journal().hasSpace()) {
            LockSupport.parkNanos(SPACE_NANOS);
        }
    }

    /** FUNCTION LOAD and FUNCTION RESTORE: only what the interpreter takes becomes a record. */
    private void load(Command command, Args args, int database, ReplyBuffer reply) {
        String refusal = outOfMemory && command.is(Flag.DENYOOM) ? Refusal.OUT_OF_MEMORY : mode.brokenRefusal();
        if (refusal != null) {
            reply.error(refusal);
            return;
        }
        if (!engine().isLoadable(args, reply)) {
            return;
        }
        awaitSpace();
        keyspace.lockAll();
        try {
            effects.begin(mode.journal(), mode.clock().stamp(), random.nextLong());
            recorder = worker().beginRecord();
            call(command, args, database, reply, false, () -> false, () -> {});
            finish();
        } finally {
            keyspace.unlockAll();
        }
        worker().endOfTurn();
    }

    private void eval(
            Origin origin,
            boolean tracks,
            Command command,
            Args args,
            int database,
            boolean readonly,
            boolean asking,
            Caller caller,
            ReplyBuffer reply) {
        outOfMemory = !worker().makeRoom();
        if (FunctionCommands.loads(command)) {
            load(command, args, database, reply);
            return;
        }
        ScriptEngine.Prepared prepared = engine().prepare(command, args, this::refusal, reply);
        if (prepared == null) {
            return;
        }
        awaitSpace();
        keyspace.lockAll();
        try {
            SlotGuard guard = mode.guard();
            int keys = guard == null ? 0 : positions.find(command, args);
            String elsewhere =
                    guard == null ? null : guard.locked(readonly, asking, command, args, positions, keys, database);
            if (elsewhere != null) {
                reply.error(elsewhere);
                return;
            }
            declared = guard == null ? -1 : SlotGuard.declared(positions, command, args);
            effects.begin(mode.journal(), mode.clock().stamp(), random.nextLong());
            recorder = worker().beginRecord();
            if (run(prepared, database, caller, reply) && tracks) {
                positions.find(command, args);
                origin.remembers(args, positions);
            }
            finish();
        } finally {
            keyspace.unlockAll();
        }
        mode.serve();
        worker().endOfTurn();
    }

    /** Whether it called a command that reads: then its keys count as read, as in Redis. */
    private boolean run(ScriptEngine.Prepared prepared, int database, Caller caller, Reply reply) {
        ScriptRun run = new ScriptRun(prepared.script(), prepared.readOnly(), database, this, caller);
        engine().run(prepared, run, reply);
        return run.hasRead();
    }

    private void finish() {
        recorder().end();
        wrotePosition = Math.max(wrotePosition, recorder().position());
        if (effects.changes() > 0) {
            mode.changed(effects.changes());
            effects.finish(writer);
        }
    }

    private @Nullable String refusal(Script script, boolean readOnly) {
        if (script.is(Script.COMPATIBLE)) {
            return null;
        }
        boolean writes = !script.is(Script.NO_WRITES);
        if (writes && !readOnly && mode.isReadOnly()) {
            return Refusal.READ_ONLY_SCRIPT;
        }
        if (writes && !readOnly) {
            String broken = mode.brokenRefusal();
            if (broken != null) {
                return broken;
            }
        }
        return writes && !script.is(Script.ALLOW_OOM) && outOfMemory ? Refusal.OUT_OF_MEMORY : null;
    }

    /** A MULTI block, scripts in it. */
    private void runBlock(Origin origin, boolean tracks, Caller caller, Block block, ReplyBuffer reply) {
        outOfMemory = !worker().makeRoom();
        if (outOfMemory && adds(block)) {
            reply.error("EXECABORT Transaction discarded because of: " + Refusal.OUT_OF_MEMORY);
            return;
        }
        awaitSpace();
        keyspace.lockAll();
        try {
            SlotGuard guard = mode.guard();
            String elsewhere = guard == null ? null : guard.locked(origin, block, positions);
            if (elsewhere != null) {
                reply.error(elsewhere);
                return;
            }
            long now = mode.clock().stamp();
            if (!worker().unchanged(block, now)) {
                reply.nilArray();
                return;
            }
            effects.begin(mode.journal(), now, random.nextLong());
            recorder = worker().beginRecord();
            reply.array(block.commands().size());
            for (Block.Queued queued : block.commands()) {
                Command command = queued.command();
                origin.shows(command, queued.args(), queued.database());
                if (FunctionCommands.loads(command) && !engine().isLoadable(queued.args(), reply)) {
                    continue;
                }
                if (tracks && command.is(Flag.READONLY) && !ScriptCommands.runsScript(command)) {
                    positions.find(command, queued.args());
                    origin.remembers(queued.args(), positions);
                }
                if (!ScriptCommands.runsScript(command)) {
                    long mark = reply.bytes();
                    int errors = reply.errors();
                    call(
                            command,
                            queued.args(),
                            queued.database(),
                            reply,
                            false,
                            () -> reply.errors() != errors,
                            () -> reply.truncate(mark));
                    continue;
                }
                ScriptEngine.Prepared prepared = engine().prepare(command, queued.args(), this::refusal, reply);
                if (prepared != null) {
                    declared = guard == null ? -1 : SlotGuard.declared(positions, command, queued.args());
                    if (run(prepared, queued.database(), caller, reply) && tracks) {
                        positions.find(command, queued.args());
                        origin.remembers(queued.args(), positions);
                    }
                }
            }
            finish();
        } finally {
            keyspace.unlockAll();
        }
        mode.serve();
        worker().endOfTurn();
    }

    private static boolean adds(Block block) {
        for (Block.Queued queued : block.commands()) {
            if (queued.command().is(Flag.DENYOOM)) {
                return true;
            }
        }
        return false;
    }

    // ---- commands of scripts

    @Override
    @Nullable
    String admitted(ScriptRun run, Command command, Args args, CapturedReply reply) {
        boolean write = command.is(Flag.WRITE);
        if (write && effects.isFull()) {
            return "the script has changed too much: its effects do not fit one record of the log";
        }
        SlotGuard guard = mode.guard();
        String elsewhere = guard == null ? null : guard.scripted(command, args, positions, declared);
        if (elsewhere != null) {
            return elsewhere;
        }
        if (write && !run.wrote()) {
            String refusal = mode.brokenRefusal();
            if (refusal == null && command.is(Flag.DENYOOM) && !run.script().is(Script.ALLOW_OOM) && outOfMemory) {
                refusal = Refusal.OUT_OF_MEMORY;
            }
            if (refusal != null) {
                return "-" + refusal;
            }
            run.writes();
        }
        if (command.session() != null) {
            return session(run, command, args, reply, effects.now());
        }
        call(command, args, run.database, reply, true, reply::isError, reply::rewind);
        return null;
    }

    /**
     * Runs a data command with the stripes locked.
     *
     * @param scripted whether a script calls it
     * @param failed whether its reply is an error
     * @param rewind takes its reply back
     */
    private void call(
            Command command,
            Args args,
            int database,
            Reply reply,
            boolean scripted,
            BooleanSupplier failed,
            Runnable rewind) {
        StandaloneWorker on = worker();
        LoopStats stats = mode.stats.local();
        boolean write = command.is(Flag.WRITE);
        long start = System.nanoTime();
        boolean changed;
        try {
            Call ran = on.run(
                    command,
                    args,
                    database,
                    effects.now(),
                    write ? effects.nextSeed() : random.nextLong(),
                    reply,
                    scripted);
            changed = ran.hasChanged() && write;
            recorder().ran(ran, database, args, changed);
            on.ranOnReplica(command, args, database, changed);
        } catch (OutOfMemoryError e) {
            rewind.run();
            reply.error(Refusal.OUT_OF_MEMORY);
            // With several keys some may have been changed before memory ran out: what readers see must be in the log.
            changed = write && positions.find(command, args) > 1;
            if (changed) {
                recorder().lost();
            }
        } catch (RuntimeException | StackOverflowError e) {
            if (write) {
                fatal.accept("running " + command.name(), e);
            }
            throw e;
        }
        stats.executed(commands.id(command), System.nanoTime() - start, failed.getAsBoolean());
        if (changed) {
            effects.add(database, args);
        }
    }

    @Override
    public void close() {
        thread.close();
    }
}

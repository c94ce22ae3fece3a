package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Call;
import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import io.cairn.command.Flag;
import io.cairn.command.KeyPositions;
import io.cairn.command.Reply;
import io.cairn.keyspace.Slots;
import io.cairn.metrics.LoopStats;
import io.cairn.raft.shards.ShardGroup;
import io.cairn.raft.shards.SlotState;
import io.cairn.record.RecordFormat;
import io.cairn.script.CapturedReply;
import io.cairn.script.Script;
import io.cairn.script.ScriptRun;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The commands that scripts call in raft mode, and those of blocks with scripts in them: each runs speculatively, with all
 * stripes locked. Used by the script thread only.
 */
final class SpeculativeCommands extends ScriptedCommands {
    /** Most bytes of a batch's effects: they are one entry of the log. */
    static final int MAX_EFFECT_BYTES = 16 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(SpeculativeCommands.class);

    private final RaftMode mode;
    private final Speculation speculation;
    private final EffectLog effects;
    private final SplittableRandom random =
            new SplittableRandom(ThreadLocalRandom.current().nextLong());
    private final KeyPositions positions = new KeyPositions();
    private final Call call;
    private long expired;
    private int slot;
    private @Nullable String dropped;

    SpeculativeCommands(RaftMode mode, CommandTable commands, Speculation speculation, EffectLog effects) {
        super(commands, mode.stats());
        this.mode = mode;
        this.speculation = speculation;
        this.effects = effects;
        this.call = new Call(mode.keyspace(), new Args(), DiscardReply.INSTANCE);
    }

    void beginBatch() {
        expired = 0;
    }

    /**
     * The next call of the batch begins, whose keys have the slot; -1 while none is known.
     *
     * @param shown whether MONITOR sees what it calls: another run of the same script is not shown again
     */
    void begin(int declared, boolean shown) {
        shows(shown);
        slot = declared;
        dropped = null;
    }

    /** The slot of all keys so far, -1 when there was none. */
    int slot() {
        return slot;
    }

    /** The latest expiry that made a key absent to a command of the batch, 0 when none did. */
    long sawExpired() {
        return expired;
    }

    /** Why nothing of the call may take effect, or null. */
    @Nullable
    String dropped() {
        return dropped;
    }

    void drop(String why) {
        dropped = why;
    }

    @Override
    @Nullable
    String admitted(ScriptRun run, Command command, Args args, CapturedReply reply) {
        boolean write = command.is(Flag.WRITE);
        if (write
                && effects.changes() == 0
                && command.is(Flag.DENYOOM)
                && !run.script().is(Script.ALLOW_OOM)
                && mode.outOfMemory()) {
            return "-" + Refusal.OUT_OF_MEMORY;
        }
        if (write && effects.changes() == 0 && mode.tooFewReplicas()) {
            return "-" + Refusal.TOO_FEW_REPLICAS;
        }
        if (command.session() != null) {
            // It would happen again with each run, and before the script is decided.
            return command.is(Flag.MAY_REPLICATE)
                    ? "This Redis command is not allowed from script in raft mode"
                    : session(run, command, args, reply, effects.now());
        }
        if (!run.readOnly() && (command.keys().wholeKeyspace() || positions.find(command, args) == 0)) {
            return "Only scripts that declare no-writes may call commands without keys in raft mode";
        }
        call.scripted(true);
        try {
            return data(command, args, reply, reply::isError);
        } finally {
            call.scripted(false);
        }
    }

    /**
     * Runs a data command speculatively.
     *
     * @param failed whether its reply is an error
     * @return the error that refuses it, or null
     */
    @Nullable
    String data(Command command, Args args, Reply reply, BooleanSupplier failed) {
        boolean write = command.is(Flag.WRITE);
        int count = positions.find(command, args);
        for (int i = 0; i < count; i++) {
            String error = admit(args.address(positions.at(i)), args.length(positions.at(i)));
            if (error != null) {
                return error;
            }
        }
        if (write) {
            String error = tooLarge(args);
            if (error != null) {
                return error;
            }
        }
        for (int i = 0; i < count; i++) {
            int at = positions.at(i);
            if (!speculation.touch(args.address(at), args.length(at), write, effects.now())) {
                return "a script may touch " + Speculation.MAX_KEYS + " keys in raft mode, and write to values of "
                        + (Speculation.MAX_BYTES >> 20) + " MB together";
            }
        }
        LoopStats stats = mode.stats().local();
        long start = System.nanoTime();
        try {
            call.begin(args, 0, effects.now(), write ? effects.nextSeed() : random.nextLong(), reply);
            if (write) {
                call.keyspace.nextVersion();
            }
            java.util.Objects.requireNonNull(command.data(), command.name()).run(call);
            expired = Math.max(expired, call.database().sawExpired());
            if (write && call.hasChanged()) {
                effects.add(0, args);
            }
        } catch (OutOfMemoryError e) {
            // Some of it may have been done: the script as a whole is not.
            dropped = Refusal.OUT_OF_MEMORY;
            return "-" + Refusal.OUT_OF_MEMORY;
        } catch (RuntimeException | StackOverflowError e) {
            LOG.error("{} failed in a script", command.name(), e);
            dropped = "ERR internal error";
            return "internal error";
        }
        stats.executed(commands.id(command), System.nanoTime() - start, failed.getAsBoolean());
        return null;
    }

    private @Nullable String admit(long key, int length) {
        int keySlot = Slots.of(key, length);
        if (slot < 0) {
            slot = keySlot;
        }
        if (slot != keySlot) {
            return "Script attempted to access keys that do not hash to the same slot";
        }
        return isHere(key, length) ? null : "Script attempted to access a non local key in a cluster node";
    }

    /** Of a slot that is on its way to another shard the keys that are here still; of one that comes, all. */
    private boolean isHere(long key, int length) {
        ShardGroup group = mode.shard();
        SlotState state = group == null ? SlotState.ABSENT : group.slots().state(slot);
        return state == SlotState.SERVING
                || state == SlotState.IMPORTING
                || (state == SlotState.MIGRATING && OpenSlots.isHere(mode.keyspace(), 0, key, length));
    }

    private @Nullable String tooLarge(Args args) {
        long bytes = effects.bytes();
        for (int i = 0; i < args.count(); i++) {
            if (args.length(i) > RecordFormat.CHUNK_BYTES) {
                return "a script may not write values of more than " + (RecordFormat.CHUNK_BYTES >> 10)
                        + " KB in raft mode";
            }
            bytes += args.length(i);
        }
        return bytes > MAX_EFFECT_BYTES || effects.isFull()
                ? "the script has changed too much: its effects do not fit one entry of the log"
                : null;
    }
}

package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Call;
import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import io.cairn.command.KeyEvents;
import io.cairn.command.KeyPositions;
import io.cairn.command.Reply;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.collection.HashObject;
import io.cairn.raft.group.Proposal;
import io.cairn.raft.group.StateMachine.SnapshotDone;
import io.cairn.raft.shards.ShardApply;
import io.cairn.raft.shards.SlotTable;
import io.cairn.record.ReceivedBlobs;
import io.cairn.record.RecordKind;
import io.cairn.record.RecordReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Applies the records of a shard's log to the keyspace, with the same handlers that standalone mode calls: a pure
 * function of keyspace and record (DESIGN 3). All calls come from the shard's apply thread.
 */
public final class ShardStore implements ShardApply {
    /** Most bytes of large arguments that wait for their record; part of the format: equal on all replicas. */
    static final long MAX_BLOB_BYTES = 4L << 30;

    private static final int INITIAL_BYTES = 512 * 1024;
    private static final String NOT_SERVED = "TRYAGAIN The shard no longer serves this slot";
    private static final String INCOMPLETE = "TRYAGAIN A part of a large argument was not logged";
    private static final int CROSS = -2;
    private static final int NONE = -1;

    private final Keyspace keyspace;
    private final CommandTable table;
    private final Stamps stamps;
    private final ReceivedBlobs blobs;
    private final RecordReader reader;
    private final Call call;
    private final KeyPositions keys = new KeyPositions();
    private final ShardSnapshots snapshots;
    private final KeyEvents events;
    private final Listener listener;
    private ChangeStream stream;
    private ChangeRecorder recorder;
    private NativeBlock scratch = NativeBlock.allocate(INITIAL_BYTES);
    private volatile long appliedIndex;
    private final AtomicLong changes = new AtomicLong();
    /** Commands of the batch under way that changed something. */
    private long changed;

    /** Told what the log says beyond the data. On the apply thread, quickly. */
    public interface Listener {
        void leading(boolean leading);

        /** The shard serves other slots from now on. */
        default void slotsChanged(SlotTable slots) {}

        /** The replica is broken: stop the node, acknowledge nothing more. */
        void broken(Throwable cause);
    }

    /** {@code events}: told on the apply thread, on every replica alike, of what happens to keys. */
    ShardStore(
            Keyspace keyspace,
            CommandTable table,
            Stamps stamps,
            OwnBlobs own,
            Clock clock,
            KeyEvents events,
            Listener listener) {
        this.keyspace = keyspace;
        this.table = table;
        this.stamps = stamps;
        this.blobs = new ReceivedBlobs(MAX_BLOB_BYTES, own::take);
        this.reader = new RecordReader(blobs);
        this.call = new Call(keyspace, reader.args(), DiscardReply.INSTANCE);
        this.events = events;
        call.listener(events);
        this.listener = listener;
        this.snapshots = new ShardSnapshots(keyspace, clock);
        this.stream = ChangeStream.none(keyspace);
        this.recorder = new ChangeRecorder(stream);
    }

    /** Tells who follows the changes of them; before the first is applied. */
    public void follow(ChangeStream changes) {
        stream = changes;
        recorder = new ChangeRecorder(changes);
    }

    /** Index of the last batch applied. Any thread. */
    public long appliedIndex() {
        return appliedIndex;
    }

    /**
     * DEBUG RELOAD: takes the data through a file and back. Any thread but event loops.
     *
     * @param dir for the file
     * @return null, or the error line
     */
    public @Nullable String reload(Path dir) {
        try {
            snapshots.roundTrip(dir);
            return null;
        } catch (IOException e) {
            return "ERR the data could not be written: " + e.getMessage();
        } catch (IllegalStateException e) {
            if (e.getCause() == null) {
                return "ERR " + e.getMessage(); // A snapshot is under way.
            }
            listener.broken(e);
            return "ERR Error trying to load the RDB dump";
        }
    }

    /** Commands applied since the start that changed something (Redis: dirty). Any thread. */
    public long changes() {
        return changes.get();
    }

    @Override
    public void batch(long index, long term, ByteBuffer data, SlotTable slots, @Nullable Proposal local) {
        LocalProposal waiting = (LocalProposal) local;
        int length = data.remaining();
        long address = take(data, length);
        reader.reset(address, length);
        while (reader.next()) {
            long now = stamps.apply(reader.timeMillis());
            RecordKind kind = reader.kind();
            if (kind == RecordKind.CHUNK) {
                blobs.accept(reader);
            } else if (kind == RecordKind.LIMITS) {
                limits();
            } else if (kind != RecordKind.TICK) {
                Reply reply = waiting == null ? DiscardReply.INSTANCE : waiting.reply();
                if (kind == RecordKind.COMMAND) {
                    command(slots, now, reply, waiting);
                } else if (waiting != null && waiting.evicts()) {
                    call.evicts(true);
                    waiting.evicted(block(slots, now, reply) && call.hasChanged());
                    call.evicts(false);
                } else {
                    block(slots, now, reply);
                }
                for (int i = 0; i < reader.references(); i++) {
                    blobs.drop(reader.reference(i));
                }
                if (waiting != null) {
                    waiting.recordDone();
                }
            }
        }
        changes.addAndGet(changed);
        changed = 0;
        appliedIndex = index;
        if (waiting != null) {
            waiting.applied();
        }
    }

    private void limits() {
        keyspace.lockAll();
        try {
            keyspace.dataLimits(reader.limits());
        } finally {
            keyspace.unlockAll();
        }
    }

    private long take(ByteBuffer data, int length) {
        if (scratch.capacity() < length) {
            NativeBlock grown = NativeBlock.allocate(Math.max(length, scratch.capacity() * 2));
            scratch.release();
            scratch = grown;
        }
        if (data.hasArray()) {
            Memory.copy(data.array(), data.arrayOffset() + data.position(), scratch.address(), length);
        } else {
            Memory.copy(Memory.addressOf(data) + data.position(), scratch.address(), length);
        }
        return scratch.address();
    }

    private void command(SlotTable slots, long now, Reply reply, @Nullable LocalProposal waiting) {
        Args args = reader.args();
        Command command = command(args);
        int slot = slot(command, args);
        if (reader.incomplete()) {
            reply.error(INCOMPLETE);
        } else if (slot == CROSS || (slot >= 0 && !slots.serves(slot))) {
            reply.error(NOT_SERVED);
        } else {
            locked(command, slot, now, reply, waiting);
        }
    }

    private void locked(Command command, int slot, long now, Reply reply, @Nullable LocalProposal waiting) {
        if (slot >= 0) {
            int stripe = keyspace.stripeOf(slot);
            keyspace.lock(stripe);
            try {
                alone(command, now, reply);
                if (waiting != null && call.concernsWaiting()) {
                    waiting.waits(call);
                }
            } finally {
                keyspace.unlock(stripe);
            }
        } else {
            keyspace.lockAll();
            try {
                alone(command, now, reply);
            } finally {
                keyspace.unlockAll();
            }
        }
    }

    private void alone(Command command, long now, Reply reply) {
        recorder.begin(call);
        run(command, now, reply);
        recorder.end();
    }

    private void run(Command command, long now, Reply reply) {
        int database = reader.database();
        call.begin(database, now, reader.seed(), reply);
        call.run(command);
        changed += call.hasChanged() ? 1 : 0;
        recorder.ran(call, database, reader.args(), call.hasChanged());
    }

    private Command command(Args args) {
        int id = table.find(args);
        if (id < 0 || table.command(id).data() == null) {
            throw new IllegalStateException("the log holds a command that this build does not know: " + args.text(0));
        }
        return table.command(id);
    }

    /**
     * A MULTI block runs as a whole under the locks of all its keys, or not at all: false. What scripts did takes effect as they saw it: at their own time, which
     * others may have overtaken, so nothing that they named may have expired meanwhile.
     */
    private boolean block(SlotTable slots, long now, Reply reply) {
        if (reader.incomplete()) {
            reply.error(INCOMPLETE);
            return false;
        }
        keyspace.lockAll();
        try {
            boolean served = true;
            boolean effects = reader.kind() == RecordKind.EFFECTS;
            long at = effects ? reader.timeMillis() : now;
            boolean unchanged = !effects || reader.limits().equals(keyspace.dataLimits());
            while (reader.nextWatch()) {
                int slot = Slots.of(reader.watchKey(), reader.watchKeyLength());
                served &= slots.serves(slot);
                long version = keyspace.database(reader.watchDatabase())
                        .version(reader.watchKey(), reader.watchKeyLength(), now);
                unchanged &= version == reader.watchVersion() && (at == now || !fieldsExpired(at, now));
            }
            if (!served) {
                reply.error(NOT_SERVED);
            } else if (!unchanged) {
                reply.nilArray();
            } else {
                reply.array(reader.commandCount());
                recorder.begin(call);
                while (reader.nextCommand()) {
                    queued(slots, at, reply);
                }
                recorder.end();
            }
            return served && unchanged;
        } finally {
            keyspace.unlockAll();
        }
    }

    /** Whether fields of the watched key expired after {@code from}, which changes no version. */
    private boolean fieldsExpired(long from, long now) {
        return keyspace.database(reader.watchDatabase())
                        .peek(reader.watchKey(), reader.watchKeyLength(), now, call.value)
                && call.value.object instanceof HashObject hash
                && hash.earliestExpiry() <= now
                && hash.expired(from) != hash.expired(now);
    }

    private void queued(SlotTable slots, long now, Reply reply) {
        Args args = reader.args();
        Command command = command(args);
        int slot = slot(command, args);
        if (slot == CROSS || (slot >= 0 && !slots.serves(slot))) {
            reply.error(NOT_SERVED);
            return;
        }
        run(command, now, reply);
    }

    private int slot(Command command, Args args) {
        int count = keys.find(command, args);
        int slot = NONE;
        for (int i = 0; i < count; i++) {
            int at = keys.at(i);
            int next = Slots.of(args.address(at), args.length(at));
            if (slot != NONE && next != slot) {
                return CROSS;
            }
            slot = next;
        }
        return slot;
    }

    @Override
    public void saveSnapshot(Path dir, long index, SnapshotDone done) {
        snapshots.save(dir, index, stamps.applied(), blobs, done);
    }

    @Override
    public boolean loadSnapshot(Path dir) {
        stream.closeAll("the node took over a snapshot of its shard");
        blobs.clear();
        long stamp = snapshots.load(dir, blobs);
        if (stamp < 0) {
            return false;
        }
        stamps.restore(stamp);
        events.everything();
        return true;
    }

    /** What another leader had sent ahead will never be referred to. */
    @Override
    public void termStarted(long index, long term) {
        blobs.clear();
    }

    @Override
    public void slotsChanged(long index, SlotTable slots) {
        listener.slotsChanged(slots);
    }

    @Override
    public void leaderStart(long term) {
        listener.leading(true);
    }

    @Override
    public void leaderStop() {
        listener.leading(false);
    }

    @Override
    public void broken(Throwable cause) {
        listener.broken(cause);
    }
}

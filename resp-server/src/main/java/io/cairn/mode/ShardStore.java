package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Call;
import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import io.cairn.command.KeyEvents;
import io.cairn.command.KeyPositions;
import io.cairn.command.Reply;
import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.collection.HashObject;
import io.cairn.raft.group.Proposal;
import io.cairn.raft.group.StateMachine.SnapshotDone;
import io.cairn.raft.shards.ShardApply;
import io.cairn.raft.shards.SlotExport;
import io.cairn.raft.shards.SlotState;
import io.cairn.raft.shards.SlotTable;
import io.cairn.record.ReceivedBlobs;
import io.cairn.record.RecordKind;
import io.cairn.record.RecordReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies the records of a shard's log to the keyspace, with the same handlers that standalone mode calls: a pure
 * function of keyspace and record (DESIGN 3). All calls come from the shard's apply thread.
 */
public final class ShardStore implements ShardApply {
    /** Most bytes of large arguments that wait for their record; part of the format: equal on all replicas. */
    static final long MAX_BLOB_BYTES = 4L << 30;

    private static final Logger LOG = LoggerFactory.getLogger(ShardStore.class);
    private static final int INITIAL_BYTES = 512 * 1024;
    private static final String INCOMPLETE = "TRYAGAIN A part of a large argument was not logged";
    private static final int CROSS = -2;
    private static final int NONE = -1;

    private final Keyspace keyspace;
    private final OpenSlots open;
    private final CommandTable table;
    private final Stamps stamps;
    private final ReceivedBlobs blobs;
    private final RecordReader reader;
    private final Call call;
    private final KeyPositions keys = new KeyPositions();
    private final ShardSnapshots snapshots;
    private final MigratingSlots migrating;
    private final KeyEvents events;
    private final Listener listener;
    private volatile ShardBase.Loader bases = base -> {
        throw new IOException("this node has no log of gossip mode");
    };
    private ChangeStream stream;
    private ChangeRecorder recorder;
    private NativeBlock scratch = NativeBlock.allocate(INITIAL_BYTES);
    private volatile long appliedIndex;
    private final AtomicLong changes = new AtomicLong();
    /** See {@link #arrived(BitSet)}. */
    private BitSet arrived = new BitSet();

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
        this.open = new OpenSlots(keyspace);
        this.table = table;
        this.stamps = stamps;
        this.blobs = new ReceivedBlobs(MAX_BLOB_BYTES, own::take);
        this.reader = new RecordReader(blobs);
        this.call = new Call(keyspace, reader.args(), DiscardReply.INSTANCE);
        this.events = events;
        call.listener(events);
        this.listener = listener;
        this.migrating = new MigratingSlots(keyspace, table, stamps);
        this.snapshots = new ShardSnapshots(keyspace, clock, migrating);
        this.stream = ChangeStream.none(keyspace);
        this.recorder = new ChangeRecorder(stream);
    }

    /** Tells who follows the changes of them; before the first is applied. */
    public void follow(ChangeStream changes) {
        changes.onlyFirstDatabase(); // The other one has the marks of MIGRATE.
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

    /** Whether the data is being written somewhere: into a snapshot of the log, a file, or to who follows. Any thread. */
    public boolean isSnapshotUnderWay() {
        return keyspace.isSnapshotUnderWay();
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
            migrating.limits(reader.limits());
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
        } else if (slot == CROSS || emptiesFrozen(command, slots)) {
            reply.error(OpenSlots.NOT_SERVED);
        } else if (slot >= 0 && !OpenSlots.mayServe(slots.state(slot))) {
            reply.error(waiting == null ? OpenSlots.NOT_SERVED : open.gone(slot));
        } else {
            SlotState state = slot < 0 ? SlotState.SERVING : slots.state(slot);
            locked(command, slot, state, now, reply, waiting);
        }
    }

    /**
     * What is frozen, or has arrived, is neither here nor there: who empties the shard would not reach it, and must try again.
     */
    private boolean emptiesFrozen(Command command, SlotTable slots) {
        return ExportedSlots.emptiesAll(command) && (!slots.in(SlotState.FROZEN).isEmpty() || !arrived.isEmpty());
    }

    private void locked(
            Command command, int slot, SlotState state, long now, Reply reply, @Nullable LocalProposal waiting) {
        if (slot >= 0) {
            int stripe = keyspace.stripeOf(slot);
            keyspace.lock(stripe);
            try {
                String elsewhere = open.refusal(state, keys, command, reader.args(), slot, reader.database());
                if (elsewhere != null) {
                    reply.error(elsewhere);
                    return;
                }
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
        migrating.before(command, reader.args(), database);
        call.run(command);
        migrating.ran(command, reader.args(), database, now, reader.seed(), call.hasChanged());
        changed += call.hasChanged() ? 1 : 0;
        if (database != SentKeys.DATABASE) {
            recorder.ran(call, database, reader.args(), call.hasChanged());
        }
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
                // An importer's keys too expire, and are sent on by MIGRATE.
                served &= OpenSlots.mayServe(slots.state(slot));
                long version = keyspace.database(reader.watchDatabase())
                        .version(reader.watchKey(), reader.watchKeyLength(), now);
                unchanged &= version == reader.watchVersion() && (at == now || !fieldsExpired(at, now));
            }
            String elsewhere = served && unchanged ? openRefusal(slots) : null;
            if (elsewhere != null) {
                reply.error(elsewhere);
                return false;
            }
            if (!served) {
                reply.error(OpenSlots.NOT_SERVED);
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

    /** Why a block with keys of an open slot cannot run here now, or null: it runs where all its keys are. */
    private @Nullable String openRefusal(SlotTable slots) {
        boolean script = reader.kind() == RecordKind.EFFECTS;
        OpenSlots.OfBlock named = open.new OfBlock(script);
        String refusal = null;
        while (refusal == null && reader.nextCommand()) {
            Command command = command(reader.args());
            int slot = slot(command, reader.args());
            if (emptiesFrozen(command, slots)) {
                refusal = OpenSlots.NOT_SERVED;
            } else if (slot >= 0 && !slots.serves(slot) && !(script && slots.state(slot) == SlotState.IMPORTING)) {
                refusal = named.add(slots.state(slot), slot, keys, command, reader.args(), reader.database());
            }
        }
        reader.rewindCommands();
        return refusal != null ? refusal : named.refusal();
    }

    private void queued(SlotTable slots, long now, Reply reply) {
        Args args = reader.args();
        Command command = command(args);
        int slot = slot(command, args);
        if (slot == CROSS || (slot >= 0 && !OpenSlots.mayServe(slots.state(slot)))) {
            reply.error(OpenSlots.NOT_SERVED);
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

    /**
     * The shard's log has ended, and its data goes on without one: only what its clients saw of it stays. No replica is open.
     *
     * @param dropped slots whose data is nobody's
     * @return the last stamp applied
     */
    public long leave(BitSet dropped) {
        migrating.lose("the shard leaves raft mode");
        blobs.clear();
        keyspace.lockAll();
        try {
            if (!dropped.isEmpty()) {
                keyspace.purge(dropped);
            }
            keyspace.hide(new BitSet());
            keyspace.database(SentKeys.DATABASE).clear();
        } finally {
            keyspace.unlockAll();
        }
        return stamps.applied();
    }

    /** Who brings the data of a base in; before the replica is opened. */
    public void bases(ShardBase.Loader loader) {
        bases = loader;
    }

    @Override
    public boolean loadSnapshot(Path dir) {
        if (ShardBase.isIn(dir)) {
            return loadBase(dir);
        }
        stream.breakOff("the node took over a snapshot of its shard");
        migrating.lose("the node took over a snapshot of its shard");
        blobs.clear();
        long stamp = snapshots.load(dir, blobs);
        if (stamp < 0) {
            return false;
        }
        stamps.restore(stamp);
        events.everything();
        return true;
    }

    /** What members may differ in is made equal: versions, limits, the last stamp. */
    private boolean loadBase(Path dir) {
        stream.breakOff("the shard's raft log begins");
        migrating.lose("the shard's raft log begins");
        blobs.clear();
        try {
            ShardBase base = ShardBase.read(dir);
            long stamp = bases.load(base);
            keyspace.lockAll();
            try {
                keyspace.hide(new BitSet());
                keyspace.dataLimits(DataLimits.DEFAULT);
                keyspace.baseVersions(base.index());
            } finally {
                keyspace.unlockAll();
            }
            stamps.begin(stamp);
            LOG.info("shard {}: its raft log begins after {}", base.shardId(), base.index());
        } catch (IOException | OutOfMemoryError e) {
            LOG.error("the data that {} names cannot be loaded", dir, e);
            return false;
        }
        events.everything();
        return true;
    }

    @Override
    public boolean isEmpty(int slot) {
        return SentKeys.count(keyspace, slot) == 0;
    }

    @Override
    public void purge(BitSet slots) {
        keyspace.purge(slots);
    }

    @Override
    public void importBegin(String id, BitSet slots) {
        migrating.begin(id, slots);
    }

    @Override
    public boolean importBytes(String id, ByteBuffer bytes) {
        int length = bytes.remaining();
        return migrating.take(id, take(bytes, length), length);
    }

    @Override
    public void arrived(BitSet slots) {
        arrived = slots;
    }

    @Override
    public void importOver(String id) {
        migrating.over(id);
    }

    @Override
    public SlotExport export(BitSet slots) {
        return migrating.export(slots);
    }

    /** Takes out some of what lies in slots that were given away. Any thread, again and again. */
    public void tidy() {
        migrating.tidy();
    }

    /**
     * What clients are told for keys that have gone to another shard already, and for slots that have; before the first is
     * applied.
     */
    public void asks(IntFunction<String> asks, IntFunction<String> gone) {
        open.asks(asks, gone);
    }

    OpenSlots open() {
        return open;
    }

    @Override
    public void givenUp() {
        stream.breakOff("the node gave up its replica of the shard");
        migrating.lose("the node gave up its replica of the shard");
        blobs.clear();
        arrived = new BitSet();
        snapshots.forget();
        stamps.restore(0);
        appliedIndex = 0;
        events.everything();
        listener.leading(false);
        listener.slotsChanged(SlotTable.EMPTY);
    }

    /** What another leader had sent ahead will never be referred to. */
    @Override
    public void termStarted(long index, long term) {
        blobs.clear();
    }

    @Override
    public void slotsChanged(long index, SlotTable slots) {
        if (migrating.slotsChanged(slots)) {
            // Who follows this node has slots that it should not have any more, or lacks some.
            stream.breakOff("slots were migrated");
            events.everything();
        }
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

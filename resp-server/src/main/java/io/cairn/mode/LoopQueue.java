package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Call;
import io.cairn.command.Command;
import io.cairn.command.KeyPositions;
import io.cairn.raft.group.Failure;
import io.cairn.raft.shards.ShardGroup;
import io.cairn.record.RecordWriter;
import io.netty.channel.EventLoop;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.SplittableRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one event loop has gathered for the shard's log: writes go out as one entry per turn of the loop, at most a few
 * entries in flight, so that under load the entries grow instead of their number; reads of a turn share one barrier.
 * Confined to its event loop.
 */
final class LoopQueue implements Runnable {
    /** Most commands of one entry. */
    static final int MAX_ENTRY_COMMANDS = 1_000;
    /** An entry is closed once it is this large, bytes. */
    static final int MAX_ENTRY_BYTES = 256 * 1024;
    /** Most entries of this loop proposed and not yet applied. */
    static final int MAX_IN_FLIGHT = 4;
    /** Most bytes gathered and not yet proposed; above it writes are refused. */
    static final int MAX_WAITING_BYTES = 32 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(LoopQueue.class);
    private static final byte PHASE_READS = 1;
    private static final byte PHASE_WRITES = 2;
    private static final byte PHASE_LARGE = 3;

    final EventLoop loop;
    final KeyPositions keys = new KeyPositions();
    final Call call;

    private final RaftMode mode;
    private final SplittableRandom chance = new SplittableRandom();
    private final RecordWriter writer = new RecordWriter();
    private final ArrayDeque<WriteBatch> waiting = new ArrayDeque<>();
    private final Origin[] origins = new Origin[MAX_ENTRY_COMMANDS];
    private final int[] slots = new int[MAX_ENTRY_COMMANDS];
    private final LargeWrites large;
    final RaftEviction eviction;
    private final InOrder writesInOrder = new InOrder();
    private final InOrder readsInOrder = new InOrder();
    private int commands;
    private int waitingBytes;
    private int inFlight;
    private ReadBatch reads;
    private boolean scheduled;

    LoopQueue(EventLoop loop, RaftMode mode) {
        this.loop = loop;
        this.mode = mode;
        this.call = new Call(mode.keyspace(), new Args(), DiscardReply.INSTANCE);
        call.listener(mode.events());
        this.reads = new ReadBatch(this, mode);
        this.large = new LargeWrites(this, mode);
        this.eviction = new RaftEviction(this, mode);
    }

    /** True when there is room for one more write. */
    boolean hasRoom() {
        return waitingBytes < MAX_WAITING_BYTES;
    }

    /** True when a write must wait for the connection's reads, or for a large write before or after it. */
    boolean mustWait(Origin origin, boolean largeWrite) {
        return origin.pending() > 0 && (largeWrite || origin.phase() != PHASE_WRITES);
    }

    /** True when a read must wait for the connection's own writes (SAFETY 3). */
    static boolean readMustWait(Origin origin) {
        return origin.pending() > 0 && origin.phase() != PHASE_READS;
    }

    /** Adds a command to the entry being gathered; {@code slot} is -1 for one without keys. */
    void write(Origin origin, Args args, int slot) {
        if (LargeWrites.isLarge(args)) {
            origin.phase(PHASE_LARGE);
            large.add(origin, args, slot);
        } else {
            origin.phase(PHASE_WRITES);
            openEntry();
            int length = writer.length();
            int records = writer.records();
            try {
                writer.command(mode.stamps().next(), origin.database(), args);
            } catch (OutOfMemoryError e) {
                writer.rewind(length, records);
                throw e;
            }
            added(origin, slot);
        }
        schedule();
    }

    /** Adds a MULTI block. */
    void write(Origin origin, Block block, int slot) {
        if (LargeWrites.isLarge(block)) {
            origin.phase(PHASE_LARGE);
            large.add(origin, block, slot);
            schedule();
            return;
        }
        origin.phase(PHASE_WRITES);
        openEntry();
        int length = writer.length();
        int records = writer.records();
        try {
            writer.block(mode.stamps().next(), block.watches().size());
            for (Block.Watch watch : block.watches()) {
                writer.watch(watch.database(), watch.key(), watch.version());
            }
            writer.commands(block.commands().size());
            for (Block.Queued queued : block.commands()) {
                writer.queued(queued.database(), queued.args());
            }
        } catch (OutOfMemoryError e) {
            writer.rewind(length, records);
            throw e;
        }
        added(origin, slot);
        schedule();
    }

    /** Runs {@code done} on this loop once all writes gathered so far are applied, or have failed. */
    void barrier(Runnable done) {
        closeEntry();
        WriteBatch tick = new WriteBatch(
                this, mode, origins, slots, 0, mode.tickEntry(mode.stamps().next(), List.of()));
        tick.whenDone(done);
        waiting.add(tick);
        waitingBytes += tick.bytes();
        schedule();
    }

    /** Adds a read to the turn's barrier. */
    void read(Origin origin, Command command, Args args, int slot) {
        origin.phase(PHASE_READS);
        if (!reads.hasRoom()) {
            fireReads();
        }
        reads.add(origin, command, args, slot);
        schedule();
    }

    private void openEntry() {
        if (commands == MAX_ENTRY_COMMANDS || (commands > 0 && writer.length() >= MAX_ENTRY_BYTES)) {
            closeEntry();
        }
        if (commands == 0) {
            writer.begin(mode.stamps().next(), chance.nextLong());
        }
    }

    private void added(Origin origin, int slot) {
        slots[commands] = slot;
        origins[commands++] = origin;
    }

    private void closeEntry() {
        if (commands == 0) {
            return;
        }
        WriteBatch batch = new WriteBatch(this, mode, origins, slots, commands, entry(writer));
        java.util.Arrays.fill(origins, 0, commands, null);
        commands = 0;
        waiting.add(batch);
        waitingBytes += batch.bytes();
    }

    /** The batch of {@code writer} as an entry's heap buffer. */
    static ByteBuffer entry(RecordWriter writer) {
        byte[] bytes = new byte[ShardGroup.HEADER_BYTES + writer.length()];
        writer.batch().get(bytes, ShardGroup.HEADER_BYTES, writer.length());
        return ByteBuffer.wrap(bytes);
    }

    void schedule() {
        if (!scheduled) {
            scheduled = true;
            loop.execute(this);
        }
    }

    /** End of the loop's turn. */
    @Override
    public void run() {
        scheduled = false;
        fireReads();
        eviction.propose();
        pump();
    }

    private void fireReads() {
        if (!reads.isEmpty()) {
            ReadBatch batch = reads;
            reads = new ReadBatch(this, mode);
            readsInOrder.add(batch);
            ShardGroup shard = mode.shard();
            if (shard == null) {
                batch.refused(Failure.NOT_LEADER);
            } else {
                batch.asked(shard);
                shard.readBarrier(batch);
            }
        }
    }

    private void pump() {
        while (inFlight < MAX_IN_FLIGHT) {
            if (waiting.isEmpty()) {
                closeEntry();
            }
            WriteBatch batch = waiting.poll();
            if (batch != null) {
                waitingBytes -= batch.bytes();
                propose(batch);
            }
            boolean chunk = inFlight < MAX_IN_FLIGHT && large.proposeNext();
            if (batch == null && !chunk) {
                return;
            }
        }
    }

    /** Proposes writes that are answered in the order of these calls. */
    void propose(WriteBatch batch) {
        writesInOrder.add(batch);
        propose(batch.entry(), batch);
    }

    /** Proposes; {@link #proposalDone} must follow on this loop. */
    void propose(ByteBuffer entry, LocalProposal proposal) {
        inFlight++;
        ShardGroup shard = mode.shard();
        if (shard == null) {
            proposal.failed(Failure.NOT_LEADER);
            return;
        }
        try {
            shard.propose(entry, proposal);
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.error("an entry of {} bytes was not proposed", entry.remaining(), e);
            proposal.failed(Failure.OUTCOME_UNKNOWN);
        }
    }

    /** A proposal was applied or failed, and its origins know. */
    void proposalDone() {
        inFlight--;
        if (commands > 0 || !waiting.isEmpty() || large.isActive()) {
            schedule();
        }
    }

    InOrder writesInOrder() {
        return writesInOrder;
    }

    InOrder readsInOrder() {
        return readsInOrder;
    }

    long seed() {
        return chance.nextLong();
    }
}

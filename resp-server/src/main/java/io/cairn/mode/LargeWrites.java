package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Reply;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.raft.group.Failure;
import io.cairn.raft.shards.ShardGroup;
import io.cairn.record.RecordFormat;
import io.cairn.record.RecordWriter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Writes with arguments too large for one entry: the arguments go ahead in chunks, then the command that refers to them.
 * One such write of a loop is under way at a time, between the loop's other entries. Confined to the event loop.
 */
final class LargeWrites {
    /** Most bytes of a command that travels in one entry with others. */
    static final int MAX_SHARED_BYTES = 1 << 20;
    /** Most bytes of a command in an entry of its own, after what was sent ahead. */
    static final int MAX_INLINE_BYTES = 28 << 20;

    private static final int HANDY_BYTES = 4 << 20;
    private static final int[] BOUNDS = {RecordFormat.CHUNK_BYTES, 64 * 1024, 16 * 1024, 4 * 1024};
    /** Length, reference or head of an argument or command, at most. */
    private static final int OVERHEAD_BYTES = 12;

    private static final long RETRY_MILLIS = 1_000;

    private final LoopQueue queue;
    private final RaftMode mode;
    private final Queue<Write> waiting = new ArrayDeque<>();
    private final RecordWriter writer = new RecordWriter();
    private @Nullable Write current;

    LargeWrites(LoopQueue queue, RaftMode mode) {
        this.queue = queue;
        this.mode = mode;
    }

    /** Whether a command is too large for an entry that it shares with others. */
    static boolean isLarge(Args args) {
        return hasChunks(args) || inlineBytes(args, Integer.MAX_VALUE) > MAX_SHARED_BYTES;
    }

    static boolean isLarge(Block block) {
        for (Block.Queued queued : block.commands()) {
            if (hasChunks(queued.args())) {
                return true;
            }
        }
        return inlineBytes(block, Integer.MAX_VALUE) > MAX_SHARED_BYTES;
    }

    private static boolean hasChunks(Args args) {
        for (int i = 0; i < args.count(); i++) {
            if (args.length(i) > RecordFormat.CHUNK_BYTES) {
                return true;
            }
        }
        return false;
    }

    /** Bytes in the entry when arguments longer than {@code bound} are sent ahead. */
    private static long inlineBytes(Args args, int bound) {
        long sum = 0;
        for (int i = 0; i < args.count(); i++) {
            sum += OVERHEAD_BYTES + (args.length(i) > bound ? 0 : args.length(i));
        }
        return sum;
    }

    private static long inlineBytes(Block block, int bound) {
        long sum = 0;
        for (Block.Watch watch : block.watches()) {
            sum += 2 * OVERHEAD_BYTES + watch.key().length;
        }
        for (Block.Queued queued : block.commands()) {
            sum += OVERHEAD_BYTES + inlineBytes(queued.args(), bound);
        }
        return sum;
    }

    /**
     * Arguments longer than this go ahead, so that the command fits into an entry: of {@link #BOUNDS} the largest that
     * leaves a handy entry, or the smallest. -1 when even that leaves too much.
     */
    static int sentAheadFrom(Args args) {
        return sentAheadFrom(bound -> inlineBytes(args, bound));
    }

    static int sentAheadFrom(Block block) {
        return sentAheadFrom(bound -> inlineBytes(block, bound));
    }

    private static int sentAheadFrom(IntToLongFunction inlineBytes) {
        for (int bound : BOUNDS) {
            if (inlineBytes.applyAsLong(bound) <= HANDY_BYTES) {
                return bound;
            }
        }
        int smallest = BOUNDS[BOUNDS.length - 1];
        return inlineBytes.applyAsLong(smallest) <= MAX_INLINE_BYTES ? smallest : -1;
    }

    void add(Origin origin, Args args, int slot) {
        waiting.add(new Write(origin, args, slot));
    }

    void add(Origin origin, Block block, int slot) {
        waiting.add(new Write(origin, block, slot));
    }

    boolean isActive() {
        return current != null || !waiting.isEmpty();
    }

    /** Proposes the next chunk, or the command after the last one; false when there is nothing to propose. */
    boolean proposeNext() {
        Write write = current;
        if (write == null) {
            write = waiting.poll();
            current = write;
        }
        if (write == null) {
            return false;
        }
        write.proposeNext();
        return true;
    }

    /** One argument on its way. */
    private record Blob(long id, NativeBlock block, int length) {}

    /** One write with large arguments. */
    private final class Write {
        private final Origin origin;
        private final int slot;
        private final List<Args> commands = new ArrayList<>();
        private final List<long[]> blobIds = new ArrayList<>();
        private final List<Blob> blobs = new ArrayList<>();
        private final @Nullable Block block;
        private final @Nullable NativeBlock small;
        /** Arguments longer than this are sent ahead. */
        private final int bound;

        private int blob;
        private int offset;
        private @Nullable Failure failure;

        Write(Origin origin, Args args, int slot) {
            this.origin = origin;
            this.slot = slot;
            this.block = null;
            this.bound = sentAheadFrom(args);
            this.small = keep(args);
        }

        /** The block's memory is the connection's, which keeps it until the block is done. */
        Write(Origin origin, Block block, int slot) {
            this.origin = origin;
            this.slot = slot;
            this.block = block;
            this.bound = sentAheadFrom(block);
            this.small = null;
            for (Block.Queued queued : block.commands()) {
                register(queued.args());
            }
        }

        /** Copies the small arguments: the connection reuses its own. */
        private NativeBlock keep(Args args) {
            int bytes = 0;
            for (int i = 0; i < args.count(); i++) {
                bytes += args.length(i) > bound ? 0 : args.length(i);
            }
            NativeBlock copy = NativeBlock.allocate(bytes);
            Args kept = new Args();
            long at = copy.address();
            for (int i = 0; i < args.count(); i++) {
                NativeBlock own = args.block(i);
                if (args.length(i) <= bound) {
                    Memory.copy(args.address(i), at, args.length(i));
                    kept.add(at, args.length(i));
                    at += args.length(i);
                } else if (own != null) {
                    kept.add(own, args.length(i));
                } else {
                    kept.add(args.address(i), args.length(i));
                }
            }
            register(kept);
            return copy;
        }

        private void register(Args args) {
            long[] ids = new long[args.count()];
            for (int i = 0; i < args.count(); i++) {
                if (args.length(i) <= bound) {
                    continue;
                }
                NativeBlock own = args.block(i);
                NativeBlock held = own == null ? copyOf(args, i) : own.retain();
                ids[i] = mode.ownBlobs().register(held);
                blobs.add(new Blob(ids[i], held, args.length(i)));
            }
            commands.add(args);
            blobIds.add(ids);
        }

        private static NativeBlock copyOf(Args args, int i) {
            NativeBlock copy = NativeBlock.allocate(args.length(i));
            Memory.copy(args.address(i), copy.address(), args.length(i));
            return copy;
        }

        void proposeNext() {
            if (failure != null) {
                refuse(failure);
            } else if (blob < blobs.size()) {
                proposeChunk(blobs.get(blob));
            } else {
                proposeCommand();
            }
        }

        private void proposeChunk(Blob next) {
            int length = Math.min(RecordFormat.CHUNK_BYTES, next.length() - offset);
            long stamp = mode.stamps().next();
            writer.begin(stamp, 0);
            writer.chunk(stamp, next.id(), offset, next.length(), next.block().address() + offset, length);
            offset += length;
            if (offset == next.length()) {
                blob++;
                offset = 0;
            }
            queue.propose(LoopQueue.entry(writer), new Chunk(this));
        }

        private void proposeCommand() {
            long stamp = mode.stamps().next();
            writer.begin(stamp, queue.seed());
            Block of = block;
            if (of == null) {
                writer.command(stamp, origin.database(), commands.get(0), blobIds.get(0));
            } else {
                writer.block(stamp, of.watches().size());
                for (Block.Watch watch : of.watches()) {
                    writer.watch(watch.database(), watch.key(), watch.version());
                }
                writer.commands(of.commands().size());
                for (int i = 0; i < of.commands().size(); i++) {
                    writer.queued(
                            of.commands().get(i).database(),
                            of.commands().get(i).args(),
                            blobIds.get(i));
                }
            }
            current = null;
            WriteBatch last =
                    new WriteBatch(queue, mode, new Origin[] {origin}, new int[] {slot}, 1, LoopQueue.entry(writer));
            last.whenDone(this::release);
            queue.propose(last);
        }

        /** The command itself was never proposed: whatever became of the chunks, it surely takes no effect. */
        private void refuse(Failure why) {
            current = null;
            for (Blob sent : blobs.subList(0, Math.min(blobs.size(), blob + 1))) {
                dropEverywhere(sent.id());
            }
            Failure certain = why == Failure.OUTCOME_UNKNOWN ? Failure.NOT_LEADER : why;
            WriteBatch.refuse(mode, new Origin[] {origin}, new int[] {slot}, new boolean[] {origin.resp3()}, certain);
            release();
        }

        private void release() {
            for (Blob sent : blobs) {
                mode.ownBlobs().forget(sent.id());
                sent.block().release();
            }
            blobs.clear();
            if (small != null) {
                small.release();
            }
        }
    }

    /**
     * What was sent ahead for a command that never came is dropped by all replicas; until that is logged, or another
     * leader's term does the same, it is tried again.
     */
    private void dropEverywhere(long blobId) {
        ShardGroup shard = mode.shard();
        if (shard == null || !shard.isServing()) {
            return;
        }
        writer.begin(mode.stamps().next(), 0);
        writer.dropBlob(mode.stamps().next(), blobId);
        queue.propose(LoopQueue.entry(writer), new Drop(blobId));
    }

    /** The end of a blob, in flight. */
    private final class Drop implements LocalProposal, Runnable {
        private final long blobId;
        private volatile boolean failed;

        Drop(long blobId) {
            this.blobId = blobId;
        }

        @Override
        public Reply reply() {
            throw new IllegalStateException("a drop has no reply");
        }

        @Override
        public void applied() {
            queue.loop.execute(this);
        }

        @Override
        public void failed(Failure why) {
            failed = true;
            queue.loop.execute(this);
        }

        @Override
        public void run() {
            queue.proposalDone();
            if (failed) {
                queue.loop.schedule(() -> dropEverywhere(blobId), RETRY_MILLIS, TimeUnit.MILLISECONDS);
            }
        }
    }

    /** A chunk in flight. */
    private final class Chunk implements LocalProposal, Runnable {
        private final Write write;
        private volatile @Nullable Failure failed;

        Chunk(Write write) {
            this.write = write;
        }

        @Override
        public Reply reply() {
            throw new IllegalStateException("a chunk has no reply");
        }

        @Override
        public void applied() {
            queue.loop.execute(this);
        }

        @Override
        public void failed(Failure why) {
            failed = why;
            queue.loop.execute(this);
        }

        @Override
        public void run() {
            if (failed != null && write.failure == null) {
                write.failure = failed;
            }
            queue.proposalDone();
        }
    }
}

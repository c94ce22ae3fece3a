package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.Scripts;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.StripeBusyException;
import io.cairn.raft.group.Failure;
import io.cairn.raft.group.ReadBarrier;
import io.cairn.raft.shards.ShardGroup;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads of one turn of an event loop that wait for one barrier; then they run on the loop, each under its stripe's
 * lock. A read that found a key expired by the wall clock but not by the last applied stamp logs a tick first
 * (SAFETY 4): the replies of the batch leave once it is applied.
 */
final class ReadBatch implements ReadBarrier, Runnable, InOrder.Batch {
    /** Most reads that share a barrier. */
    static final int MAX_READS = 1_000;
    /** Most bytes of arguments held for a batch. */
    static final int MAX_BYTES = 4 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(ReadBatch.class);
    private static final int INITIAL_BYTES = 4 * 1024;
    /** Most expired keys removed by a batch's tick, and the longest; active expiry finds the others. */
    private static final int MAX_EXPIRED = 100;

    private static final int MAX_EXPIRED_BYTES = 4 * 1024;
    /** Replies gathered beyond this are handed over before the next read runs. */
    private static final int DELIVER_BYTES = 1 << 20;

    private final LoopQueue queue;
    private final RaftMode mode;
    private Origin[] origins = new Origin[16];
    private Command[] commands = new Command[16];
    /** Per read: slot or -1, number of arguments, then the arguments' lengths. */
    private int[] shape = new int[64];

    private int reads;
    /** So many of the first reads have their replies. */
    private int delivered;

    private int shapeLength;
    private NativeBlock bytes = NativeBlock.allocate(INITIAL_BYTES);
    private int length;
    private long askedNanos;
    private @Nullable ShardGroup askedOf;
    /** The term that this replica served in when the reads came; 0 if it did not, or not in one and the same. */
    private long term;

    private Failure failure = Failure.OUTCOME_UNKNOWN;
    /** Written before this batch is handed to its loop. */
    private boolean passed;

    private final List<byte[]> expiredKeys = new ArrayList<>(0);
    private boolean settled;
    /** The answers, while they wait for their tick. */
    private @Nullable BatchReplies ticking;

    ReadBatch(LoopQueue queue, RaftMode mode) {
        this.queue = queue;
        this.mode = mode;
    }

    boolean isEmpty() {
        return reads == 0;
    }

    /** Its barrier is about to be asked for, of this replica. */
    void asked(ShardGroup replica) {
        askedNanos = System.nanoTime();
        askedOf = replica;
    }

    boolean hasRoom() {
        return reads < MAX_READS && length < MAX_BYTES;
    }

    /** Copies a call; {@code slot} is -1 for a command without keys. */
    void add(Origin origin, Command command, Args args, int slot) {
        if (reads == origins.length) {
            origins = java.util.Arrays.copyOf(origins, reads * 2);
            commands = java.util.Arrays.copyOf(commands, reads * 2);
        }
        ShardGroup shard = mode.shard();
        long serving = shard == null ? 0 : shard.servingTerm();
        term = reads == 0 || term == serving ? serving : 0;
        int count = args.count();
        if (shapeLength + 2 + count > shape.length) {
            shape = java.util.Arrays.copyOf(shape, Math.max(shape.length * 2, shapeLength + 2 + count));
        }
        origins[reads] = origin;
        commands[reads++] = command;
        shape[shapeLength++] = slot;
        shape[shapeLength++] = count;
        for (int i = 0; i < count; i++) {
            int argument = args.length(i);
            ensure(argument);
            Memory.copy(args.address(i), bytes.address() + length, argument);
            shape[shapeLength++] = argument;
            length += argument;
        }
    }

    private void ensure(int more) {
        if (bytes.capacity() - length < more) {
            NativeBlock grown = NativeBlock.allocate(Math.max(bytes.capacity() * 2, length + more));
            Memory.copy(bytes.address(), grown.address(), length);
            bytes.release();
            bytes = grown;
        }
    }

    @Override
    public void passed() {
        passed = true;
        ShardGroup replica = askedOf;
        if (replica != null) {
            mode.freshness().asOf(replica, askedNanos);
        }
        queue.loop.execute(this);
    }

    @Override
    public void refused(Failure why) {
        failure = why;
        queue.loop.execute(this);
    }

    /** On the event loop. */
    @Override
    public void run() {
        settled = true;
        queue.readsInOrder().advance();
    }

    @Override
    public boolean isSettled() {
        return settled;
    }

    @Override
    public boolean finish() {
        BatchReplies replies = ticking;
        if (replies == null) {
            return passed ? answer() : refuse();
        }
        if (passed) {
            replies.deliver(origins, delivered, gone());
            return true;
        }
        replies.close();
        return refuse();
    }

    /** Runs the reads; false when an expiry that they saw is to be logged first. */
    private boolean answer() {
        BatchReplies replies = new BatchReplies(reads, mode.stats());
        ShardGroup shard = mode.shard();
        boolean primary = shard != null && shard.isServing();
        boolean same = shard != null && term != 0 && shard.servingTerm() == term;
        long now = primary ? mode.stamps().readTime() : mode.stamps().applied();
        long expired = 0;
        Args args = queue.call.args;
        int at = 0;
        long address = bytes.address();
        try {
            for (int i = 0; i < reads; i++) {
                int slot = shape[at++];
                int count = shape[at++];
                args.clear();
                for (int j = 0; j < count; j++) {
                    args.add(address, shape[at]);
                    address += shape[at++];
                }
                replies.begin(origins[i].resp3());
                if (slot >= 0
                        && (shard == null || !OpenSlots.mayRead(shard.slots().state(slot), same))) {
                    replies.reply().error(mode.redirect(slot));
                    replies.end();
                } else {
                    expired = Math.max(expired, run(i, slot, now, same, replies));
                }
                boolean held = primary && expired > mode.stamps().applied();
                if (replies.length() > DELIVER_BYTES && !held) {
                    replies.deliver(origins, delivered);
                    delivered = i + 1;
                    replies = new BatchReplies(reads - delivered, mode.stats());
                }
            }
        } finally {
            bytes.release();
        }
        if (primary && expired > mode.stamps().applied()) {
            settled = false;
            ticking = replies;
            queue.propose(mode.tickEntry(now, expiredKeys), new TickProposal());
            return false;
        }
        replies.deliver(origins, delivered);
        return true;
    }

    /** A read that fails costs its own connection, not the others'. */
    private long run(int i, int slot, long now, boolean same, BatchReplies replies) {
        try {
            queue.call.noTouch(origins[i].noTouch());
            long expired = mode.runRead(
                    queue, origins[i], commands[i], origins[i].database(), slot, now, same, replies.reply());
            replies.end();
            if (expired != 0 && slot >= 0) {
                noteExpired(commands[i], slot, now);
            }
            return expired;
        } catch (StripeBusyException e) {
            replies.reply().error(Scripts.BUSY);
            replies.end();
            return 0;
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.error("{} failed", commands[i].name(), e);
            replies.endWithout();
            return 0;
        }
    }

    /** Remembers the keys that a read did not find, to remove those that are expired; a bounded number of them. */
    private void noteExpired(Command command, int slot, long now) {
        Args args = queue.call.args;
        int count = queue.keys.find(command, args);
        int stripe = mode.keyspace().stripeOf(slot);
        mode.keyspace().lock(stripe);
        try {
            for (int i = 0; i < count && expiredKeys.size() < MAX_EXPIRED; i++) {
                int key = queue.keys.at(i);
                int length = args.length(key);
                if (length <= MAX_EXPIRED_BYTES && queue.call.database().version(args.address(key), length, now) == 0) {
                    expiredKeys.add(args.bytes(key));
                }
            }
        } finally {
            mode.keyspace().unlock(stripe);
        }
    }

    /**
     * The error lines, by number, of reads whose slot was frozen before their tick was applied, null for the others: the new
     * owner's clock may not have come so far, and show again what they did not see.
     */
    private @Nullable String[] gone() {
        @Nullable String[] errors = new String[reads];
        int at = 0;
        for (int i = 0; i < reads; i++) {
            int slot = shape[at];
            at += 2 + shape[at + 1];
            if (i >= delivered && slot >= 0 && !OpenSlots.mayServe(mode.state(slot))) {
                errors[i] = mode.redirect(slot);
            }
        }
        return errors;
    }

    private boolean refuse() {
        if (ticking == null) {
            bytes.release();
        }
        BatchReplies replies = new BatchReplies(reads - delivered, mode.stats());
        int at = 0;
        for (int i = 0; i < reads; i++) {
            int slot = shape[at];
            at += 2 + shape[at + 1];
            if (i < delivered) {
                continue;
            }
            replies.begin(origins[i].resp3());
            String text = failure == Failure.BUSY ? FailureText.BUSY : mode.redirect(slot);
            replies.reply().error(text);
            replies.end();
        }
        replies.deliver(origins, delivered);
        return true;
    }

    /** The tick that makes an observed expiry final for every later leader. */
    private final class TickProposal implements LocalProposal, Runnable {
        @Override
        public void applied() {
            mode.stats().expired(expiredKeys.size());
            queue.loop.execute(this);
        }

        @Override
        public void failed(Failure why) {
            passed = false;
            failure = why == Failure.BUSY ? why : Failure.NOT_LEADER;
            queue.loop.execute(this);
        }

        @Override
        public void run() {
            queue.proposalDone();
            ReadBatch.this.run();
        }
    }
}

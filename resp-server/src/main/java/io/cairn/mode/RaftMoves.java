package io.cairn.mode;

import io.cairn.command.MovingKeys;
import io.cairn.command.Reply;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Slots;
import io.cairn.raft.group.Failure;
import io.cairn.raft.group.ReadBarrier;
import io.cairn.raft.shards.ShardGroup;
import io.cairn.rdb.PayloadBuffer;
import io.cairn.record.RecordWriter;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * MIGRATE of a shard's primary. Once the slots are held, a tick of every event loop goes through the log behind the writes
 * that the loop had gathered; when all are applied here, the scripts taken before are answered and waiting clients are served,
 * the keys stay as they are. Each is deleted by a record that watches the version that was read: whatever came between after
 * all, from another primary or a large write under way, makes it void, and the key stays.
 */
final class RaftMoves implements MovingKeys {
    private static final long SETTLE_SECONDS = 60;
    private static final int MAX_ENTRY_BYTES = 4 << 20;
    private static final int MAX_ENTRY_KEYS = 1000;
    private static final String MOVED = "TRYAGAIN The shard's primary changed while keys were migrated: they were not"
            + " deleted, and the target may have copies of them";

    private static final String TOO_BUSY = "TRYAGAIN The shard was too busy to hold the keys";

    private final RaftMode mode;
    private final MovingSlots moving;

    RaftMoves(RaftMode mode, MovingSlots moving) {
        this.mode = mode;
        this.moving = moving;
    }

    @Override
    public boolean anyPresent(int database, List<byte[]> keys) throws Refused {
        barrier();
        return moving.use(() -> HeldKeys.anyPresent(
                        mode.keyspace(), database, keys, mode.stamps().readTime())
                || keys.stream().anyMatch(this::isSent));
    }

    @Override
    public Held hold(int database, List<byte[]> keys, long timeoutMillis) throws Refused {
        BitSet slots = moving.hold(keys, timeoutMillis);
        boolean done = false;
        try {
            drain(slots, Math.max(timeoutMillis, TimeUnit.SECONDS.toMillis(1)));
            ShardGroup group = mode.shard();
            for (int slot = slots.nextSetBit(0); slot >= 0; slot = slots.nextSetBit(slot + 1)) {
                if (group == null || !group.isServing() || !sends(group, slot)) {
                    throw new Refused(mode.redirect(slot));
                }
            }
            done = true;
            return new Keys(mode.keyspace(), database, keys, slots);
        } finally {
            if (!done) {
                moving.release(slots);
            }
        }
    }

    /** Also keys that a slot's importer got are sent on, or back: {@code redis-cli --cluster fix} does that. */
    private static boolean sends(ShardGroup group, int slot) {
        return OpenSlots.mayServe(group.slots().state(slot));
    }

    /** Whether an earlier MIGRATE may have left a copy at the shard that the slot goes to. */
    private boolean isSent(byte[] key) {
        return moves(key) && isMarked(key);
    }

    private boolean moves(byte[] key) {
        ShardGroup group = mode.shard();
        return group == null || !group.slots().serves(Slots.of(key));
    }

    private boolean isMarked(byte[] key) {
        return HeldKeys.locked(
                        mode.keyspace(),
                        0,
                        key,
                        (on, at, length) -> SentKeys.isSent(mode.keyspace(), at, length) ? 1 : 0)
                == 1;
    }

    /** As a read of the primary has one. */
    private void barrier() throws Refused {
        ShardGroup group = mode.shard();
        if (group == null) {
            throw new Refused(FailureText.NO_LEADER);
        }
        CompletableFuture<Boolean> passed = new CompletableFuture<>();
        group.readBarrier(new ReadBarrier() {
            @Override
            public void passed() {
                passed.complete(true);
            }

            @Override
            public void refused(Failure why) {
                passed.complete(false);
            }
        });
        try {
            if (!passed.get(SETTLE_SECONDS, TimeUnit.SECONDS)) {
                throw new Refused(FailureText.NO_LEADER);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refused("ERR interrupted");
        } catch (ExecutionException | TimeoutException e) {
            throw new Refused(FailureText.NO_LEADER);
        }
    }

    private void drain(BitSet slots, long timeoutMillis) throws Refused {
        try {
            // What was gathered; scripts, which no loop takes any more; then those who waited for what all that did:
            // they are not held.
            boolean settled = mode.drain().await(timeoutMillis, TimeUnit.MILLISECONDS);
            if (settled) {
                mode.scriptsOver().get(timeoutMillis, TimeUnit.MILLISECONDS);
                settled = mode.served(slots).await(timeoutMillis, TimeUnit.MILLISECONDS);
            }
            if (!settled) {
                throw new Refused(TOO_BUSY);
            }
        } catch (TimeoutException | ExecutionException e) {
            throw new Refused(TOO_BUSY);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refused("ERR interrupted");
        }
    }

    /** Adds a key's records to an entry. */
    @FunctionalInterface
    private interface KeyRecords {
        void add(RecordWriter writer, long stamp, int key);
    }

    private final class Keys extends HeldKeys {
        Keys(Keyspace keyspace, int database, List<byte[]> keys, BitSet slots) {
            super(keyspace, database, keys, moving, slots, () -> mode.stamps().readTime());
        }

        private final BitSet sentBefore = new BitSet();
        /** Those that this call has marked. */
        private BitSet marking = new BitSet();

        private BitSet unmarked = new BitSet();
        private boolean marked;

        /** Marks what is here (SAFETY 17); a copy that is to stay is no concern of slots that do not move. */
        @Override
        public void sends(boolean copy) throws Refused {
            marked = mode.marksSentKeys();
            if (!marked) {
                return;
            }
            for (int i = 0; i < keys.size(); i++) {
                byte[] key = keys.get(i);
                boolean moves = moves(key);
                if (use(() -> isMarked(key))) {
                    sentBefore.set(i, moves);
                } else if (moves || !copy) {
                    long now = mode.stamps().readTime();
                    versions[i] =
                            use(() -> locked(keyspace, database, key, (on, at, length) -> on.version(at, length, now)));
                    marking.set(i, versions[i] != 0);
                }
            }
            unmarked =
                    inParts(marking, (writer, stamp, i) -> SentKeys.mark(writer, stamp, keys.get(i), versions[i]), 1);
        }

        /** A key that could not be marked has expired; or it was changed by another primary, and is not sent. */
        @Override
        public long read(int key, PayloadBuffer to) throws Refused {
            return unmarked.get(key) ? MovingKeys.ABSENT : super.read(key, to);
        }

        @Override
        public boolean wasSent(int key) {
            return sentBefore.get(key);
        }

        @Override
        public BitSet delete(BitSet which) throws Refused {
            return inParts(
                    which,
                    (writer, stamp, i) -> {
                        RaftExpiry.delete(writer, stamp, keys.get(i), versions[i]);
                        if (marked) {
                            SentKeys.unmark(writer, stamp, keys.get(i), SentKeys.ABSENT);
                        }
                    },
                    marked ? 2 : 1);
        }

        @Override
        public void kept(BitSet which) throws Refused {
            BitSet marks = (BitSet) which.clone();
            marks.and(marking);
            marks.andNot(unmarked);
            inParts(marks, (writer, stamp, i) -> SentKeys.unmark(writer, stamp, keys.get(i), versions[i]), 1);
        }

        /**
         * Has records logged for these keys, in entries of a bounded size.
         *
         * @param records of each key; the first one's reply counts
         * @return keys that had changed
         */
        private BitSet inParts(BitSet which, KeyRecords write, int records) throws Refused {
            BitSet changed = new BitSet();
            RecordWriter writer = new RecordWriter();
            List<Integer> part = new ArrayList<>();
            for (int i = which.nextSetBit(0); i >= 0; i = which.nextSetBit(i + 1)) {
                long stamp = mode.stamps().next();
                if (part.isEmpty()) {
                    writer.begin(stamp, 0);
                }
                write.add(writer, stamp, i);
                part.add(i);
                if (part.size() == MAX_ENTRY_KEYS || writer.length() > MAX_ENTRY_BYTES || which.nextSetBit(i + 1) < 0) {
                    propose(writer, part, changed, records);
                    part.clear();
                }
            }
            return changed;
        }

        private void propose(RecordWriter writer, List<Integer> part, BitSet changed, int records) throws Refused {
            ShardGroup group = mode.shard();
            if (group == null) {
                throw new Refused(MOVED);
            }
            Deletion deletion = new Deletion();
            group.propose(LoopQueue.entry(writer), deletion);
            List<FirstReply> replies;
            try {
                replies = deletion.done.get(SETTLE_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Refused(FailureText.UNKNOWN);
            } catch (ExecutionException | TimeoutException e) {
                throw new Refused(deletion.refused ? MOVED : FailureText.UNKNOWN);
            }
            for (int i = 0; i < part.size(); i++) {
                FirstReply reply = replies.get(i * records);
                int number = part.get(i);
                if (reply.error() != null || (reply.isNil() && !expired(number))) {
                    changed.set(number);
                }
            }
        }

        private boolean expired(int number) throws Refused {
            long now = mode.stamps().readTime();
            return expiries[number] != 0
                    && expiries[number] <= now
                    && use(() -> locked(
                                    keyspace,
                                    database,
                                    keys.get(number),
                                    (on, at, length) -> on.version(at, length, now)))
                            == 0;
        }
    }

    /** Remembers how each record was answered. */
    private static final class Deletion implements LocalProposal {
        final CompletableFuture<List<FirstReply>> done = new CompletableFuture<>();
        volatile boolean refused;
        private final List<FirstReply> replies = new ArrayList<>();
        private @Nullable FirstReply current;

        @Override
        public Reply reply() {
            FirstReply next = new FirstReply();
            current = next;
            return next;
        }

        @Override
        public void recordDone() {
            replies.add(java.util.Objects.requireNonNull(current));
        }

        @Override
        public void applied() {
            done.complete(replies);
        }

        @Override
        public void failed(Failure why) {
            refused = why != Failure.OUTCOME_UNKNOWN;
            done.completeExceptionally(new IllegalStateException(why.toString()));
        }
    }
}

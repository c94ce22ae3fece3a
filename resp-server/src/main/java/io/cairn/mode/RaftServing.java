package io.cairn.mode;

import io.cairn.command.Call;
import io.cairn.command.Flag;
import io.cairn.command.Reply;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.StripeBusyException;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.ListCursor;
import io.cairn.keyspace.collection.Listpack;
import io.cairn.keyspace.collection.SortedSet;
import io.cairn.keyspace.collection.StreamGroup;
import io.cairn.keyspace.collection.StreamId;
import io.cairn.keyspace.collection.StreamObject;
import io.cairn.raft.group.Failure;
import io.cairn.raft.shards.ShardGroup;
import io.cairn.record.RecordWriter;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the waiting clients of a node in raft mode. A slot with keys that something happened to has a round: key after key, in the order they became ready, as many
 * of a key's line as there is something for try again in one entry of the log, in their order, each with a record of its own, and again until there is nothing for
 * anybody. What replicas make of those records does not depend on who waits: that is known to this node alone. Readers (XREAD) each read for themselves.
 *
 * <p>From the moment a key becomes ready, before the write that did it is answered, to the end of the round, calls on its slot wait ({@link #holds}):
 * so nobody comes before those who waited, and whoever sees the write's reply finds them served, as in Redis.
 */
final class RaftServing implements BlockedKeys.Listener {
    /** Most clients of one entry. */
    private static final int MAX_BATCH = 64;
    /** After a refusal that passes (full queue, full disk) it is tried again. */
    private static final long RETRY_MILLIS = 100;

    private static final Logger LOG = LoggerFactory.getLogger(RaftServing.class);

    private final RaftMode mode;
    private final BlockedKeys blocked;
    /** The round of each slot that has one. */
    private final Map<Integer, Round> rounds = new HashMap<>();

    private volatile boolean holding;

    RaftServing(RaftMode mode, BlockedKeys blocked) {
        this.mode = mode;
        this.blocked = blocked;
    }

    /** Whether any slot is held. */
    boolean isHolding() {
        return holding;
    }

    /** True when a call on the slot has to wait; {@code origin} is resumed then. Attempts of who is served never wait. */
    boolean holds(int slot, Origin origin) {
        if (!holding || slot < 0 || origin instanceof BlockedKeys.Waiter) {
            return false;
        }
        synchronized (this) {
            Round round = rounds.get(slot);
            if (round == null) {
                return false;
            }
            round.origins.add(origin);
            return true;
        }
    }

    /** Counts down to 0 when the rounds that these slots have now are over. */
    synchronized CountDownLatch served(BitSet slots) {
        List<Round> running =
                rounds.values().stream().filter(round -> slots.get(round.slot)).toList();
        CountDownLatch left = new CountDownLatch(running.size());
        running.forEach(round -> round.latches.add(left));
        return left;
    }

    @Override
    public void ready(BlockedKeys.Key key) {
        BlockedKeys.Waiter any = blocked.anyOf(key);
        if (any == null) {
            return;
        }
        Round round;
        synchronized (this) {
            Round running = rounds.get(key.slot());
            if (running != null) {
                running.ready.add(key);
                return;
            }
            round = new Round(key, any.eventLoop());
            rounds.put(key.slot(), round);
            holding = true;
        }
        round.later(round::go);
    }

    /** What lies under a key, expired or not: whoever tries will see. */
    private record Found(@Nullable ValueType type, long elements) {
        static final Found NOTHING = new Found(null, 0);

        static Found of(Value value) {
            long elements = switch (value.type) {
                case LIST -> ListCursor.count(value);
                case ZSET -> value.object instanceof SortedSet set ? set.size() : Listpack.count(value.address) / 2;
                default -> 1;
            };
            return new Found(value.type, elements);
        }
    }

    /** Confined to an event loop, but for what is said of it. */
    private final class Round {
        private final int slot;
        private final EventLoop loop;
        private final RecordWriter writer = new RecordWriter();
        private final Value value = new Value();
        private final StreamId top = new StreamId();
        /** Keys to come; guarded by the outer object. */
        private final Set<BlockedKeys.Key> ready = new LinkedHashSet<>();
        /** Who waits for the end; guarded by the outer object. */
        private final Set<Origin> origins = new HashSet<>();

        private final List<CountDownLatch> latches = new ArrayList<>(0);
        /** The key whose line tries now. */
        private BlockedKeys.Key key;

        private long after;
        /** Attempts under way outside of the batch. */
        private int alone;

        private boolean batch;

        Round(BlockedKeys.Key first, EventLoop loop) {
            this.key = first;
            this.slot = first.slot();
            this.loop = loop;
        }

        void later(Runnable run) {
            try {
                loop.execute(run);
            } catch (RejectedExecutionException e) {
                LOG.debug("the node stops, its clients wait no longer", e);
            }
        }

        /** Lets the next ones try; ends the round when there are none. */
        void go() {
            while (true) {
                try {
                    gather();
                } catch (RuntimeException | OutOfMemoryError e) {
                    LOG.error("waiting clients were not served", e);
                }
                if (alone > 0 || batch) {
                    return;
                }
                synchronized (RaftServing.this) {
                    if (ready.isEmpty()) {
                        end();
                        return;
                    }
                    key = ready.iterator().next();
                    ready.remove(key);
                    after = 0;
                }
            }
        }

        private void end() {
            rounds.remove(slot);
            holding = !rounds.isEmpty();
            origins.forEach(origin -> origin.eventLoop().execute(origin::resume));
            latches.forEach(CountDownLatch::countDown);
        }

        private void gather() {
            List<BlockedKeys.Waiter> gathered = new ArrayList<>();
            try {
                gather(gathered);
            } catch (StripeBusyException e) {
                // A script holds the stripes for long.
                tryLater(gathered);
            } catch (RuntimeException | OutOfMemoryError e) {
                LOG.error("waiting clients were not served", e);
                tryLater(gathered);
            }
            if (!gathered.isEmpty()) {
                batch = true;
                new Batch(this, gathered).propose();
            }
        }

        /** Nothing of them is proposed: they wait on. */
        private void tryLater(List<BlockedKeys.Waiter> gathered) {
            gathered.forEach(BlockedKeys.Waiter::giveUp);
            gathered.clear();
            laterOnceMore();
            after = Long.MAX_VALUE;
        }

        private void gather(List<BlockedKeys.Waiter> gathered) {
            Found found = look();
            boolean open = true;
            long most = found.type() == null || isCounted(found.type()) ? found.elements() : 1;
            while (open) {
                BlockedKeys.Waiter waiter = blocked.next(key, found.type(), after);
                if (waiter == null) {
                    break;
                }
                boolean notice = waiter.group() != null && found.type() != ValueType.STREAM;
                boolean writes = waiter.command().is(Flag.WRITE);
                if (waiter.group() != null && !notice && !hasNews(waiter.group())) {
                    after = waiter.order();
                    continue;
                }
                if (writes && !notice && gathered.size() >= most) {
                    break;
                }
                long before = after;
                after = waiter.order();
                if (!writes) {
                    startAlone(waiter);
                } else if (waiter.begin(key.bytes())) {
                    gathered.add(waiter);
                    if (LargeWrites.isLarge(waiter.args())) {
                        gathered.remove(gathered.size() - 1);
                        if (gathered.isEmpty()) {
                            runAlone(waiter);
                        } else {
                            waiter.giveUp();
                            after = before;
                        }
                        break;
                    }
                    if (gathered.size() == 1) {
                        writer.begin(
                                mode.stamps().next(),
                                ThreadLocalRandom.current().nextLong());
                    }
                    writer.command(mode.stamps().next(), waiter.database(), waiter.args());
                    open = gathered.size() < MAX_BATCH && writer.length() < LoopQueue.MAX_ENTRY_BYTES;
                }
            }
        }

        private boolean isCounted(ValueType type) {
            return type == ValueType.LIST || type == ValueType.ZSET;
        }

        private void startAlone(BlockedKeys.Waiter waiter) {
            if (waiter.begin(key.bytes())) {
                runAlone(waiter);
            }
        }

        private void runAlone(BlockedKeys.Waiter waiter) {
            alone++;
            Runnable over = () -> later(() -> {
                alone--;
                goOn();
            });
            try {
                waiter.eventLoop().execute(() -> {
                    try {
                        waiter.runAlone(over);
                    } catch (StripeBusyException e) {
                        laterOnceMore();
                        over.run();
                    }
                });
            } catch (RejectedExecutionException e) {
                LOG.debug("the node stops, its clients wait no longer", e);
            }
        }

        private void laterOnceMore() {
            BlockedKeys.Key again = key;
            loop.schedule(() -> blocked.becomeReady(again), RETRY_MILLIS, TimeUnit.MILLISECONDS);
        }

        void batchDone() {
            batch = false;
            goOn();
        }

        private void goOn() {
            if (alone == 0 && !batch) {
                go();
            }
        }

        /** Nothing was logged, but may be later: those who wait behind this hold nobody up meanwhile. */
        void postpone() {
            laterOnceMore();
            after = Long.MAX_VALUE;
            batchDone();
        }

        /** What is there as of the records applied here, for what it is worth: the attempts decide. */
        private Found look() {
            return look(there -> there ? Found.of(value) : Found.NOTHING);
        }

        /** Whether the stream may have something for readers of a group, if only that there is no such group. */
        private boolean hasNews(byte[] name) {
            return look(there -> {
                if (!there || !(value.object instanceof StreamObject stream)) {
                    return true;
                }
                StreamGroup group = stream.group(name);
                return group == null
                        || (stream.elements() > 0 && stream.lastEntry(top) && top.compareTo(group.last()) > 0);
            });
        }

        private <T> T look(Function<Boolean, T> at) {
            Keyspace keyspace = mode.keyspace();
            byte[] name = key.bytes();
            NativeBlock memory = NativeBlock.allocate(name.length);
            try {
                Memory.copy(name, 0, memory.address(), name.length);
                int stripe = keyspace.stripeOf(slot);
                keyspace.lock(stripe);
                try {
                    return at.apply(keyspace.database(key.database()).peek(memory.address(), name.length, 0, value));
                } finally {
                    keyspace.unlock(stripe);
                }
            } finally {
                memory.release();
            }
        }
    }

    /** Attempts that are one entry of the log. */
    private final class Batch implements LocalProposal {
        private final Round round;
        private final Origin[] waiters;
        private final BatchReplies replies;
        private int done;

        Batch(Round round, List<BlockedKeys.Waiter> waiters) {
            this.round = round;
            this.waiters = waiters.toArray(new Origin[0]);
            this.replies = new BatchReplies(waiters.size(), mode.stats());
        }

        void propose() {
            ShardGroup group = mode.shard();
            if (group == null) {
                failed(Failure.NOT_LEADER);
                return;
            }
            try {
                group.propose(LoopQueue.entry(round.writer), this);
            } catch (RuntimeException | OutOfMemoryError e) {
                LOG.error("waiting clients were not served", e);
                failed(Failure.OUTCOME_UNKNOWN);
            }
        }

        @Override
        public Reply reply() {
            replies.begin(waiters[done].resp3());
            return replies.reply();
        }

        @Override
        public void waits(Call call) {
            waiters[done].waits(call);
        }

        @Override
        public void recordDone() {
            replies.end();
            done++;
        }

        @Override
        public void applied() {
            round.later(() -> {
                replies.deliver(waiters, 0);
                round.batchDone();
            });
        }

        @Override
        public void failed(Failure why) {
            round.later(() -> {
                replies.close();
                for (Origin origin : waiters) {
                    BlockedKeys.Waiter waiter = (BlockedKeys.Waiter) origin;
                    switch (why) {
                        case NOT_LEADER -> waiter.failed(FailureText.DEPOSED, true);
                        case OUTCOME_UNKNOWN -> waiter.failed(FailureText.UNKNOWN, false);
                        case BUSY, DISK_FULL -> waiter.giveUp();
                    }
                }
                if (why == Failure.BUSY || why == Failure.DISK_FULL) {
                    round.postpone();
                } else {
                    round.batchDone();
                }
            });
        }
    }
}

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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the waiting clients of a node in raft mode. A key that something happened to has a round, one at a time: as many of its line as there is something for
 * try again in one entry of the log, in their order, each with a record of its own, and again until there is nothing for anybody. Which replicas apply those
 * records does not matter: that somebody waits is known to this node alone. Readers (XREAD) each read for themselves.
 *
 * <p>From the moment the key becomes ready, before the write that did it is answered, to the end of the round, calls on the key's slot wait ({@link #holds}):
 * so nobody comes before those who waited, and whoever sees the write's reply finds them served, as in Redis. MULTI blocks do not wait.
 */
final class RaftServing implements BlockedKeys.Listener {
    /** Most clients of one entry. */
    private static final int MAX_BATCH = 64;
    /** After a refusal that passes (full queue, full disk) it is tried again. */
    private static final long RETRY_MILLIS = 100;

    private static final Logger LOG = LoggerFactory.getLogger(RaftServing.class);

    private final RaftMode mode;
    private final BlockedKeys blocked;
    private final Map<BlockedKeys.Key, Round> rounds = new HashMap<>();
    /** Who waits for a slot's rounds; present while there are any. */
    private final Map<Integer, Held> held = new HashMap<>();

    private volatile boolean holding;

    /** A slot with rounds under way. */
    private static final class Held {
        private int rounds;
        private final Set<Origin> origins = new HashSet<>();
    }

    RaftServing(RaftMode mode, BlockedKeys blocked) {
        this.mode = mode;
        this.blocked = blocked;
    }

    /** True when a call on the slot has to wait; {@code origin} is resumed then. Attempts of who is served never wait. */
    boolean holds(int slot, Origin origin) {
        if (!holding || slot < 0 || origin instanceof BlockedKeys.Waiter) {
            return false;
        }
        synchronized (this) {
            Held of = held.get(slot);
            if (of == null) {
                return false;
            }
            of.origins.add(origin);
            return true;
        }
    }

    @Override
    public void ready(BlockedKeys.Key key) {
        BlockedKeys.Waiter any = blocked.anyOf(key);
        if (any == null) {
            return;
        }
        Round round = new Round(key, any.eventLoop());
        synchronized (this) {
            Round running = rounds.putIfAbsent(key, round);
            if (running != null) {
                running.again = true;
                return;
            }
            held.computeIfAbsent(key.slot(), slot -> new Held()).rounds++;
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

    /** Confined to an event loop, but for {@link #again}. */
    private final class Round {
        private final BlockedKeys.Key key;
        private final EventLoop loop;
        private final RecordWriter writer = new RecordWriter();
        private final Value value = new Value();
        private final StreamId top = new StreamId();
        /** Guarded by the outer object: something happened to the key meanwhile. */
        private boolean again;

        private long after;
        /** Attempts under way outside of the batch. */
        private int alone;

        private boolean batch;

        Round(BlockedKeys.Key key, EventLoop loop) {
            this.key = key;
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
                gather();
                if (alone > 0 || batch) {
                    return;
                }
                synchronized (RaftServing.this) {
                    if (!again) {
                        end();
                        return;
                    }
                    again = false;
                    after = 0;
                }
            }
        }

        private void end() {
            rounds.remove(key);
            Held of = held.get(key.slot());
            if (of != null && --of.rounds == 0) {
                held.remove(key.slot());
                holding = !held.isEmpty();
                of.origins.forEach(origin -> origin.eventLoop().execute(origin::resume));
            }
        }

        private void gather() {
            Found found = look();
            List<BlockedKeys.Waiter> gathered = new ArrayList<>();
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
                    if (LargeWrites.isLarge(waiter.args())) {
                        if (gathered.isEmpty()) {
                            runAlone(waiter);
                        } else {
                            waiter.giveUp();
                            after = before;
                        }
                        break;
                    }
                    if (gathered.isEmpty()) {
                        writer.begin(
                                mode.stamps().next(),
                                ThreadLocalRandom.current().nextLong());
                    }
                    writer.command(mode.stamps().next(), waiter.database(), waiter.args());
                    gathered.add(waiter);
                    open = gathered.size() < MAX_BATCH && writer.length() < LoopQueue.MAX_ENTRY_BYTES;
                }
            }
            if (!gathered.isEmpty()) {
                batch = true;
                new Batch(this, gathered).propose();
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
                        loop.schedule(() -> blocked.becomeReady(key), RETRY_MILLIS, TimeUnit.MILLISECONDS);
                        over.run();
                    }
                });
            } catch (RejectedExecutionException e) {
                LOG.debug("the node stops, its clients wait no longer", e);
            }
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
            loop.schedule(() -> blocked.becomeReady(key), RETRY_MILLIS, TimeUnit.MILLISECONDS);
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
                int stripe = keyspace.stripeOf(key.slot());
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

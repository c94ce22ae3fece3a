package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Effects.Effect;
import io.cairn.command.MovingKeys;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.record.RecordWriter;
import io.netty.channel.EventLoop;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * MIGRATE of a standalone node. Once the slots are held, every event loop and the script thread say that they have finished
 * what they were at; from then on the keys stay as they are, but for expiry and eviction. Their deletion is logged as DEL.
 */
final class StandaloneMoves implements MovingKeys {
    private static final byte[] DEL = "DEL".getBytes(StandardCharsets.US_ASCII);
    private static final String TOO_BUSY = "TRYAGAIN The node was too busy to hold the keys";
    /** Keys of one record. */
    private static final int RECORD_KEYS = 1000;

    private static final long SPACE_NANOS = 1_000_000;
    private static final long DURABLE_SECONDS = 60;

    private final StandaloneMode mode;
    private final MovingSlots moving;
    private final Collection<EventLoop> loops;
    private final Consumer<Runnable> afterScripts;

    /** @param afterScripts runs something once the scripts that were submitted are done */
    StandaloneMoves(
            StandaloneMode mode, MovingSlots moving, Collection<EventLoop> loops, Consumer<Runnable> afterScripts) {
        this.mode = mode;
        this.moving = moving;
        this.loops = loops;
        this.afterScripts = afterScripts;
    }

    @Override
    public boolean anyPresent(int database, List<byte[]> keys) throws Refused {
        return moving.use(() -> HeldKeys.anyPresent(mode.keyspace, database, keys, now()));
    }

    private long now() {
        return mode.clock().readTime();
    }

    @Override
    public Held hold(int database, List<byte[]> keys, long timeoutMillis) throws Refused {
        BitSet slots = moving.hold(keys, timeoutMillis);
        boolean done = false;
        try {
            drain(timeoutMillis);
            done = true;
            return new Keys(mode.keyspace, database, keys, slots);
        } finally {
            if (!done) {
                moving.release(slots);
            }
        }
    }

    /** Waits until what event loops and the script thread are at is over. */
    void drain(long timeoutMillis) throws Refused {
        List<EventLoop> all = new ArrayList<>(loops);
        CountDownLatch left = new CountDownLatch(all.size());
        all.forEach(loop -> loop.execute(left::countDown));
        await(left, timeoutMillis, TOO_BUSY);
        // No loop submits a script any more that it took before.
        CountDownLatch scripts = new CountDownLatch(1);
        afterScripts.accept(scripts::countDown);
        await(scripts, timeoutMillis, TOO_BUSY);
    }

    private static void await(CountDownLatch latch, long millis, String otherwise) throws Refused {
        try {
            if (!latch.await(millis, TimeUnit.MILLISECONDS)) {
                throw new Refused(otherwise);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refused("ERR interrupted");
        }
    }

    private final class Keys extends HeldKeys {
        private final RecordWriter writer = new RecordWriter();
        private final LargeArguments large = new LargeArguments(writer);

        Keys(Keyspace keyspace, int database, List<byte[]> keys, BitSet slots) {
            super(keyspace, database, keys, moving, slots, StandaloneMoves.this::now);
        }

        @Override
        public BitSet delete(BitSet which) throws Refused {
            BitSet changed = new BitSet();
            List<byte[]> part = new ArrayList<>();
            List<Integer> numbers = new ArrayList<>();
            for (int i = which.nextSetBit(0); i >= 0; i = which.nextSetBit(i + 1)) {
                part.add(keys.get(i));
                numbers.add(i);
                if (part.size() == RECORD_KEYS || which.nextSetBit(i + 1) < 0) {
                    awaitSpace();
                    use(() -> {
                        delete(part, numbers, changed);
                        return true;
                    });
                    part.clear();
                    numbers.clear();
                }
            }
            Journal journal = mode.journal();
            CountDownLatch durable = new CountDownLatch(1);
            journal.whenDurable(journal.appendedIndex(), durable::countDown);
            await(
                    durable,
                    TimeUnit.SECONDS.toMillis(DURABLE_SECONDS),
                    "UNKNOWNOUTCOME The keys are deleted here, and the log has not confirmed it");
            return changed;
        }

        /** Nobody waits for log space holding a lock. */
        private void awaitSpace() throws Refused {
            while (!mode.journal().hasSpace()) {
                LockSupport.parkNanos(SPACE_NANOS);
            }
            if (!mode.journal().diskHasRoom()) {
                throw new Refused(Refusal.DISK_FULL);
            }
        }

        private void delete(List<byte[]> part, List<Integer> numbers, BitSet changed) {
            Stripes stripes = new Stripes(keyspace);
            part.forEach(stripes::addKey);
            List<byte[]> deleted = new ArrayList<>();
            stripes.lock();
            try {
                long now = mode.clock().stamp();
                for (int i = 0; i < part.size(); i++) {
                    int number = numbers.get(i);
                    boolean[] removed = {false};
                    boolean same = locked(keyspace, database, part.get(i), (on, key, length) -> {
                                long version = on.version(key, length, 0);
                                if (version == versions[number]) {
                                    removed[0] = on.remove(key, length, 0);
                                    mode.events.event(database, 'g', "del", key, length);
                                    return 1;
                                }
                                return version == 0 && expiries[number] != 0 && expiries[number] <= now ? 1 : 0;
                            })
                            == 1;
                    changed.set(number, !same);
                    if (removed[0]) {
                        deleted.add(part.get(i));
                    }
                }
                if (!deleted.isEmpty()) {
                    mode.changed(deleted.size());
                    tell(deleted);
                    log(deleted, now);
                }
            } finally {
                stripes.unlock();
            }
            mode.serveSoon(); // XREADGROUP hears that its stream is gone.
        }

        private void tell(List<byte[]> deleted) {
            ChangeStream stream = mode.stream();
            if (stream.isFollowed()) {
                List<byte[]> words = new ArrayList<>(deleted);
                words.add(0, DEL);
                stream.send(List.of(new Effect(database, words)));
            }
        }

        private void log(List<byte[]> deleted, long now) {
            Journal journal = mode.journal();
            if (journal == Journal.NONE) {
                return;
            }
            long bytes =
                    DEL.length + deleted.stream().mapToLong(key -> key.length).sum();
            NativeBlock memory = NativeBlock.allocate(Math.toIntExact(bytes));
            try {
                Args args = new Args();
                long at = memory.address();
                Memory.copy(DEL, 0, at, DEL.length);
                args.add(at, DEL.length);
                at += DEL.length;
                for (byte[] key : deleted) {
                    Memory.copy(key, 0, at, key.length);
                    args.add(at, key.length);
                    at += key.length;
                }
                large.command(journal, now, 0, database, args);
                journal.append(writer.address(), writer.length());
            } finally {
                memory.release();
            }
        }
    }
}

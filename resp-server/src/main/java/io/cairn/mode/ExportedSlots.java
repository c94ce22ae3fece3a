package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.KeyPositions;
import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Database;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.raft.shards.SlotExport;
import io.cairn.rdb.ValueCodec;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Slots on their way to another shard, at the source: a consistent picture of their keys as of one moment, and every command
 * that is applied to them after it, in one stream. There is no copy of the data: a key whose version is not above that of the
 * beginning has not changed since, so whoever walks over the keys sends it as it is; before the first command that touches
 * such a key is applied, the key goes into the stream (a second time, perhaps, which changes nothing). Both happen under the key's
 * stripe lock, so the order of the stream is that of the log for every key.
 */
final class ExportedSlots implements SlotExport {
    /** More than this may not wait: the target, or the throttle, is too slow for the writes that come. */
    static final long MAX_WAITING_BYTES = 256L << 20;
    /** Keys looked at with a stripe locked. */
    private static final int STEP_KEYS = 128;

    private static final Logger LOG = LoggerFactory.getLogger(ExportedSlots.class);

    private final Keyspace keyspace;
    private final BitSet slots;
    private final long version;
    private final LongSupplier stamp;
    private final Runnable whenClosed;
    private final ByteFifo fifo = new ByteFifo();
    private final KeyPositions keys = new KeyPositions();
    private final Value found = new Value();
    private final Encoder applying = new Encoder();
    private final Encoder walking = new Encoder();
    private final long keysTotal;
    /** Where the walk is; confined to who takes. */
    private int database;

    private int stripe;

    private long cursor = -1;
    /** Keys that the last step passed by when as much waited as was asked for: each is sent by itself. Confined to who takes. */
    private final ArrayDeque<byte[]> passed = new ArrayDeque<>();

    private final Value read = new Value();
    private volatile boolean snapshotDone;
    private final AtomicLong keysSent = new AtomicLong();
    private volatile String failure = "";
    private volatile boolean ended;
    private volatile boolean closed;

    /** Writes frames; one per thread that does. */
    private final class Encoder {
        final FrameBuffer frame = new FrameBuffer();
        final ValueCodec codec = new ValueCodec(frame);

        /** The stripe of the key is locked. */
        void key(int database, long key, int keyLength, Value value) {
            try {
                frame.begin(Frames.KEY).i32(database).bytes(key, keyLength).i64(value.expireAt);
                if (value.type == ValueType.STRING && value.encoding == Value.INT) {
                    frame.u8(Frames.NUMBER).i64(value.number);
                } else if (value.type == ValueType.STRING) {
                    frame.u8(value.encoding == Value.RAW ? Frames.RAW : Frames.BYTES);
                    frame.raw(value.address, value.length);
                } else {
                    frame.u8(Frames.CODED);
                    codec.write(value);
                }
                send();
            } catch (IOException | OutOfMemoryError e) {
                fail("a key cannot be migrated: " + e.getMessage(), e);
            }
        }

        void send() {
            frame.end();
            if (fifo.bytesBesideTheLargest() > MAX_WAITING_BYTES) {
                fail(
                        "more than " + (MAX_WAITING_BYTES >> 20) + " MB wait: the slots are written to faster than the"
                                + " target takes them",
                        null);
            } else if (failure.isEmpty() && !ended) {
                fifo.add(frame.address(), frame.length());
            }
        }
    }

    /**
     * All stripes are locked.
     *
     * @param stamp the last one applied
     * @param whenClosed when it returns, nobody tells this of changes any more
     */
    ExportedSlots(Keyspace keyspace, BitSet slots, LongSupplier stamp, Runnable whenClosed) {
        this.keyspace = keyspace;
        this.slots = (BitSet) slots.clone();
        this.stamp = stamp;
        this.whenClosed = whenClosed;
        this.version = keyspace.lastVersion();
        this.keysTotal = slots.stream().mapToLong(keyspace::allKeysInSlot).sum();
        limits(keyspace.dataLimits());
    }

    private void fail(String why, @Nullable Throwable cause) {
        if (failure.isEmpty()) {
            failure = why;
            LOG.error("a migration's stream ends: {}", why, cause);
        }
    }

    /** A snapshot of the shard takes the place of the data, or the node gives it up. */
    void lose(String why) {
        fail(why, null);
    }

    /** On the apply thread, under the locks of the command's keys: it is about to run. */
    void before(Command command, Args args, int database) {
        if (snapshotDone || closed) {
            return;
        }
        int count = keys.find(command, args);
        Database in = keyspace.database(database);
        for (int i = 0; i < count; i++) {
            long key = args.address(keys.at(i));
            int keyLength = args.length(keys.at(i));
            if (slots.get(Slots.of(key, keyLength))) {
                long has = in.version(key, keyLength, 0);
                if (has != 0 && has <= version && in.peek(key, keyLength, 0, found)) {
                    applying.key(database, key, keyLength, found);
                }
            }
        }
    }

    /** On the apply thread, under the locks of the command's keys: it has run, and changed something or not. */
    void ran(Command command, Args args, int database, long now, long seed, boolean changed) {
        if (closed || !concerns(command, args, changed)) {
            return;
        }
        try {
            FrameBuffer frame = applying.frame;
            frame.begin(Frames.COMMAND).i64(now).i64(seed).i32(database).i32(args.count());
            for (int i = 0; i < args.count(); i++) {
                frame.bytes(args.address(i), args.length(i));
            }
            applying.send();
        } catch (OutOfMemoryError e) {
            fail("a command cannot be migrated: " + e.getMessage(), e);
        }
    }

    private boolean concerns(Command command, Args args, boolean changed) {
        if (keys.find(command, args) == 0) {
            if (changed && emptiesAll(command)) {
                applying.frame.begin(Frames.CLEAR);
                applying.send();
            }
            return false;
        }
        return slots.get(Slots.of(args.address(keys.at(0)), args.length(keys.at(0))));
    }

    /** Whether it removes all keys. Libraries of functions are no part of slots: what changes those is not sent. */
    static boolean emptiesAll(Command command) {
        return command.name().equals("flushall") || command.name().equals("flushdb");
    }

    /** On the apply thread, or before anybody knows of this. */
    void limits(DataLimits limits) {
        applying.frame
                .begin(Frames.LIMITS)
                .i64(limits.setIntegers())
                .i64(limits.hllSparseBytes())
                .i64(limits.streamNodeBytes())
                .i64(limits.streamNodeEntries());
        applying.send();
    }

    @Override
    public byte[] next(int limit) {
        while (fifo.bytes() < limit && !snapshotDone && failure.isEmpty() && !closed) {
            byte[] key = passed.poll();
            if (key != null) {
                one(key);
            } else {
                walk(limit);
            }
        }
        return failure.isEmpty() ? fifo.take(limit) : new byte[0];
    }

    /** Under its stripe's lock for no longer than the one value takes. One that has changed since is in the stream already. */
    private void one(byte[] name) {
        HeldKeys.locked(keyspace, database, name, (on, key, keyLength) -> {
            long has = on.version(key, keyLength, 0);
            if (has != 0 && has <= version && on.peek(key, keyLength, 0, read)) {
                walking.key(database, key, keyLength, read);
                keysSent.incrementAndGet();
            }
            return has;
        });
    }

    /**
     * A step over the keys of the slots' stripes, in one database after the other. A step is many keys, whose values may be large: once
     * {@code limit} bytes wait it only notes the names.
     */
    private void walk(int limit) {
        int width = Slots.COUNT / keyspace.stripes();
        int slot = stripe == keyspace.stripes() ? -1 : slots.nextSetBit(stripe * width);
        if (slot < 0) {
            stripe = 0;
            snapshotDone = ++database == keyspace.databases();
            return;
        }
        stripe = keyspace.stripeOf(slot);
        if (cursor < 0) {
            cursor = stripe;
        }
        int at = stripe;
        cursor = keyspace.database(database).scan(cursor, STEP_KEYS, 0, (key, keyLength, value) -> {
            int of = Slots.of(key, keyLength);
            if (keyspace.stripeOf(of) == at && slots.get(of) && value.version <= version) {
                if (fifo.bytes() >= limit) {
                    passed.add(Memory.bytes(key, keyLength));
                } else {
                    walking.key(database, key, keyLength, value);
                    keysSent.incrementAndGet();
                }
            }
        });
        if (cursor == 0 || (cursor & (keyspace.stripes() - 1)) != stripe) {
            stripe++;
            cursor = -1;
        }
    }

    @Override
    public boolean isSnapshotDone() {
        return snapshotDone;
    }

    @Override
    public long waitingBytes() {
        return fifo.bytes();
    }

    @Override
    public long keysSent() {
        return keysSent.get();
    }

    @Override
    public long keysTotal() {
        return keysTotal;
    }

    @Override
    public void end() {
        walking.frame.begin(Frames.END).i64(stamp.getAsLong());
        walking.send();
        ended = true;
    }

    @Override
    public String failure() {
        return failure;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            whenClosed.run();
            fifo.close();
            applying.frame.close();
            walking.frame.close();
        }
    }
}

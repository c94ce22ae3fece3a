package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Call;
import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import io.cairn.command.KeyPositions;
import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Database;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.Value;
import io.cairn.rdb.ValueCodec;
import java.io.IOException;
import java.util.BitSet;

/**
 * Slots on their way here: applies what {@link ExportedSlots} wrote, on every replica alike. The bytes come in pieces that
 * were cut anywhere; what is left of a frame waits for the rest and is part of the shard's state. Apply thread.
 */
final class ImportedSlots implements AutoCloseable {
    private static final int FIRST_BYTES = 4 * 1024;
    private static final int KEPT_BYTES = 1 << 20;

    private final Keyspace keyspace;
    private final CommandTable table;
    private final Stamps stamps;
    private final BitSet slots;
    private final Args args = new Args();
    private final KeyPositions keys = new KeyPositions();
    private final Call call;
    /** The source's. */
    private DataLimits limits = DataLimits.DEFAULT;

    private NativeBlock rest = NativeBlock.allocate(FIRST_BYTES);
    private int restLength;

    ImportedSlots(Keyspace keyspace, CommandTable table, Stamps stamps, BitSet slots) {
        this.keyspace = keyspace;
        this.table = table;
        this.stamps = stamps;
        this.slots = (BitSet) slots.clone();
        this.call = new Call(keyspace, args, DiscardReply.INSTANCE);
    }

    /** For a snapshot, which holds on to what is left of a frame: more is written behind it only, or elsewhere. */
    ShardState.Import state(String id) {
        return new ShardState.Import(id, slots, limits, rest.retain(), restLength);
    }

    /** As a snapshot has it; takes over its reference. */
    void restore(ShardState.Import from) {
        limits = from.limits();
        rest.release();
        rest = from.rest();
        restLength = from.length();
    }

    /** Takes the next bytes of the stream; true once it has ended. */
    boolean take(long from, int length) {
        if (restLength == 0) {
            return frames(from, length);
        }
        keep((long) restLength + length);
        Memory.copy(from, rest.address() + restLength, length);
        int all = restLength + length;
        if (all < FrameBuffer.HEAD || all - FrameBuffer.HEAD < FrameBuffer.getInt(rest.address())) {
            restLength = all;
            return false;
        }
        NativeBlock whole = rest;
        rest = NativeBlock.allocate(FIRST_BYTES);
        restLength = 0;
        try {
            return frames(whole.address(), all);
        } finally {
            whole.release();
        }
    }

    private void keep(long bytes) {
        if (bytes <= rest.capacity()) {
            return;
        }
        if (bytes > Integer.MAX_VALUE) {
            throw new OutOfMemoryError("a frame of a migration above 2 GB");
        }
        // The frame's length is known: no growing in steps.
        long wanted = restLength >= FrameBuffer.HEAD
                ? Math.max(bytes, (long) FrameBuffer.HEAD + FrameBuffer.getInt(rest.address()))
                : bytes;
        NativeBlock larger = NativeBlock.allocate((int) Math.min(Integer.MAX_VALUE, Math.max(wanted, FIRST_BYTES)));
        Memory.copy(rest.address(), larger.address(), restLength);
        rest.release();
        rest = larger;
    }

    /** {@link #rest} is empty. */
    private boolean frames(long from, int length) {
        long at = from;
        long end = from + length;
        while (end - at >= FrameBuffer.HEAD) {
            int body = FrameBuffer.getInt(at);
            if (end - at - FrameBuffer.HEAD < body) {
                break;
            }
            at += FrameBuffer.HEAD;
            if (frame(at, body)) {
                return true;
            }
            at += body;
        }
        int left = (int) (end - at);
        if (left > 0) {
            keep(left);
            Memory.copy(at, rest.address(), left);
            restLength = left;
        } else if (rest.capacity() > KEPT_BYTES) {
            rest.release();
            rest = NativeBlock.allocate(FIRST_BYTES);
        }
        return false;
    }

    private boolean frame(long at, int length) {
        int kind = Memory.getByte(at);
        long body = at + 1;
        switch (kind) {
            case Frames.KEY -> key(body, at + length);
            case Frames.COMMAND -> command(body);
            // As FLUSHALL at the source, which leaves the marks of keys that may be elsewhere.
            case Frames.CLEAR -> keyspace.purge(slots, 0);
            case Frames.LIMITS ->
                limits = new DataLimits(
                        FrameBuffer.getLong(body),
                        FrameBuffer.getLong(body + Long.BYTES),
                        FrameBuffer.getLong(body + 2 * Long.BYTES),
                        FrameBuffer.getLong(body + 3 * Long.BYTES));
            case Frames.END -> {
                // What is expired for the source's clients is so for ours.
                stamps.apply(FrameBuffer.getLong(body));
                return true;
            }
            default -> throw new IllegalStateException("a migration brings a frame of unknown kind " + kind);
        }
        return false;
    }

    private void key(long body, long end) {
        int database = FrameBuffer.getInt(body);
        int keyLength = FrameBuffer.getInt(body + 4);
        long key = body + 8;
        long expireAt = FrameBuffer.getLong(key + keyLength);
        long value = key + keyLength + Long.BYTES + 1;
        int form = Memory.getByte(value - 1);
        int slot = Slots.of(key, keyLength);
        requireOurs(slot);
        int stripe = keyspace.stripeOf(slot);
        keyspace.lock(stripe);
        try {
            Database into = keyspace.database(database);
            keyspace.nextVersion();
            switch (form) {
                case Frames.BYTES -> into.putString(key, keyLength, value, (int) (end - value), Value.BYTES, expireAt);
                case Frames.RAW -> into.putString(key, keyLength, value, (int) (end - value), Value.RAW, expireAt);
                case Frames.NUMBER -> into.putNumber(key, keyLength, FrameBuffer.getLong(value), expireAt);
                default -> ValueCodec.store(value, (int) (end - value), keyspace, into, key, keyLength, expireAt);
            }
        } catch (IOException e) {
            throw new IllegalStateException("a migration brings a value that cannot be read", e);
        } finally {
            keyspace.unlock(stripe);
        }
    }

    private void requireOurs(int slot) {
        if (!slots.get(slot)) {
            throw new IllegalStateException(
                    "a migration brings a key of slot " + slot + ", which is none of its slots");
        }
    }

    private void command(long body) {
        long time = FrameBuffer.getLong(body);
        long seed = FrameBuffer.getLong(body + 8);
        int database = FrameBuffer.getInt(body + 16);
        int count = FrameBuffer.getInt(body + 20);
        long at = body + 24;
        args.clear();
        for (int i = 0; i < count; i++) {
            int length = FrameBuffer.getInt(at);
            args.add(at + 4, length);
            at += 4 + length;
        }
        int id = table.find(args);
        if (id < 0 || table.command(id).data() == null) {
            throw new IllegalStateException(
                    "a migration brings a command that this build does not know: " + args.text(0));
        }
        Command command = table.command(id);
        keys.find(command, args);
        int slot = Slots.of(args.address(keys.at(0)), args.length(keys.at(0)));
        requireOurs(slot);
        if (limits.equals(keyspace.dataLimits())) {
            int stripe = keyspace.stripeOf(slot);
            keyspace.lock(stripe);
            try {
                run(command, database, time, seed);
            } finally {
                keyspace.unlock(stripe);
            }
            return;
        }
        keyspace.lockAll();
        DataLimits own = keyspace.dataLimits();
        try {
            keyspace.dataLimits(limits);
            run(command, database, time, seed);
        } finally {
            keyspace.dataLimits(own);
            keyspace.unlockAll();
        }
    }

    private void run(Command command, int database, long time, long seed) {
        call.begin(database, time, seed, DiscardReply.INSTANCE);
        call.run(command);
    }

    @Override
    public void close() {
        rest.release();
    }
}

package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Keyspace.SnapshotSink;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.StoredObject;
import io.cairn.keyspace.Value;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot of the state at {@code beginSnapshot}, saved part by part while the keyspace goes on changing.
 *
 * <p>A part is what one segment of a table held at the beginning: the keys whose hashes agree in the low bits of then.
 * A table that grows splits its segments by further bits of the hash, so a part stays a set of whole segments. The first
 * change of a key in a part that is not saved yet saves that part first; the background writer saves the others.
 *
 * <p>Lock order: a stripe's lock, then the lock of this object, which serializes the sink. Before {@link #writeTo} has
 * brought a sink, parts are copied to the heap, up to {@link #MAX_EARLY_BYTES}.
 */
final class IncrementalSnapshot implements Keyspace.Snapshot {
    /** Bytes of parts that may wait for {@link #writeTo} to begin; a snapshot that needs more fails. */
    static final long MAX_EARLY_BYTES = 64L << 20;

    /** How long the background writer leaves a stripe to the threads that wait for it. */
    private static final long YIELD_NANOS = 100_000;

    private final ChronicleKeyspace keyspace;
    private final DataLimits limits;
    private final List<byte[]> libraries;
    private final List<Parts> tables = new ArrayList<>();
    private final Value view = new Value();
    private final Queue<Early> early = new ArrayDeque<>();
    private final ReentrantLock sinkLock = new ReentrantLock();
    private final boolean expiringFields;
    private long earlyBytes;
    private @Nullable SnapshotSink sink;
    private @Nullable IOException failure;
    private volatile boolean over;

    /** The caller holds all stripes. */
    IncrementalSnapshot(ChronicleKeyspace keyspace) {
        this.keyspace = keyspace;
        this.limits = keyspace.dataLimits();
        this.libraries = keyspace.libraries().all();
        this.expiringFields = keyspace.expiringHashes() > 0;
        for (int number = 0; number < keyspace.databases(); number++) {
            for (int stripe = 0; stripe < keyspace.stripes(); stripe++) {
                Table table = keyspace.chronicleDatabase(number).table(stripe);
                if (table != null && table.size() > 0) {
                    Parts parts = new Parts(number, stripe, table);
                    table.pending = parts;
                    tables.add(parts);
                }
            }
        }
    }

    @Override
    public boolean hasExpiringFields() {
        return expiringFields;
    }

    @Override
    public void writeTo(SnapshotSink target) throws IOException {
        begin(target);
        try {
            for (Parts parts : tables) {
                for (int part = 0; part < parts.saved.length && !over; part++) {
                    keyspace.lock(parts.stripe);
                    try {
                        parts.savePart(part);
                    } finally {
                        keyspace.unlock(parts.stripe);
                    }
                    keyspace.giveWay(parts.stripe, YIELD_NANOS);
                }
            }
            IOException failed = takeFailure();
            if (failed != null) {
                throw new IOException("the snapshot failed: " + failed.getMessage(), failed);
            }
            if (over) {
                throw new IOException("the snapshot was cancelled");
            }
        } finally {
            cancel();
        }
    }

    private void begin(SnapshotSink target) throws IOException {
        sinkLock.lock();
        try {
            if (sink != null) {
                throw new IllegalStateException("a snapshot is written once");
            }
            sink = target;
            target.limits(limits);
            for (byte[] library : libraries) {
                target.library(library);
            }
            for (Early entry = early.poll(); entry != null; entry = early.poll()) {
                entry.writeTo(this, target);
            }
        } finally {
            sinkLock.unlock();
        }
    }

    private @Nullable IOException takeFailure() {
        sinkLock.lock();
        try {
            return failure;
        } finally {
            sinkLock.unlock();
        }
    }

    @Override
    public void cancel() {
        over = true;
        for (Parts parts : tables) {
            keyspace.lock(parts.stripe);
            try {
                parts.forget();
            } finally {
                keyspace.unlock(parts.stripe);
            }
        }
        sinkLock.lock();
        try {
            early.forEach(Early::release);
            early.clear();
        } finally {
            sinkLock.unlock();
        }
        keyspace.snapshotEnded(this);
    }

    /** Hands one part to the sink, or keeps a copy until there is one. A failure ends the snapshot, not the caller. */
    private void emit(Parts parts, int part) {
        sinkLock.lock();
        try {
            if (over || failure != null) {
                return;
            }
            parts.forEach(part, (key, keyLength, entry, entrySize) -> {
                parts.table.fill(view, entry, entrySize);
                SnapshotSink to = sink;
                if (to != null) {
                    give(to, parts.number, key, keyLength, view);
                } else {
                    keep(parts.number, key, keyLength);
                }
            });
        } finally {
            sinkLock.unlock();
        }
    }

    private void give(SnapshotSink to, int number, long key, int keyLength, Value value) {
        if (failure != null) {
            return;
        }
        try {
            to.entry(number, key, keyLength, value);
        } catch (IOException failed) {
            fail(failed);
        }
    }

    private void fail(IOException cause) {
        failure = cause;
        over = true;
    }

    private void keep(int number, long key, int keyLength) {
        if (failure != null) {
            return;
        }
        StoredObject object = view.object;
        earlyBytes +=
                keyLength + 64L + (view.block == null ? view.length : 0) + (object == null ? 0 : object.usedBytes());
        if (earlyBytes > MAX_EARLY_BYTES) {
            early.forEach(Early::release);
            early.clear();
            fail(new IOException("writeTo was not called before " + MAX_EARLY_BYTES + " bytes had changed"));
            return;
        }
        early.add(new Early(number, Memory.bytes(key, keyLength), view));
    }

    /** The parts of one table. Used under the stripe's lock. */
    private final class Parts implements PendingParts {
        private final int number;
        private final int stripe;
        private final Table table;
        private final boolean[] saved;
        private int left;
        private boolean adopted;
        private boolean forgotten;

        Parts(int number, int stripe, Table table) {
            this.number = number;
            this.stripe = stripe;
            this.table = table;
            this.saved = new boolean[table.segments()];
            this.left = saved.length;
        }

        @Override
        public void save(long hash) {
            savePart((int) hash & (saved.length - 1));
        }

        void savePart(int part) {
            if (forgotten || saved[part]) {
                return;
            }
            saved[part] = true;
            emit(this, part);
            if (--left == 0) {
                forget();
            }
        }

        void forEach(int part, Shelf.EntryVisitor visitor) {
            for (int segment = part; segment < table.segments(); segment += saved.length) {
                table.forEach(segment, visitor);
            }
        }

        @Override
        public boolean adopt() {
            adopted = !over && !forgotten;
            return adopted;
        }

        void forget() {
            if (!forgotten) {
                forgotten = true;
                table.pending = null;
                if (adopted) {
                    table.close();
                }
            }
        }
    }

    /** A copy of one entry; a block is not copied but held, which makes it immutable; an object is copied. */
    private static final class Early {
        private final int number;
        private final byte[] key;
        private final byte[] bytes;
        private final Value value = new Value();

        Early(int number, byte[] key, Value from) {
            this.number = number;
            this.key = key;
            NativeBlock block = from.block;
            this.bytes = block != null || from.encoding == Value.INT || from.object != null
                    ? new byte[0]
                    : Memory.bytes(from.address, from.length);
            value.type = from.type;
            value.encoding = from.encoding;
            value.expireAt = from.expireAt;
            value.version = from.version;
            value.number = from.number;
            value.access = from.access;
            value.length = from.length;
            value.address = from.address;
            value.block = block == null ? null : block.retain();
            value.object = from.object == null ? null : from.object.copy();
        }

        void writeTo(IncrementalSnapshot snapshot, SnapshotSink sink) {
            long size = Math.max(1, key.length + (long) bytes.length);
            long at = Memory.allocate(size);
            try {
                Memory.copy(key, 0, at, key.length);
                if (value.block == null) {
                    Memory.copy(bytes, 0, at + key.length, bytes.length);
                    value.address = at + key.length;
                }
                snapshot.give(sink, number, at, key.length, value);
            } finally {
                Memory.free(at, size);
                release();
            }
        }

        void release() {
            NativeBlock block = value.block;
            if (block != null) {
                value.block = null;
                block.release();
            }
            StoredObject object = value.object;
            if (object != null) {
                value.object = null;
                object.release();
            }
        }
    }
}

package io.cairn.server;

import io.cairn.aof.DamagedLogException;
import io.cairn.aof.FsyncPolicy;
import io.cairn.aof.GroupCommit;
import io.cairn.aof.LogException;
import io.cairn.aof.LogOptions;
import io.cairn.aof.SegmentedLog;
import io.cairn.aof.Snapshot;
import io.cairn.aof.SnapshotStore;
import io.cairn.aof.SnapshotWriter;
import io.cairn.config.AppendFsync;
import io.cairn.config.Config;
import io.cairn.config.Keys;
import io.cairn.keyspace.Memory;
import io.cairn.mode.Journal;
import io.cairn.mode.RecordClock;
import io.cairn.mode.ShardBase;
import io.cairn.rdb.RdbReader;
import io.cairn.rdb.RdbWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The append-only file of a standalone node: a log in {@code shard/} and the snapshot it continues. */
final class StandaloneLog implements AutoCloseable {
    static final String DIRECTORY = "shard";
    private static final String STAMP = "cairn-stamp";

    private static final Logger LOG = LoggerFactory.getLogger(StandaloneLog.class);

    private final NodeParts parts;
    private final RecordClock clock;
    private final SegmentedLog log;
    private final SnapshotStore snapshots;
    private final GroupCommit commit;
    private final boolean empty;
    /** Bytes of the newest snapshot, and of the records in the log after it that were there at start. */
    private volatile long baseBytes;

    private volatile long tailBytes;
    /** What the log had appended when the newest snapshot was taken. */
    private volatile long appendedAtBase;

    private StandaloneLog(
            NodeParts parts,
            RecordClock clock,
            SegmentedLog log,
            SnapshotStore snapshots,
            GroupCommit commit,
            boolean empty,
            long baseBytes,
            long tailBytes) {
        this.parts = parts;
        this.clock = clock;
        this.log = log;
        this.snapshots = snapshots;
        this.commit = commit;
        this.empty = empty;
        this.baseBytes = baseBytes;
        this.tailBytes = tailBytes;
        this.appendedAtBase = log.stats().appendedBytes();
    }

    static Path directory(NodeParts parts) {
        return parts.directory().path().resolve(DIRECTORY);
    }

    /**
     * Loads the newest snapshot and runs the log after it again.
     *
     * @throws IOException with one line that names the file when data is damaged or missing
     */
    static StandaloneLog open(NodeParts parts, RecordClock clock) throws IOException {
        Path directory = directory(parts);
        SnapshotStore snapshots = SnapshotStore.open(directory);
        SegmentedLog log = openLog(parts);
        boolean opened = false;
        try {
            Snapshot snapshot = snapshots.newest();
            long first = snapshot == null ? 1 : snapshot.index() + 1;
            if (log.firstIndex() > first) {
                throw new DamagedLogException(
                        directory,
                        0,
                        "the log begins at entry " + log.firstIndex() + " and the snapshot ends before " + first);
            }
            if (snapshot != null) {
                load(parts, clock, snapshots, snapshot);
            }
            if (log.lastIndex() < first - 1) {
                log.reset(first);
            }
            long replayed = replay(parts, clock, log, first, log.lastIndex());
            boolean empty = snapshot == null && log.lastIndex() == 0;
            long base = snapshot == null ? 0 : snapshot.bytes();
            GroupCommit commit = commit(parts, log);
            opened = true;
            return new StandaloneLog(parts, clock, log, snapshots, commit, empty, base, replayed);
        } finally {
            if (!opened) {
                log.close();
            }
        }
    }

    /**
     * A log for a node that runs without one; what an older log holds is given up. It begins one entry behind any
     * snapshot, so that no start takes it for all data before its own first {@link #snapshot} is there.
     */
    static StandaloneLog begin(NodeParts parts, RecordClock clock) throws IOException {
        SnapshotStore snapshots = SnapshotStore.open(directory(parts));
        SegmentedLog log = openLog(parts);
        boolean opened = false;
        try {
            Snapshot older = snapshots.newest();
            log.reset(Math.max(log.lastIndex(), older == null ? 0 : older.index()) + 2);
            GroupCommit commit = commit(parts, log);
            opened = true;
            return new StandaloneLog(parts, clock, log, snapshots, commit, false, 0, 0);
        } finally {
            if (!opened) {
                log.close();
            }
        }
    }

    /**
     * Brings in what the log of gossip mode has up to the base of the shard's raft log; the keyspace is empty.
     *
     * @return the last stamp in it
     */
    static long loadBase(NodeParts parts, ShardBase base) throws IOException {
        RecordClock stamps = new RecordClock();
        SnapshotStore snapshots = SnapshotStore.open(directory(parts));
        try (SegmentedLog log = openLog(parts)) {
            Snapshot snapshot = snapshots.newest();
            long first = snapshot == null ? 1 : snapshot.index() + 1;
            long last = Math.max(log.lastIndex(), first - 1);
            if (log.firstIndex() > first || last < base.localIndex() || first - 1 > base.localIndex()) {
                throw new DamagedLogException(
                        directory(parts),
                        0,
                        "the log of gossip mode has entries " + log.firstIndex() + " to " + last
                                + " after a snapshot at " + (first - 1) + ", and the shard's raft log begins after "
                                + base.localIndex());
            }
            if (snapshot != null) {
                load(parts, stamps, snapshots, snapshot);
            }
            replay(parts, stamps, log, first, base.localIndex());
        }
        return stamps.lastStamp();
    }

    /** Deletes snapshots and segments, and nothing else that is in the directory. */
    static void delete(NodeParts parts) throws IOException {
        Path directory = directory(parts);
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (Stream<Path> files = Files.list(directory)) {
            // In this order a crash leaves no log that looks whole.
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(file -> !file.endsWith(SealFile.NAME) && !file.endsWith("vote"))
                    .sorted()
                    .toList()) {
                Files.delete(file);
            }
        }
    }

    /** Loads what is on disk into the keyspace, which was emptied; all stripes are locked by the caller. */
    void reload() throws IOException {
        commit.sync();
        Snapshot snapshot = snapshots.newest();
        if (snapshot != null) {
            load(parts, clock, snapshots, snapshot);
        }
        replay(parts, clock, log, snapshot == null ? 1 : snapshot.index() + 1, log.lastIndex());
    }

    private static SegmentedLog openLog(NodeParts parts) throws LogException {
        Config config = parts.config();
        return SegmentedLog.open(
                directory(parts),
                LogOptions.of(
                        Integer.toString(config.port()),
                        (int) Math.min(LogOptions.MAX_SEGMENT_BYTES, config.get(Keys.LOG_SEGMENT_SIZE)),
                        policy(config.get(Keys.APPENDFSYNC))));
    }

    private static GroupCommit commit(NodeParts parts, SegmentedLog log) {
        return new GroupCommit(
                log,
                Integer.toString(parts.config().port()),
                GroupCommit.DEFAULT_QUEUE_BYTES,
                cause -> parts.failure().fatal("writing the log", cause));
    }

    private static FsyncPolicy policy(AppendFsync setting) {
        return switch (setting) {
            case ALWAYS -> FsyncPolicy.ALWAYS;
            case EVERYSEC -> FsyncPolicy.EVERYSEC;
            case NO -> FsyncPolicy.NO;
        };
    }

    private static void load(NodeParts parts, RecordClock clock, SnapshotStore snapshots, Snapshot snapshot)
            throws IOException {
        long began = System.nanoTime();
        try (ReadableByteChannel channel = Channels.newChannel(snapshots.read(snapshot))) {
            // Expired keys stay: the log after the snapshot was written while they were there.
            RdbReader reader = new RdbReader(channel, parts.keyspace(), 0).accessedAt(clock.readTime());
            reader.load();
            String stamp = reader.aux(STAMP);
            if (stamp != null) {
                clock.seen(Long.parseLong(stamp));
            }
            LOG.info(
                    "port {}: loaded snapshot {}: {} keys in {} ms",
                    parts.config().port(),
                    snapshot.file().getFileName(),
                    reader.loaded(),
                    millisSince(began));
        } catch (IOException e) {
            throw new IOException(snapshot.file() + ": " + e.getMessage(), e);
        }
    }

    /** Returns the bytes of the records run. */
    private static long replay(NodeParts parts, RecordClock clock, SegmentedLog log, long first, long last)
            throws IOException {
        if (last < first) {
            return 0;
        }
        long[] bytes = {0};
        long began = System.nanoTime();
        long[] nextLine = {began + TimeUnit.SECONDS.toNanos(1)};
        try (RecordReplay replay = new RecordReplay(parts.keyspace(), parts.commands(), clock)) {
            NativeCopy copy = new NativeCopy();
            try {
                log.replay(first, (index, term, kind, payload) -> {
                    bytes[0] += payload.remaining();
                    if (kind == Journal.RECORDS && index <= last) {
                        run(replay, copy, index, payload);
                    }
                    if (System.nanoTime() > nextLine[0]) {
                        nextLine[0] = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
                        LOG.info(
                                "port {}: replaying the log: {} %",
                                parts.config().port(), (index - first) * 100 / Math.max(1, last - first));
                    }
                });
            } finally {
                copy.free();
            }
            LOG.info(
                    "port {}: replayed {} records in {} ms",
                    parts.config().port(),
                    replay.records(),
                    millisSince(began));
        }
        return bytes[0];
    }

    private static void run(RecordReplay replay, NativeCopy copy, long index, ByteBuffer payload) throws IOException {
        int length = payload.remaining();
        try {
            long address = payload.isDirect() ? Memory.addressOf(payload) + payload.position() : copy.of(payload);
            replay.run(address, length);
        } catch (IOException e) {
            throw new IOException("log entry " + index + ": " + e.getMessage(), e);
        }
    }

    /** A reused native copy of a heap buffer. */
    private static final class NativeCopy {
        private long address;
        private int capacity;

        long of(ByteBuffer heap) {
            int length = heap.remaining();
            if (length > capacity) {
                free();
                capacity = Math.max(4096, length * 2);
                address = Memory.allocate(capacity);
            }
            byte[] bytes = new byte[length];
            heap.duplicate().get(bytes);
            Memory.copy(bytes, 0, address, length);
            return address;
        }

        void free() {
            if (address != 0) {
                Memory.free(address, capacity);
                address = 0;
                capacity = 0;
            }
        }
    }

    private static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    /** True when neither a snapshot nor an entry was there. */
    boolean empty() {
        return empty;
    }

    /** appendfsync was changed. */
    void fsync(AppendFsync setting) {
        log.policy(policy(setting));
    }

    Journal journal() {
        return Journal.of(commit);
    }

    GroupCommit commit() {
        return commit;
    }

    SegmentedLog log() {
        return log;
    }

    /** Bytes of the newest snapshot. */
    long baseBytes() {
        return baseBytes;
    }

    /** Bytes of the newest snapshot and of the records after it. */
    long bytes() {
        return baseBytes + tailBytes + log.stats().appendedBytes() - appendedAtBase;
    }

    /** Writes a snapshot that ends at {@code index} and drops the log before it. Blocks. */
    void snapshot(long index, long stamp, io.cairn.keyspace.Keyspace.Snapshot data) throws IOException {
        long appended = log.stats().appendedBytes();
        long written;
        try (SnapshotWriter file = snapshots.begin(index, 0, "")) {
            RdbWriter writer = new RdbWriter(Channels.newChannel(file), true);
            writer.access(parts.keyspace().access());
            writer.begin(clock.readTime() / 1000, parts.keyspace().usedBytes(), data.hasExpiringFields());
            writer.aux(STAMP, Long.toString(stamp));
            data.writeTo(writer);
            writer.finish();
            // The snapshot may not be newer than what the log holds for sure.
            commit.sync();
            written = file.commit().bytes();
        }
        baseBytes = written;
        tailBytes = 0;
        appendedAtBase = appended;
        log.truncatePrefix(index + 1);
    }

    @Nullable
    LogException closeQuietly() {
        try {
            close();
            return null;
        } catch (LogException e) {
            return e;
        }
    }

    @Override
    public void close() throws LogException {
        try {
            commit.close();
        } finally {
            log.close();
        }
    }
}

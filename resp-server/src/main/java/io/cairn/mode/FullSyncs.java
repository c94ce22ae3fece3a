package io.cairn.mode;

import io.cairn.config.Keys;
import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Value;
import io.cairn.mode.StreamFollower.State;
import io.cairn.rdb.RdbWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives followers all data of a moment: those who wait at that moment share one snapshot. It goes through a file first, or, for those who can read data of
 * unknown length, to their connections as it is made, after a delay in which others may come. One thread while somebody waits. Redis:
 * startBgsaveForReplication.
 */
final class FullSyncs {
    private static final int CHUNK_BYTES = 256 * 1024;
    /** Bytes of the data that a connection has not sent yet, before more is made. */
    private static final long MAX_UNSENT_BYTES = 1 << 20;

    private static final long PAUSE_NANOS = 1_000_000;
    /** Redis: RDB_EOF_MARK_SIZE, in random bytes of which each is two digits. */
    private static final int MARK_BYTES = 20;

    private static final Logger LOG = LoggerFactory.getLogger(FullSyncs.class);

    private final Keyspace keyspace;
    private final Path directory;
    private final ChangeStream stream;
    private final AtomicLong files = new AtomicLong();
    private volatile int databases = Integer.MAX_VALUE;
    private volatile BooleanSupplier mayBegin = () -> true;
    private volatile Runnable ended = () -> {};
    private volatile boolean madeWhileSent;

    // Guarded by this.
    private final List<StreamFollower> waiting = new ArrayList<>();
    private long oldestNanos;
    private boolean running;

    FullSyncs(Keyspace keyspace, Path directory, ChangeStream stream) {
        this.keyspace = keyspace;
        this.directory = directory;
        this.stream = stream;
    }

    void databases(int count) {
        databases = count;
    }

    void snapshots(BooleanSupplier begin, Runnable end) {
        mayBegin = begin;
        ended = end;
    }

    /** Whether the data under way goes out as it is made. */
    boolean isMadeWhileSent() {
        return madeWhileSent;
    }

    /** Another who needs all data. */
    synchronized void add(StreamFollower follower) {
        if (waiting.isEmpty()) {
            oldestNanos = System.nanoTime();
        }
        waiting.add(follower);
        tick();
    }

    /** Begins what is due. */
    synchronized void tick() {
        waiting.removeIf(follower -> !follower.link.isOpen());
        if (!running && !waiting.isEmpty() && isDue()) {
            running = true;
            Thread thread = new Thread(this::run, "follower-" + files.incrementAndGet());
            thread.setDaemon(true);
            thread.start();
        }
    }

    private boolean isDue() {
        if (!isDirect(waiting.get(0))) {
            return true;
        }
        long delayNanos = TimeUnit.SECONDS.toNanos(stream.config().get(Keys.REPL_DISKLESS_SYNC_DELAY));
        long enough = stream.config().get(Keys.REPL_DISKLESS_SYNC_MAX_REPLICAS);
        return System.nanoTime() - oldestNanos >= delayNanos || (enough > 0 && waiting.size() >= enough);
    }

    /** Filtered data never goes through a file in Redis; it must not do so here either, for its length would be told. */
    private boolean isDirect(StreamFollower follower) {
        return follower.traits.eof() && (stream.config().get(Keys.REPL_DISKLESS_SYNC) || follower.traits.isFiltered());
    }

    private void run() {
        boolean more = true;
        while (more) {
            sync();
            synchronized (this) {
                more = !waiting.isEmpty() && isDue();
                running = more;
            }
        }
    }

    /** Those who wait and can share what the first one gets. */
    private synchronized List<StreamFollower> group() {
        List<StreamFollower> group = new ArrayList<>();
        waiting.removeIf(follower -> !follower.link.isOpen());
        if (waiting.isEmpty()) {
            return group;
        }
        StreamFollower first = waiting.get(0);
        for (StreamFollower follower : waiting) {
            if (isDirect(follower) == isDirect(first)
                    && follower.traits.librariesOnly() == first.traits.librariesOnly()
                    && follower.traits.nothing() == first.traits.nothing()) {
                group.add(follower);
            }
        }
        waiting.removeAll(group);
        oldestNanos = System.nanoTime();
        return group;
    }

    private void sync() {
        Begun begun = begin();
        if (begun == null) {
            return;
        }
        try {
            boolean direct = isDirect(begun.group.get(0));
            madeWhileSent = direct;
            if (direct) {
                direct(begun);
            } else {
                throughFile(begun);
            }
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            LOG.error("followers could not be given the data", e);
            begun.group.forEach(follower -> follower.link.close());
        } finally {
            madeWhileSent = false;
        }
    }

    private record Begun(List<StreamFollower> group, Keyspace.Snapshot data, ChangeStream.Position position) {}

    /** Fixes the moment from which on they get changes. Null when none is left. */
    private @Nullable Begun begin() {
        while (true) {
            synchronized (this) {
                waiting.removeIf(follower -> !follower.link.isOpen());
                if (waiting.isEmpty()) {
                    return null;
                }
            }
            if (!mayBegin.getAsBoolean()) {
                LockSupport.parkNanos(PAUSE_NANOS);
                continue;
            }
            boolean begun = false;
            keyspace.lockAll();
            try {
                Keyspace.Snapshot data = keyspace.beginSnapshot();
                List<StreamFollower> group = group();
                if (group.isEmpty()) {
                    data.cancel();
                    return null;
                }
                begun = true;
                return new Begun(group, data, stream.beginSync(group));
            } catch (IllegalStateException e) {
                LOG.debug("another snapshot is under way", e);
            } finally {
                keyspace.unlockAll();
                if (!begun) {
                    ended.run();
                }
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    // ---- through a file

    private void throughFile(Begun begun) throws IOException {
        Path file = directory.resolve("follower-" + files.incrementAndGet() + ".rdb");
        try {
            try (FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                write(channel, begun);
            } finally {
                begun.data.cancel();
                ended.run();
            }
            begun.group.forEach(follower -> follower.become(State.SENDING));
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                Links links = new Links(begun.group);
                links.send(ChangeStream.ascii("$" + channel.size() + "\r\n"));
                ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
                while (channel.read(chunk) >= 0) {
                    links.write(chunk.flip());
                    chunk.clear();
                }
            }
            finish(begun.group, State.ONLINE);
        } finally {
            delete(file);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("{} cannot be deleted: {}", file, e.getMessage());
        }
    }

    // ---- as it is made

    /** What comes after the mark would be taken for data by whoever looks for the mark: nothing does until it gave a sign of life. */
    private void direct(Begun begun) throws IOException {
        byte[] random = new byte[MARK_BYTES];
        new SecureRandom().nextBytes(random);
        String mark = HexFormat.of().formatHex(random);
        Links links = new Links(begun.group);
        try {
            links.send(ChangeStream.ascii("$EOF:" + mark + "\r\n"));
            write(links, begun);
        } finally {
            begun.data.cancel();
            ended.run();
        }
        links.send(ChangeStream.ascii(mark));
        finish(begun.group, State.AWAITING_SIGN);
    }

    private static void finish(List<StreamFollower> group, State next) {
        long now = System.currentTimeMillis();
        for (StreamFollower follower : group) {
            if (follower.link.isOpen()) {
                follower.link.heard(now);
                follower.become(follower.traits.dataOnly() ? State.SERVED : next);
                LOG.info("a follower has the data and gets the changes from now on");
            }
        }
    }

    private void write(WritableByteChannel channel, Begun begun) throws IOException {
        RdbWriter writer = new RdbWriter(channel, true);
        writer.access(keyspace.access());
        writer.begin(System.currentTimeMillis() / 1000, keyspace.usedBytes(), begun.data.hasExpiringFields());
        Positions.write(writer, begun.position);
        StreamFollower first = begun.group.get(0);
        boolean keys = !first.traits.isFiltered();
        begun.data.writeTo(new Visible(keyspace, writer, keys ? databases : 0, keys || first.traits.librariesOnly()));
        writer.finish();
    }

    /** Leaves out what is on its way to this shard, or from it: a follower has what clients see. And what it does not want. */
    private record Visible(Keyspace keyspace, RdbWriter writer, int databases, boolean libraries)
            implements Keyspace.SnapshotSink {
        @Override
        public void entry(int database, long key, int keyLength, Value value) throws IOException {
            if (database < databases && !keyspace.isHidden(key, keyLength)) {
                writer.entry(database, key, keyLength, value);
            }
        }

        @Override
        public void limits(DataLimits limits) throws IOException {
            writer.limits(limits);
        }

        @Override
        public void library(byte[] text) throws IOException {
            if (libraries) {
                writer.library(text);
            }
        }
    }

    /**
     * The connections of a group as one channel. The thread that sends waits for the slowest of them; one that takes nothing for {@code repl-timeout} is
     * closed. A thread that changes a part of the data which is not saved yet saves it first, and waits for nobody: what it adds is bounded by
     * client-output-buffer-limit.
     */
    private final class Links implements WritableByteChannel {
        private final Thread sender = Thread.currentThread();
        private final List<StreamFollower> group;

        Links(List<StreamFollower> group) {
            this.group = group;
        }

        @Override
        public int write(ByteBuffer from) throws IOException {
            byte[] bytes = new byte[from.remaining()];
            from.get(bytes);
            if (Thread.currentThread() == sender) {
                group.forEach(follower -> await(follower));
            }
            send(bytes);
            return bytes.length;
        }

        void send(byte[] bytes) throws IOException {
            boolean open = false;
            for (StreamFollower follower : group) {
                if (follower.link.isOpen()) {
                    follower.link.send(bytes);
                    open = true;
                }
            }
            if (!open) {
                throw new IOException("no follower is left");
            }
        }

        private void await(StreamFollower follower) {
            long timeout = TimeUnit.SECONDS.toNanos(stream.config().get(Keys.REPL_TIMEOUT));
            long unsent = follower.link.unsentBytes();
            long since = System.nanoTime();
            while (follower.link.isOpen() && unsent > MAX_UNSENT_BYTES) {
                LockSupport.parkNanos(PAUSE_NANOS);
                long now = follower.link.unsentBytes();
                if (now < unsent) {
                    since = System.nanoTime();
                } else if (System.nanoTime() - since > timeout) {
                    LOG.warn("closing a follower: it takes none of the data");
                    follower.link.close();
                    return;
                }
                unsent = now;
            }
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}

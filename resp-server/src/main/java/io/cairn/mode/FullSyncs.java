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
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives followers all data of a moment: those who wait at that moment share one snapshot. It goes through a file first, or, for those who can read data of
 * unknown length, to their connections as it is made, after a delay in which others may come. One thread while somebody waits, and one for each who is
 * sent a file. Redis: startBgsaveForReplication.
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
    private final AtomicLong threads = new AtomicLong();
    private volatile int databases = Integer.MAX_VALUE;
    private volatile BooleanSupplier mayBegin = () -> true;
    private volatile Runnable ended = () -> {};

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
        waiting.removeIf(follower -> !follower.isWanted());
        if (!running && !waiting.isEmpty() && isDue()) {
            running = start(this::run);
        }
    }

    private boolean start(Runnable work) {
        try {
            Thread thread = new Thread(work, "follower-" + threads.incrementAndGet());
            thread.setDaemon(true);
            thread.start();
            return true;
        } catch (OutOfMemoryError e) {
            LOG.error("no thread can be started that gives a follower the data", e);
            return false;
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

    /** Who gets the same data, and how. */
    private record Group(List<StreamFollower> followers, boolean direct) {
        void close() {
            followers.forEach(follower -> follower.link.close());
        }
    }

    /** Those who wait and can share what the first one gets. */
    private synchronized Group group() {
        List<StreamFollower> group = new ArrayList<>();
        waiting.removeIf(follower -> !follower.isWanted());
        if (waiting.isEmpty()) {
            return new Group(group, false);
        }
        StreamFollower first = waiting.get(0);
        boolean direct = isDirect(first);
        for (StreamFollower follower : waiting) {
            if (isDirect(follower) == direct
                    && follower.traits.librariesOnly() == first.traits.librariesOnly()
                    && follower.traits.nothing() == first.traits.nothing()) {
                group.add(follower);
            }
        }
        waiting.removeAll(group);
        oldestNanos = System.nanoTime();
        return new Group(group, direct);
    }

    private void sync() {
        Begun begun = null;
        try {
            begun = begin();
            if (begun == null) {
                return;
            }
            if (begun.group.direct) {
                direct(begun);
            } else {
                throughFile(begun);
            }
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            LOG.error("followers could not be given the data", e);
            if (begun != null) {
                begun.group.close();
            }
        }
    }

    private record Begun(Group group, Keyspace.Snapshot data, ChangeStream.Position position) {}

    /** Fixes the moment from which on they get changes. Null when none is left. */
    private @Nullable Begun begin() {
        while (true) {
            synchronized (this) {
                waiting.removeIf(follower -> !follower.isWanted());
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
                Group group = group();
                if (group.followers.isEmpty()) {
                    data.cancel();
                    return null;
                }
                ChangeStream.Position position;
                try {
                    position = stream.beginSync(group.followers);
                    begun = true;
                } finally {
                    if (!begun) {
                        data.cancel();
                        group.close();
                    }
                }
                return new Begun(group, data, position);
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

    /** Each gets the file at its own pace; meanwhile the data of another moment may be made for others. */
    private void throughFile(Begun begun) throws IOException {
        Path path = directory.resolve("follower-" + files.incrementAndGet() + ".rdb");
        // Linux has no name for it any more once it is open: nothing is left of it, however this process ends.
        FileChannel file = FileChannel.open(
                path,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE);
        Shared shared = new Shared(file, new AtomicInteger(begun.group.followers.size()));
        boolean made = false;
        try {
            write(file, begun);
            made = true;
        } finally {
            begun.data.cancel();
            ended.run();
            if (!made) {
                file.close();
            }
        }
        for (StreamFollower follower : begun.group.followers) {
            if (!start(() -> send(shared, follower))) {
                follower.link.close();
                shared.close();
            }
        }
    }

    /** A file, closed when all who need it have it. */
    private record Shared(FileChannel file, AtomicInteger users) implements AutoCloseable {
        @Override
        public void close() {
            if (users.decrementAndGet() > 0) {
                return;
            }
            try {
                file.close();
            } catch (IOException e) {
                LOG.warn("the file of a full sync cannot be closed: {}", e.getMessage());
            }
        }
    }

    private void send(Shared shared, StreamFollower follower) {
        try (shared) {
            follower.become(State.SENDING);
            Links link = new Links(List.of(follower));
            long size = shared.file.size();
            link.send(ChangeStream.ascii("$" + size + "\r\n"));
            ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
            long at = 0;
            while (at < size) {
                int count = shared.file.read(chunk.clear(), at);
                if (count < 0) {
                    throw new IOException("the file of a full sync ends at " + at);
                }
                at += count;
                link.write(chunk.flip());
            }
            finish(follower, State.ONLINE);
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            LOG.error("a follower could not be given the data", e);
            follower.link.close();
        }
    }

    // ---- as it is made

    /**
     * What comes after the mark would be taken for data by whoever looks for the mark: nothing does until it gave a sign of life. The slowest of a group
     * holds up the others, as in Redis.
     */
    private void direct(Begun begun) throws IOException {
        byte[] random = new byte[MARK_BYTES];
        new SecureRandom().nextBytes(random);
        String mark = HexFormat.of().formatHex(random);
        Links links = new Links(begun.group.followers);
        try {
            begun.group.followers.forEach(follower -> follower.become(State.STREAMING));
            links.send(ChangeStream.ascii("$EOF:" + mark + "\r\n"));
            write(links, begun);
        } finally {
            begun.data.cancel();
            ended.run();
        }
        // Before the mark: the sign may come as soon as that is sent.
        begun.group.followers.forEach(follower -> finish(follower, State.AWAITING_SIGN));
        links.send(ChangeStream.ascii(mark));
    }

    private static void finish(StreamFollower follower, State next) {
        if (follower.isWanted()) {
            follower.link.heard(System.currentTimeMillis());
            follower.become(follower.traits.dataOnly() ? State.SERVED : next);
            LOG.info("a follower has the data and gets the changes from now on");
        }
    }

    private void write(WritableByteChannel channel, Begun begun) throws IOException {
        RdbWriter writer = new RdbWriter(channel, true);
        writer.access(keyspace.access());
        writer.begin(System.currentTimeMillis() / 1000, keyspace.usedBytes(), begun.data.hasExpiringFields());
        Positions.write(writer, begun.position);
        StreamFollower first = begun.group.followers.get(0);
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
                if (follower.isWanted()) {
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
            while (follower.isWanted() && unsent > MAX_UNSENT_BYTES) {
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

package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Effects.Effect;
import io.cairn.command.FollowerLink;
import io.cairn.command.Followers;
import io.cairn.command.Replication;
import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Value;
import io.cairn.rdb.RdbWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The changes of a node as a stream of Redis commands, in the form and order in which redis-server sends them to its replicas: SELECT where the database
 * changes, MULTI and EXEC around a record of several commands, what happened instead of what was asked for. Who joins gets the data of that moment
 * as an RDB file first.
 *
 * <p>A change is sent when it happened, not when it is durable: after a crash a follower may know of a change that the node has lost. It then joins
 * anew, as any follower that comes back.
 */
public final class ChangeStream implements Followers {
    /** Changes that a follower may have waiting for while it still gets the data, bytes. */
    private static final long MAX_WAITING_BYTES = 256L << 20;

    private static final int CHUNK_BYTES = 256 * 1024;
    /** Bytes of the data that the connection has not sent yet. */
    private static final long MAX_UNSENT_BYTES = 1 << 20;

    private static final long PAUSE_NANOS = 1_000_000;
    private static final int NONE = -1;
    private static final Logger LOG = LoggerFactory.getLogger(ChangeStream.class);

    private final Keyspace keyspace;
    private volatile int databases = Integer.MAX_VALUE;
    private final Path directory;
    /** 40 hex digits that name this history; the lock of this is held to change it. */
    private volatile String id;

    private final AtomicLong files = new AtomicLong();
    private final List<Follower> followers = new CopyOnWriteArrayList<>();
    private volatile boolean followed;
    private volatile BooleanSupplier mayBegin = () -> true;
    private volatile Runnable ended = () -> {};
    /** Of the last command sent; guarded by this. */
    private int database = NONE;

    /** Of all followers together: {@link Follower#waitingBytes}. */
    private final AtomicLong waitingBytes = new AtomicLong();

    /** Bytes sent since the start. */
    private volatile long offset;

    /**
     * @param directory for the RDB files of followers that join
     * @param id 40 hex digits that name this history
     */
    public ChangeStream(Keyspace keyspace, Path directory, String id) {
        this.keyspace = keyspace;
        this.directory = directory;
        this.id = id;
    }

    /** A stream that nobody can follow. */
    static ChangeStream none(Keyspace keyspace) {
        return new ChangeStream(keyspace, Path.of(""), "");
    }

    /** A raft node's other database has marks that are nobody else's business; before anybody follows. */
    void onlyFirstDatabase() {
        databases = 1;
    }

    /**
     * One snapshot is taken at a time, whatever it is for.
     *
     * @param begin claims the next one, or says false
     * @param end gives it back
     */
    public void snapshots(BooleanSupplier begin, Runnable end) {
        mayBegin = begin;
        ended = end;
    }

    /** Another name for this history; who follows it already, goes on. Redis: changeReplicationId. */
    public synchronized void rename(String newId) {
        id = newId;
    }

    boolean isFollowed() {
        return followed;
    }

    /** Who gets the changes, and what waits while the data is on its way. */
    private final class Follower {
        private final FollowerLink link;
        private List<byte[]> waiting = new ArrayList<>();
        private long waitingBytes;
        private boolean live;
        private boolean gone;

        Follower(FollowerLink link) {
            this.link = link;
        }

        synchronized void send(byte[] bytes) {
            if (live) {
                link.send(bytes);
                return;
            }
            if (gone) {
                return;
            }
            if (waitingBytes + bytes.length > MAX_WAITING_BYTES) {
                drop();
                link.close();
            } else {
                waiting.add(bytes);
                waits(bytes.length);
            }
        }

        private void waits(long bytes) {
            waitingBytes += bytes;
            ChangeStream.this.waitingBytes.addAndGet(bytes);
        }

        /** Keeps nothing for it any more. */
        synchronized void drop() {
            gone = true;
            waiting = List.of();
            waits(-waitingBytes);
        }

        synchronized boolean isLive() {
            return live;
        }

        synchronized void goLive() {
            live = true;
            waiting.forEach(link::send);
            waiting = List.of();
            waits(-waitingBytes);
        }
    }

    // ---- changes

    /** Sends one record, under the locks of what it changed. */
    synchronized void send(List<Effect> record) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        select(out, record.get(0).database());
        boolean several = record.size() > 1;
        if (several) {
            command(out, List.of(ascii("MULTI")));
        }
        for (Effect effect : record) {
            select(out, effect.database());
            command(out, effect.words());
        }
        if (several) {
            command(out, List.of(ascii("EXEC")));
        }
        send(out.toByteArray());
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // Under the lock of this.
    private void send(byte[] bytes) {
        offset += bytes.length;
        followers.forEach(follower -> follower.send(bytes));
    }

    private void select(ByteArrayOutputStream out, int number) {
        if (number != database) {
            database = number;
            command(out, List.of(ascii("SELECT"), ascii(Integer.toString(number))));
        }
    }

    private static void command(ByteArrayOutputStream out, List<byte[]> words) {
        out.writeBytes(ascii("*" + words.size() + "\r\n"));
        for (byte[] word : words) {
            out.writeBytes(ascii("$" + word.length + "\r\n"));
            out.writeBytes(word);
            out.writeBytes(ascii("\r\n"));
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void tell(int number, Args args) {
        if (followed) {
            List<byte[]> words = new ArrayList<>(args.count());
            for (int i = 0; i < args.count(); i++) {
                words.add(args.bytes(i));
            }
            send(List.of(new Effect(number, words)));
        }
    }

    /** So that followers know that the node lives; does not count as a change. */
    public void ping() {
        if (followed) {
            synchronized (this) {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                command(out, List.of(ascii("PING")));
                send(out.toByteArray());
            }
        }
    }

    /** Closes all followers: what they have is no longer what the node has. They may join anew. */
    public void closeAll(String why) {
        for (Follower follower : followers) {
            LOG.warn("closing a follower of the changes: {}", why);
            follower.link.close();
        }
    }

    /** How many have the data, and gave a sign of life within so many seconds; 0 takes all. */
    public int good(long nowMillis, long maxLagSeconds) {
        int good = 0;
        for (Follower follower : followers) {
            boolean heard = maxLagSeconds == 0 || nowMillis - follower.link.lastHeardMillis() <= maxLagSeconds * 1000;
            good += follower.isLive() && heard ? 1 : 0;
        }
        return good;
    }

    @Override
    public long waitingBytes() {
        return waitingBytes.get();
    }

    /** Who follows, as INFO and ROLE show it. */
    public Replication.View view(long nowMillis) {
        List<Replication.Replica> replicas = new ArrayList<>();
        for (Follower follower : followers) {
            FollowerLink link = follower.link;
            long lagSeconds = Math.max(0, (nowMillis - link.lastHeardMillis()) / 1000);
            replicas.add(new Replication.Replica(link.host(), link.port(), link.acknowledged(), lagSeconds));
        }
        return new Replication.View(id, offset, null, replicas);
    }

    // ---- joining

    @Override
    public void follow(FollowerLink link, boolean announced) {
        Thread thread = new Thread(() -> join(link, announced), "follower-" + files.incrementAndGet());
        thread.setDaemon(true);
        thread.start();
    }

    private void join(FollowerLink link, boolean announced) {
        Path file = directory.resolve("follower-" + files.incrementAndGet() + ".rdb");
        try {
            Follower follower = new Follower(link);
            Keyspace.Snapshot data = begin(follower, announced);
            if (data == null) {
                return;
            }
            link.onClose(() -> leave(follower));
            try {
                write(file, data);
            } finally {
                data.cancel();
                ended.run();
            }
            if (sendFile(file, link)) {
                follower.goLive();
                LOG.info("a follower has the data and gets the changes from now on");
            }
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            LOG.error("a follower could not be given the data", e);
            link.close();
        } finally {
            delete(file);
        }
    }

    /** Fixes the moment from which on the follower gets changes. Null when it is gone before. */
    private Keyspace.@org.jspecify.annotations.Nullable Snapshot begin(Follower follower, boolean announced) {
        while (follower.link.isOpen()) {
            if (!mayBegin.getAsBoolean()) {
                LockSupport.parkNanos(PAUSE_NANOS);
                continue;
            }
            boolean begun = false;
            keyspace.lockAll();
            try {
                Keyspace.Snapshot data = keyspace.beginSnapshot();
                begun = true;
                synchronized (this) {
                    if (announced) {
                        follower.link.send(ascii("+FULLRESYNC " + id + " " + offset + "\r\n"));
                    }
                    database = NONE;
                    followers.add(follower);
                    followed = true;
                }
                return data;
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
        return null;
    }

    private void leave(Follower follower) {
        synchronized (this) {
            followers.remove(follower);
            followed = !followers.isEmpty();
        }
        follower.drop();
        LOG.info("a follower of the changes is gone");
    }

    private void write(Path file, Keyspace.Snapshot data) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            RdbWriter writer = new RdbWriter(channel, true);
            writer.access(keyspace.access());
            writer.begin(System.currentTimeMillis() / 1000, keyspace.usedBytes(), data.hasExpiringFields());
            data.writeTo(new Visible(keyspace, writer, databases));
            writer.finish();
        }
    }

    /** Leaves out what is on its way to this shard, or from it: a follower has what clients see. */
    private record Visible(Keyspace keyspace, RdbWriter writer, int databases) implements Keyspace.SnapshotSink {
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
            writer.library(text);
        }
    }

    /** Sends the file as one bulk string without its last line break; false when the follower is gone. */
    private static boolean sendFile(Path file, FollowerLink link) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            link.send(ascii("$" + channel.size() + "\r\n"));
            ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
            while (channel.read(chunk) >= 0) {
                byte[] bytes = new byte[chunk.flip().remaining()];
                chunk.get(bytes).clear();
                while (link.isOpen() && link.unsentBytes() > MAX_UNSENT_BYTES) {
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
                if (!link.isOpen()) {
                    return false;
                }
                link.send(bytes);
            }
        }
        return true;
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("{} cannot be deleted: {}", file, e.getMessage());
        }
    }
}

package io.cairn.replica;

import io.cairn.command.Args;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Follows a primary from outside of a node: its data of a moment, then its commands, unit by unit, across broken connections as long as the primary can go
 * on (PSYNC). A thread of its own receives, into a file without a name, so that the primary is not held up by whoever takes the units, and acknowledges
 * once a second what was {@link #applied}. One thread takes. Redis: replication.c from the replica's side.
 */
public final class SourceLink implements AutoCloseable {
    private static final int CHUNK_BYTES = 256 * 1024;
    private static final long ACK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long LOOK_MILLIS = 20;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** Where a primary is now, and who one is there. */
    public record Source(
            String host,
            int port,
            @Nullable String user,
            @Nullable String password) {}

    private final Supplier<Source> source;
    private final long timeoutMillis;
    private final long maxSpoolBytes;
    private final Path directory;
    private final FileChannel spool;
    private final Thread thread;
    private volatile @Nullable LinkChannel channel;
    private volatile boolean closed;
    private volatile long appliedOffset;

    // Guarded by this.
    private @Nullable FileChannel data;
    private int database;
    private long beganOffset;
    private long written;
    private long read;
    private @Nullable IOException failure;

    // The receiving thread's.
    private String id = "?";
    private long receivedOffset = -1;

    // The taking thread's.
    private final StreamParser parser = new StreamParser();
    private long takenBytes;

    /**
     * Begins to follow.
     *
     * @param source asked before each connection
     * @param timeoutMillis longest silence, and longest time without a connection
     * @param maxSpoolBytes of the stream that may wait here; beyond it nothing more is received, and the primary's output limit counts
     * @param directory for files without a name
     */
    public SourceLink(Supplier<Source> source, long timeoutMillis, long maxSpoolBytes, Path directory)
            throws IOException {
        this.source = source;
        this.timeoutMillis = timeoutMillis;
        this.maxSpoolBytes = maxSpoolBytes;
        this.directory = directory;
        this.spool = open(directory.resolve("cairn-stream-" + System.nanoTime()));
        this.thread = new Thread(this::receive, "source");
        thread.setDaemon(true);
        thread.start();
    }

    private static FileChannel open(Path name) throws IOException {
        return FileChannel.open(
                name,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE);
    }

    // ---- receiving

    private void receive() {
        long downSince = System.nanoTime();
        IOException last = new IOException("no connection");
        while (!closed) {
            try {
                session();
            } catch (NoWayException e) {
                fail(e);
                return;
            } catch (IOException e) {
                last = e;
            }
            LinkChannel open = channel;
            if (open != null) {
                if (open.lastReadMillis() > 0) {
                    downSince = System.nanoTime()
                            - TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis() - open.lastReadMillis());
                }
                open.close();
            }
            if (System.nanoTime() - downSince > TimeUnit.MILLISECONDS.toNanos(timeoutMillis)) {
                fail(last);
                return;
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /** It makes no sense to try again. */
    private static final class NoWayException extends IOException {
        private static final long serialVersionUID = 1L;

        NoWayException(String message) {
            super(message);
        }
    }

    private synchronized void fail(IOException why) {
        failure = why;
        notifyAll();
    }

    private void session() throws IOException {
        Source at = source.get();
        LinkChannel open = LinkChannel.connect(at.host, at.port, "", timeoutMillis, fresh -> channel = fresh);
        introduce(open, at);
        boolean goesOn = receivedOffset >= 0;
        open.command(
                timeoutMillis, goesOn ? List.of("PSYNC", id, "" + (receivedOffset + 1)) : List.of("PSYNC", "?", "-1"));
        String answer = line(open);
        if (answer.startsWith("+FULLRESYNC ")) {
            if (goesOn) {
                throw new NoWayException(at.host + ":" + at.port
                        + " cannot go on from where the connection broke (its repl-backlog-size is too small for that, or it was"
                        + " started again): begin again with an empty target");
            }
            begin(open, answer.split(" ", -1));
        } else if (goesOn && answer.startsWith("+CONTINUE")) {
            String[] words = answer.split(" ", -1);
            id = words.length > 1 ? words[1].strip() : id;
        } else if (answer.startsWith("-NOMASTERLINK") || answer.startsWith("-LOADING")) {
            throw new IOException(answer.substring(1));
        } else {
            throw new NoWayException(at.host + ":" + at.port + ": PSYNC: " + answer);
        }
        stream(open);
    }

    private String line(LinkChannel open) throws IOException {
        String answer = "";
        while (answer.isEmpty()) {
            answer = open.readLine(timeoutMillis);
        }
        return answer;
    }

    private void introduce(LinkChannel open, Source at) throws IOException {
        String password = at.password;
        if (password != null) {
            String user = at.user;
            open.command(timeoutMillis, user == null ? List.of("AUTH", password) : List.of("AUTH", user, password));
            String in = line(open);
            if (in.startsWith("-") && !in.contains("called without any password configured")) {
                throw new NoWayException(at.host + ":" + at.port + ": " + in.substring(1));
            }
        }
        open.command(timeoutMillis, List.of("REPLCONF", "capa", "eof", "capa", "psync2"));
        String knows = line(open);
        if (knows.startsWith("-NOAUTH") || knows.startsWith("-NOPERM")) {
            throw new NoWayException(at.host + ":" + at.port + ": " + knows.substring(1));
        }
    }

    private void begin(LinkChannel open, String[] words) throws IOException {
        DataFile file = DataFile.announced(open, timeoutMillis);
        FileChannel whole = file.receive(directory.resolve("cairn-data-" + System.nanoTime()));
        id = words[1];
        receivedOffset = Long.parseLong(words[2].strip());
        appliedOffset = receivedOffset;
        synchronized (this) {
            beganOffset = receivedOffset;
            data = whole;
            notifyAll();
        }
        if (file.hasMark()) {
            acknowledge(open);
        }
    }

    private void stream(LinkChannel open) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
        long said = 0;
        while (!closed) {
            if (System.nanoTime() - said > ACK_NANOS) {
                said = System.nanoTime();
                acknowledge(open);
            }
            if (System.currentTimeMillis() - open.lastReadMillis() > timeoutMillis) {
                throw new IOException("silent for " + timeoutMillis + " ms");
            }
            if (spooled() >= maxSpoolBytes) {
                LockSupport.parkNanos(PAUSE_NANOS);
                continue;
            }
            if (open.read(chunk.clear(), LOOK_MILLIS) > 0) {
                int bytes = chunk.flip().remaining();
                keep(chunk);
                receivedOffset += bytes;
            }
        }
    }

    private synchronized long spooled() {
        return written - read;
    }

    private synchronized void keep(ByteBuffer chunk) throws IOException {
        if (written == read) {
            written = 0;
            read = 0;
            spool.truncate(0);
        }
        while (chunk.hasRemaining()) {
            written += spool.write(chunk, written);
        }
        notifyAll();
    }

    private void acknowledge(LinkChannel open) throws IOException {
        open.command(timeoutMillis, List.of("REPLCONF", "ACK", Long.toString(appliedOffset)));
    }

    // ---- taking

    /** Waits for the data of a moment; an RDB file, which the caller closes. Once. */
    public synchronized FileChannel data() throws IOException {
        while (data == null) {
            check();
            await(LOOK_MILLIS);
        }
        return data;
    }

    private void check() throws IOException {
        if (failure != null) {
            throw failure;
        }
    }

    /** Until something comes, or a moment. */
    private synchronized void await(long millis) throws IOException {
        long before = written;
        FileChannel had = data;
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        long left = millis;
        try {
            while (written == before && data == had && failure == null && left > 0) {
                wait(left);
                left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Database that the first unit runs in: as the data's file says. */
    public synchronized void database(int number) {
        database = number;
    }

    public synchronized int database() {
        return database;
    }

    /**
     * Waits for a unit: a command, or what stands between MULTI and EXEC. It is there until {@link #consume}.
     *
     * @return false when none came in that time
     * @throws IOException when the source cannot be followed any more
     */
    public boolean next(long waitMillis) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMillis);
        while (!parser.next()) {
            if (!more()) {
                synchronized (this) {
                    check();
                    if (written == read) {
                        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                        if (left <= 0) {
                            return false;
                        }
                        await(Math.min(left, LOOK_MILLIS));
                    }
                }
            }
        }
        return true;
    }

    private synchronized boolean more() throws IOException {
        if (written == read) {
            return false;
        }
        ByteBuffer room = parser.room();
        room.limit((int) Math.min(room.limit(), room.position() + written - read));
        int count = spool.read(room, read);
        read += count;
        parser.received(count);
        return true;
    }

    public int commands() {
        return parser.commandCount();
    }

    public Args command(int i) {
        return parser.command(i);
    }

    /** Position behind the unit. */
    public synchronized long endOffset() {
        return beganOffset + takenBytes + parser.length();
    }

    /** Goes on behind the unit. */
    public void consume() {
        takenBytes += parser.length();
        parser.consume();
    }

    /** All up to this position is where it was to go: the source hears that soon. */
    public void applied(long offset) {
        appliedOffset = offset;
    }

    public long appliedOffset() {
        return appliedOffset;
    }

    @Override
    public void close() {
        closed = true;
        LinkChannel open = channel;
        if (open != null) {
            open.close();
        }
        try {
            spool.close();
        } catch (IOException e) {
            // It has no name and is gone with its last user.
        }
    }
}

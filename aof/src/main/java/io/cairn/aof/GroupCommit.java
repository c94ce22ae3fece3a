package io.cairn.aof;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log of a node without Raft: many threads append, one thread {@code aof-<name>} writes all that waits as one batch.
 *
 * <p>{@link #append} gives the entry its index and copies it into memory; it never waits, so it may be called under a
 * stripe's lock, and the order of indexes is the order of the calls. Whoever accepts a command asks {@link #hasSpace}
 * and {@link #spaceAvailable} before it takes a lock. What was accepted is never dropped: if the disk turns out to be
 * full after all, it waits in memory and is written when there is space.
 *
 * <p>{@link #durableIndex} is what may be acknowledged: with {@code always} what is fsynced; with {@code everysec} and
 * {@code no} what is written, so that it survives the death of the process but not of the machine, as in Redis.
 *
 * <p>After a failed write or fsync nothing more is acknowledged and {@code onBroken} is called once: the node must stop.
 */
public final class GroupCommit implements AutoCloseable {
    /** Default bound of the queue, bytes. */
    public static final int DEFAULT_QUEUE_BYTES = 8 << 20;

    /**
     * Preallocated space is kept for this many full queues: two so that the queue never outgrows it even if half is
     * wasted at the ends of segments, one more so that the background has time to make the next.
     */
    private static final int QUEUES_AHEAD = 3;

    private static final int MOST_WASTED = 2;

    private static final Logger LOG = LoggerFactory.getLogger(GroupCommit.class);
    private static final long DISK_FULL_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long PREALLOCATION_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final SegmentedLog log;
    private final String name;
    private final long queueBytes;
    private final Consumer<LogException> onBroken;
    private final Thread appender;

    /** Guards the queue, the waiters' inbox and the index counter; held for the copying of one record at most. */
    private final Object lock = new Object();

    private final FrameQueue queue = new FrameQueue();
    private List<Waiter> inbox = new ArrayList<>();
    private long appended;
    private long term;
    private long inFlightBytes;

    private volatile long appendedIndex;
    private volatile long durableIndex;
    /** Bytes accepted but not yet written. */
    private volatile long waitingBytes;

    /** More may not wait than surely fits the preallocated space. */
    private volatile long waitingBound;

    private volatile boolean parked;
    private volatile boolean spaceAvailable = true;
    private volatile boolean closing;
    private volatile boolean stopped;
    /** Nobody looks into the inbox any more. */
    private boolean ended;

    private volatile @Nullable LogException broken;

    // Only the appender's.
    private boolean idleNoted;
    private List<ByteBuffer> spareList = new ArrayList<>();
    private List<Waiter> spareInbox = new ArrayList<>();
    private final PriorityQueue<Waiter> waiters = new PriorityQueue<>();

    private record Waiter(long index, Runnable action) implements Comparable<Waiter> {
        @Override
        public int compareTo(Waiter other) {
            return Long.compare(index, other.index);
        }
    }

    /** Writes a payload of known length into a direct buffer, from its position on. */
    @FunctionalInterface
    public interface PayloadWriter {
        /** Must move the position on by exactly the length that was announced. Runs under the queue's lock: just copy. */
        void write(ByteBuffer target);
    }

    /**
     * Starts the appender thread.
     *
     * @param log stays the caller's to close, after this. Others may read and purge it, not append
     * @param name of the thread: {@code aof-<name>}
     * @param queueBytes bound of the queue
     * @param onBroken called once, on the appender or the log's background thread, when the log breaks
     */
    public GroupCommit(SegmentedLog log, String name, long queueBytes, Consumer<LogException> onBroken) {
        this.log = log;
        this.name = name;
        this.queueBytes = queueBytes;
        this.onBroken = onBroken;
        startAt(log.lastIndex());
        log.onBroken(this::fail);
        log.reserve(queueBytes * QUEUES_AHEAD);
        checkSpace();
        appender = new Thread(this::run, "aof-" + name);
        appender.setDaemon(true);
        appender.start();
    }

    private void startAt(long lastIndex) {
        appended = lastIndex;
        appendedIndex = lastIndex;
        durableIndex = lastIndex;
        term = log.lastTerm();
    }

    // ---- producers ----

    /**
     * Whether the queue is below its bound, which is never more than surely fits the preallocated space. Ask before
     * taking locks, and wait when false: it lasts one write, or as long as the next segment takes to be made. An {@link
     * #append} after it always succeeds, so the queue overshoots its bound by at most one record per thread.
     */
    public boolean hasSpace() {
        return waitingBytes < waitingBound;
    }

    /**
     * Whether the disk has room for what the queue may hold. While false, refuse writes (Redis: -MISCONF); it turns true
     * by itself.
     */
    public boolean spaceAvailable() {
        return spaceAvailable;
    }

    /**
     * Appends the bytes from position to limit; the position is not moved. Never blocks.
     *
     * @return the entry's index
     * @throws LogException when the log is broken or closed: nothing was taken
     */
    public long append(byte kind, ByteBuffer payload) throws LogException {
        int length = payload.remaining();
        long index;
        synchronized (lock) {
            ByteBuffer target = begin(kind, length);
            if (payload.hasArray()) {
                target.put(payload.array(), payload.arrayOffset() + payload.position(), length);
            } else {
                target.put(payload.duplicate());
            }
            index = end(length);
        }
        wake();
        return index;
    }

    /** The same, for {@code length} bytes of native memory at {@code address}. */
    public long append(byte kind, long address, int length) throws LogException {
        long index;
        synchronized (lock) {
            ByteBuffer target = begin(kind, length);
            NativeMemory.copy(address, length, target);
            index = end(length);
        }
        wake();
        return index;
    }

    /** The same, for a payload of {@code length} bytes that {@code writer} puts down. */
    public long append(byte kind, int length, PayloadWriter writer) throws LogException {
        long index;
        synchronized (lock) {
            ByteBuffer target = begin(kind, length);
            int start = target.position();
            int limit = target.limit();
            try {
                writer.write(target.limit(start + length));
                if (target.position() != start + length) {
                    throw new IllegalArgumentException(
                            "the writer put " + (target.position() - start) + " bytes, not " + length);
                }
            } catch (RuntimeException e) {
                target.limit(limit).position(start - Frame.HEADER_BYTES);
                throw e;
            }
            target.limit(limit);
            index = end(length);
        }
        wake();
        return index;
    }

    private ByteBuffer begin(byte kind, int length) throws LogException {
        LogException cause = broken;
        if (cause != null) {
            throw new LogException("the log is broken: " + cause.getMessage(), cause);
        }
        if (closing) {
            throw new LogException("the log is closing");
        }
        if (length < 0 || length > Frame.MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException("payload of " + length + " bytes");
        }
        ByteBuffer target = queue.room(Frame.HEADER_BYTES + length);
        Frame.putHeader(target, length, appended + 1, term, kind, (byte) 0);
        return target;
    }

    private long end(int length) {
        queue.added(Frame.HEADER_BYTES + length);
        long index = ++appended;
        appendedIndex = index;
        waitingBytes = inFlightBytes + queue.bytes();
        return index;
    }

    private void wake() {
        if (parked) {
            LockSupport.unpark(appender);
        }
    }

    /** Index of the last entry accepted. */
    public long appendedIndex() {
        return appendedIndex;
    }

    /** Entries up to this one may be acknowledged. Never goes back. */
    public long durableIndex() {
        return durableIndex;
    }

    /**
     * Runs {@code action} on the appender thread once {@link #durableIndex} has reached {@code index}, soon if it has
     * already; after {@link #close} on the caller's thread. It must be cheap. After a failure it never runs. Callers keep the number of waiters bounded: one per
     * connection, or better one per event loop and turn.
     */
    public void whenDurable(long index, Runnable action) {
        boolean now;
        synchronized (lock) {
            now = ended && broken == null;
            if (!now) {
                inbox.add(new Waiter(index, action));
            }
        }
        if (now) {
            action.run();
        } else {
            wake();
        }
    }

    /**
     * Empties the log (a full resync replaced the data). What was appended before is dropped or written first; nobody may
     * append meanwhile.
     */
    public void reset(long nextIndex) throws LogException {
        sync();
        log.reset(nextIndex);
        synchronized (lock) {
            startAt(nextIndex - 1);
        }
    }

    /**
     * Waits until all that was appended before is written and forced to the disk, whatever the policy. Not for event
     * loops.
     */
    public void sync() throws LogException {
        long upTo = appendedIndex;
        while (durableIndex < upTo && broken == null && !stopped) {
            LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(1));
        }
        LogException cause = broken;
        if (cause != null || durableIndex < upTo) {
            String text = "the log in " + log.directory() + " stopped before entry " + upTo;
            throw cause == null ? new LogException(text) : new LogException(text, cause);
        }
        log.sync();
    }

    // ---- the appender ----

    private void run() {
        try {
            boolean more = true;
            while (more) {
                more = turn();
            }
        } catch (LogException e) {
            fail(e);
        } catch (RuntimeException | Error e) {
            LOG.error("aof-{}: bug", name, e);
            fail(new LogException("the appender failed: " + e, e));
        } finally {
            stopped = true;
        }
    }

    /** One batch; false when there is nothing left to do. */
    private boolean turn() throws LogException {
        List<ByteBuffer> batch;
        List<Waiter> arrived;
        long last;
        long count;
        boolean wasClosing = closing;
        synchronized (lock) {
            count = queue.count();
            last = appended;
            inFlightBytes = queue.bytes();
            batch = queue.take(spareList);
            arrived = inbox;
            inbox = spareInbox;
        }
        waiters.addAll(arrived);
        arrived.clear();
        spareInbox = arrived;
        if (count > 0) {
            write(batch, count);
            durableIndex = last;
            idleNoted = false;
        }
        synchronized (lock) {
            queue.recycle(batch);
            inFlightBytes = 0;
            waitingBytes = queue.bytes();
        }
        spareList = batch;
        boolean ran = runWaiters();
        if (count > 0 || ran) {
            return broken == null;
        }
        if (wasClosing || broken != null) {
            return false;
        }
        park();
        return true;
    }

    private void write(List<ByteBuffer> batch, long count) throws LogException {
        while (true) {
            try {
                log.appendFrames(batch, term, count);
                checkSpace();
                return;
            } catch (DiskFullException e) {
                noteSpace(false);
                waitingBound = 0;
                if (closing) {
                    throw new LogException("closed while the disk was full; " + count + " entries are lost", e);
                }
                LockSupport.parkNanos(this, DISK_FULL_RETRY_NANOS);
            }
        }
    }

    private void checkSpace() {
        noteSpace(log.hasRoom(queueBytes));
        waitingBound = Math.min(queueBytes, log.roomBytes() / MOST_WASTED);
    }

    private void noteSpace(boolean available) {
        if (available != spaceAvailable) {
            spaceAvailable = available;
            if (available) {
                LOG.info("aof-{}: there is space on the disk again, writes are accepted", name);
            } else {
                LOG.warn("aof-{}: the disk is full, writes are refused until there is space", name);
            }
        }
    }

    private boolean runWaiters() {
        boolean ran = false;
        Waiter next = waiters.peek();
        while (next != null && next.index <= durableIndex && broken == null) {
            waiters.poll();
            ran = true;
            try {
                next.action.run();
            } catch (RuntimeException e) {
                LOG.error("aof-{}: a waiter failed", name, e);
            }
            next = waiters.peek();
        }
        return ran;
    }

    private void park() throws LogException {
        parked = true;
        boolean idle;
        synchronized (lock) {
            idle = queue.isEmpty() && inbox.isEmpty();
        }
        if (idle && !closing && broken == null) {
            parkIdle();
        }
        parked = false;
    }

    /** The first second of idleness ends with a note of how far the log is durable; after that nothing is left to do. */
    private void parkIdle() throws LogException {
        if (waitingBound < queueBytes) {
            LockSupport.parkNanos(this, spaceAvailable ? PREALLOCATION_POLL_NANOS : DISK_FULL_RETRY_NANOS);
            checkSpace();
        } else if (!idleNoted) {
            LockSupport.parkNanos(this, IDLE_NANOS);
            idleNoted = log.noteDurable();
        } else {
            LockSupport.park(this);
        }
    }

    private void fail(LogException cause) {
        synchronized (lock) {
            if (broken != null) {
                return;
            }
            broken = cause;
        }
        onBroken.accept(cause);
        wake();
    }

    /** Writes what waits, forces it, ends the thread. The log itself stays open. */
    @Override
    public void close() throws LogException {
        closing = true;
        LockSupport.unpark(appender);
        boolean interrupted = false;
        while (appender.isAlive()) {
            try {
                appender.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (broken == null) {
            log.sync();
        }
        synchronized (lock) {
            // Who asked while the appender looked for the last time.
            waiters.addAll(inbox);
            inbox.clear();
            ended = true;
        }
        runWaiters();
    }
}

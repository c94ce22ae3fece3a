package io.cairn.pubsub;

import io.cairn.command.Subscriptions.Kind;
import io.netty.channel.EventLoop;
import io.netty.util.internal.PlatformDependent;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The subscribers of one event loop and the messages on their way to them. Publishers of any thread only put a frame into the
 * queue; the loop finds the subscribers and writes to them. So a publisher waits for nobody, and the frames of one publisher arrive in
 * order.
 *
 * <p>The queue is bounded: when the loop does not keep up, frames are dropped, and the subscribers that missed one are closed
 * as if they themselves had not kept up.
 */
final class Mailbox {
    private static final Logger LOG = LoggerFactory.getLogger(Mailbox.class);

    /** After so many frames, or bytes written, the loop does other work first. */
    private static final int FRAMES_PER_TURN = 1_024;

    private static final long BYTES_PER_TURN = 1 << 20;
    private static final int FLUSHES_PER_TURN = 256;

    final EventLoop loop;
    private final Queue<Frame> queue = PlatformDependent.newMpscQueue();
    private final AtomicLong queuedBytes = new AtomicLong();
    private final long maxQueuedBytes;
    private final AtomicBoolean scheduled = new AtomicBoolean();
    /** Names of which a frame was dropped. */
    private final Set<Missed> missed = ConcurrentHashMap.newKeySet();
    /** The rest belongs to the loop. */
    private final Map<Kind, Map<Name, Members>> members = new EnumMap<>(Kind.class);

    private final ArrayDeque<Subscriber> unflushed = new ArrayDeque<>();
    private boolean flushScheduled;
    private long written;

    private record Missed(Kind kind, Name name) {}

    /** @param maxQueuedBytes of frames in the queue; a larger one is taken when there is no other */
    Mailbox(EventLoop loop, long maxQueuedBytes) {
        this.loop = loop;
        this.maxQueuedBytes = maxQueuedBytes;
        for (Kind kind : Kind.values()) {
            members.put(kind, new HashMap<>());
        }
    }

    /** Takes a frame for this loop's subscribers; any thread. */
    void offer(Frame frame) {
        long cost = frame.cost();
        long queued = queuedBytes.addAndGet(cost);
        if (queued > maxQueuedBytes && queued > cost) {
            queuedBytes.addAndGet(-cost);
            missed.add(new Missed(frame.kind(), frame.name()));
        } else {
            queue.add(frame);
        }
        schedule();
    }

    private void schedule() {
        if (scheduled.compareAndSet(false, true)) {
            try {
                loop.execute(this::turn);
            } catch (RejectedExecutionException e) {
                LOG.debug("the event loop has stopped, and so have its connections", e);
            }
        }
    }

    private void turn() {
        scheduled.set(false);
        written = 0;
        for (int i = 0; i < FRAMES_PER_TURN && written < BYTES_PER_TURN; i++) {
            Frame frame = queue.poll();
            if (frame == null) {
                break;
            }
            deliver(frame);
        }
        closeThoseWhoMissed();
        if (!queue.isEmpty()) {
            schedule();
        }
    }

    /** Writes all that was published up to now. On the loop, between two replies. */
    void drain() {
        for (Frame frame = queue.poll(); frame != null; frame = queue.poll()) {
            deliver(frame);
        }
        closeThoseWhoMissed();
    }

    private void deliver(Frame frame) {
        queuedBytes.addAndGet(-frame.cost());
        Map<Name, Members> names = members(frame.kind());
        Members to = names.get(frame.name());
        if (to == null) {
            return;
        }
        byte[] tail = frame.tail();
        if (tail == null) {
            names.remove(frame.name());
            to.forEach(subscriber -> {
                subscriber.taken(frame.name());
                push(subscriber, Frame.unsubscribed(frame.name(), subscriber.count(Kind.SHARD)));
            });
        } else {
            to.forEach(subscriber -> push(subscriber, tail));
        }
    }

    private void push(Subscriber subscriber, byte[] tail) {
        written += tail.length;
        subscriber.outlet().push(tail);
        if (!subscriber.unflushed) {
            subscriber.unflushed = true;
            unflushed.add(subscriber);
            flushSoon();
        }
    }

    private void flushSoon() {
        if (!flushScheduled) {
            flushScheduled = true;
            loop.execute(this::flush);
        }
    }

    private void flush() {
        flushScheduled = false;
        for (int i = 0; i < FLUSHES_PER_TURN; i++) {
            Subscriber subscriber = unflushed.poll();
            if (subscriber == null) {
                return;
            }
            subscriber.unflushed = false;
            subscriber.outlet().flushPushed();
        }
        if (!unflushed.isEmpty()) {
            flushSoon();
        }
    }

    private void closeThoseWhoMissed() {
        if (missed.isEmpty()) {
            return;
        }
        for (Missed each : List.copyOf(missed)) {
            missed.remove(each);
            Members to = members(each.kind()).get(each.name());
            if (to != null) {
                to.forEach(subscriber -> subscriber.outlet().overflowed());
            }
        }
    }

    void add(Kind kind, Name name, Subscriber subscriber) {
        members(kind).computeIfAbsent(name, n -> new Members()).add(subscriber);
    }

    void remove(Kind kind, Name name, Subscriber subscriber) {
        Map<Name, Members> names = members(kind);
        Members from = names.get(name);
        if (from != null) {
            from.remove(subscriber);
            if (from.isEmpty()) {
                names.remove(name);
            }
        }
    }

    private Map<Name, Members> members(Kind kind) {
        return java.util.Objects.requireNonNull(members.get(kind));
    }
}

package io.cairn.mode;

import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.StripeBusyException;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.netty.channel.EventLoop;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Serves the waiting clients of a standalone node: after each command, block and script, before anybody sees its reply, one thread at a time lets those
 * try again for whose keys something happened, key after key in the order they became ready. What that makes ready (BLMOVE) comes behind. Redis:
 * handleClientsBlockedOnKeys.
 */
final class StandaloneServing {
    /** When scripts hold the stripes, it is tried again after this. */
    private static final long RETRY_MILLIS = 5;

    private final StandaloneMode mode;
    private final BlockedKeys blocked;
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    /** Scratch view, under the lock. */
    private final Value value = new Value();

    StandaloneServing(StandaloneMode mode, BlockedKeys blocked) {
        this.mode = mode;
        this.blocked = blocked;
    }

    /** No stripe is held. */
    void serve() {
        if (!blocked.anyReady() || lock.isHeldByCurrentThread()) {
            return;
        }
        lock.lock();
        try {
            for (BlockedKeys.Key key = blocked.takeReady(); key != null; key = blocked.takeReady()) {
                try {
                    serve(key);
                } catch (StripeBusyException e) {
                    blocked.becomeReady(key);
                    serveLater();
                    return;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** From a thread that must not wait for the stripes. */
    void serveSoon() {
        if (blocked.anyReady()) {
            EventLoop loop = anyLoop();
            if (loop != null) {
                loop.execute(this::serve);
            }
        }
    }

    private void serveLater() {
        EventLoop loop = anyLoop();
        if (loop != null && scheduled.compareAndSet(false, true)) {
            loop.schedule(
                    () -> {
                        scheduled.set(false);
                        serve();
                    },
                    RETRY_MILLIS,
                    TimeUnit.MILLISECONDS);
        }
    }

    private @Nullable EventLoop anyLoop() {
        Iterator<EventLoop> all = mode.loops().iterator();
        return all.hasNext() ? all.next() : null;
    }

    private void serve(BlockedKeys.Key key) {
        long after = 0;
        while (true) {
            BlockedKeys.Waiter waiter = blocked.next(key, typeOf(key), after);
            if (waiter == null) {
                return;
            }
            after = waiter.order();
            if (waiter.begin(key.bytes())) {
                Attempt attempt = new Attempt(key);
                waiter.runAlone(attempt);
                if (!attempt.isOverWithin()) {
                    return; // It goes on when the log has space again.
                }
            }
        }
    }

    /** One client's attempt: over at once, or later on its event loop, and then its key's line goes on. */
    private final class Attempt implements Runnable {
        private final BlockedKeys.Key key;
        private boolean over;
        private boolean later;

        Attempt(BlockedKeys.Key key) {
            this.key = key;
        }

        synchronized boolean isOverWithin() {
            later = !over;
            return over;
        }

        @Override
        public void run() {
            synchronized (this) {
                over = true;
                if (!later) {
                    return;
                }
            }
            blocked.becomeReady(key);
            serve0();
        }

        private void serve0() {
            StandaloneServing.this.serve();
        }
    }

    /** What lies under a key, expired or not: whoever tries will see. */
    private @Nullable ValueType typeOf(BlockedKeys.Key key) {
        Keyspace keyspace = mode.keyspace;
        byte[] name = key.bytes();
        NativeBlock memory = NativeBlock.allocate(name.length);
        try {
            Memory.copy(name, 0, memory.address(), name.length);
            int stripe = keyspace.stripeOf(Slots.of(memory.address(), name.length));
            keyspace.lock(stripe);
            try {
                boolean there = keyspace.database(key.database()).peek(memory.address(), name.length, 0, value);
                return there ? value.type : null;
            } finally {
                keyspace.unlock(stripe);
            }
        } finally {
            memory.release();
        }
    }
}

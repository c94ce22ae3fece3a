package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.Flag;
import io.cairn.command.KeyPositions;
import io.cairn.command.MovingKeys.Refused;
import io.cairn.command.ScriptCommands;
import io.cairn.keyspace.Slots;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Slots with keys that MIGRATE sends elsewhere: writes to them wait. A slot is held by one MIGRATE at a time. Any thread;
 * {@link #waits} is called on event loops, for each write, and costs them one read while nothing is held.
 */
final class MovingSlots {
    private static final String STOPPING = "ERR the node is stopping";

    private volatile boolean active;
    private final BitSet slots = new BitSet();
    private final Set<Origin> waiting = new HashSet<>();
    /** Read: a migration uses the keyspace. Write: the node stops, and none will. */
    private final ReadWriteLock uses = new ReentrantReadWriteLock();

    private boolean closed;

    /** Whether anything is held. */
    boolean active() {
        return active;
    }

    /**
     * True when a call has to wait, because it is a write or a script; {@code origin} is resumed then. Attempts of clients that waited for their keys never
     * wait: MIGRATE begins when those are served.
     *
     * @param positions scratch
     */
    boolean waits(Origin origin, Command command, Args args, KeyPositions positions) {
        if (!active || !mayWrite(command) || origin instanceof BlockedKeys.Waiter) {
            return false;
        }
        int count = positions.find(command, args);
        synchronized (this) {
            boolean held = active && (count == 0 || command.keys().wholeKeyspace());
            for (int i = 0; i < count && active && !held; i++) {
                int at = positions.at(i);
                held = slots.get(Slots.of(args.address(at), args.length(at)));
            }
            if (held) {
                waiting.add(origin);
            }
            return held;
        }
    }

    private static boolean mayWrite(Command command) {
        return command.is(Flag.WRITE) || ScriptCommands.runsScript(command);
    }

    /** True while anything is held; {@code origin} is resumed when that changes. */
    synchronized boolean waits(Origin origin) {
        if (active) {
            waiting.add(origin);
        }
        return active;
    }

    /**
     * Holds slots, as soon as nobody else does.
     *
     * @return the slots, for {@link #release}
     */
    BitSet hold(List<byte[]> keys, long timeoutMillis) throws Refused {
        BitSet wanted = new BitSet();
        keys.forEach(key -> wanted.set(Slots.of(key)));
        return hold(wanted, timeoutMillis);
    }

    /** As {@link #hold(List, long)}. */
    synchronized BitSet hold(BitSet wanted, long timeoutMillis) throws Refused {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        while (slots.intersects(wanted)) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                throw new Refused("TRYAGAIN The keys are being migrated already");
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Refused("ERR interrupted");
            }
        }
        slots.or(wanted);
        active = true;
        return wanted;
    }

    void release(BitSet held) {
        List<Origin> free;
        synchronized (this) {
            slots.andNot(held);
            active = !slots.isEmpty();
            free = new ArrayList<>(waiting); // Those of other slots will wait again.
            waiting.clear();
            notifyAll();
        }
        free.forEach(origin -> origin.eventLoop().execute(origin::resume));
    }

    /** Uses the keyspace. */
    <T extends @Nullable Object> T use(Supplier<T> what) throws Refused {
        uses.readLock().lock();
        try {
            if (closed) {
                throw new Refused(STOPPING);
            }
            return what.get();
        } finally {
            uses.readLock().unlock();
        }
    }

    /** From when this returns on, nobody uses the keyspace. */
    void close() {
        uses.writeLock().lock();
        try {
            closed = true;
        } finally {
            uses.writeLock().unlock();
        }
    }
}

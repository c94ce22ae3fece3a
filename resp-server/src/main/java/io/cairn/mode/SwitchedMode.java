package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.MovingKeys;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The mode of a node that can go from gossip to raft and back while it serves: passes calls on to one of two modes, and holds them all while it goes from one
 * to the other. Connections notice nothing but the pause. Nodes that cannot change have one of the two themselves.
 */
public final class SwitchedMode implements Mode {
    static final String CHANGES = "TRYAGAIN The shard is changing its consensus";

    private final Mode gossip;
    private final Mode raft;
    private volatile Mode current;
    /** Calls wait, or are refused when they have waited too long. Written under the lock of this. */
    private volatile boolean held;

    private volatile boolean refusing;
    // Guarded by this.
    private final Set<Origin> waiting = new HashSet<>();
    private long sinceNanos;
    private long holdNanos;
    private volatile long pauseMillis = -1;

    /** @param startsAsRaft which of the two runs calls at first */
    public SwitchedMode(Mode gossip, Mode raft, boolean startsAsRaft) {
        this.gossip = gossip;
        this.raft = raft;
        this.current = startsAsRaft ? raft : gossip;
    }

    public boolean isRaft() {
        return current == raft;
    }

    public boolean isHeld() {
        return held;
    }

    /** How long calls waited when they did last, milliseconds, -1 for never. */
    public long pauseMillis() {
        return pauseMillis;
    }

    /**
     * From now on calls wait, until {@link #release}; after {@code millis} they are refused with TRYAGAIN. Those that run go on. Any thread.
     */
    public synchronized void hold(long millis) {
        if (!held) {
            sinceNanos = System.nanoTime();
        }
        holdNanos = System.nanoTime() - sinceNanos + TimeUnit.MILLISECONDS.toNanos(millis);
        refusing = false;
        held = true;
    }

    /** What waits goes on, in raft mode or in gossip mode. Any thread. */
    public void release(boolean asRaft) {
        List<Origin> free;
        synchronized (this) {
            current = asRaft ? raft : gossip;
            if (held) {
                pauseMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - sinceNanos);
            }
            held = false;
            refusing = false;
            free = new ArrayList<>(waiting);
            waiting.clear();
        }
        resume(free);
    }

    /** The other mode runs calls once they are released. While they are held. */
    public synchronized void become(boolean asRaft) {
        current = asRaft ? raft : gossip;
    }

    private static void resume(List<Origin> free) {
        free.forEach(origin -> origin.eventLoop().execute(origin::resume));
    }

    /** From the node's cron: who has waited too long is refused. */
    public void tick() {
        if (!held || refusing) {
            return;
        }
        List<Origin> late;
        synchronized (this) {
            if (!held || System.nanoTime() - sinceNanos < holdNanos) {
                return;
            }
            refusing = true;
            late = new ArrayList<>(waiting);
            waiting.clear();
        }
        resume(late);
    }

    /** True when the call waits; {@code origin} is resumed then. */
    private synchronized boolean waits(Origin origin) {
        if (held && !refusing) {
            waiting.add(origin);
            return true;
        }
        return false;
    }

    /** What becomes of a call while all are held; null when they are not any more. */
    private @Nullable Outcome whileHeld(Origin origin) {
        if (waits(origin)) {
            return Outcome.WAIT;
        }
        if (!held) {
            return null;
        }
        if (origin.pending() > 0) {
            return Outcome.WAIT;
        }
        origin.reply().error(CHANGES);
        return Outcome.DONE;
    }

    @Override
    public Outcome execute(Origin origin, Command command, Args args) {
        if (held) {
            Outcome outcome = whileHeld(origin);
            if (outcome != null) {
                return outcome;
            }
        }
        return current.execute(origin, command, args);
    }

    /** Who was let in by {@link #holds} in this turn of the loop runs in the mode of then: nothing changes before the turn is over. */
    @Override
    public Outcome executeBlock(Origin origin, Block block) {
        if (held && refusing) {
            origin.reply().error("EXECABORT Transaction discarded because of: " + CHANGES);
            return Outcome.DONE;
        }
        return current.executeBlock(origin, block);
    }

    @Override
    public @Nullable String refusal(Origin origin, Command command, Args args) {
        if (held) {
            return refusing ? CHANGES : null; // EXEC waits, and sees.
        }
        return current.refusal(origin, command, args);
    }

    @Override
    public boolean makeRoom(Origin origin) {
        return current.makeRoom(origin);
    }

    @Override
    public boolean holds(Origin origin, Command command, Args args) {
        return (held && waits(origin)) || current.holds(origin, command, args);
    }

    @Override
    public void serves(EventLoop loop) {
        gossip.serves(loop);
        raft.serves(loop);
    }

    /** Calls of before a change may have left something in either. */
    @Override
    public void endOfTurn(Origin origin) {
        gossip.endOfTurn(origin);
        raft.endOfTurn(origin);
    }

    @Override
    public void whenDurable(Origin origin, Runnable run) {
        current.whenDurable(origin, run);
    }

    @Override
    public MovingKeys movingKeys() {
        return new Moving(() -> current.movingKeys());
    }

    /** Of whichever mode there is when a MIGRATE begins. */
    private record Moving(Supplier<MovingKeys> now) implements MovingKeys {
        @Override
        public boolean anyPresent(int database, List<byte[]> keys) throws Refused {
            return now.get().anyPresent(database, keys);
        }

        @Override
        public Held hold(int database, List<byte[]> keys, long timeoutMillis) throws Refused {
            return now.get().hold(database, keys, timeoutMillis);
        }
    }

    @Override
    public void forget(Origin origin) {
        synchronized (this) {
            waiting.remove(origin);
        }
        gossip.forget(origin);
        raft.forget(origin);
    }

    @Override
    public void close() {
        gossip.close();
        raft.close();
    }
}

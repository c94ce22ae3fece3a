package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import io.cairn.command.Flag;
import io.cairn.keyspace.Keyspace;
import io.cairn.metrics.NodeStats;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The mode of a node on its own: a call runs at once on its connection's event loop, under the locks of its keys'
 * stripes, and its record goes to the journal before they are released. Replies are sent when the journal has what they
 * show.
 */
public final class StandaloneMode implements Mode {
    final Keyspace keyspace;
    final CommandTable commands;
    final NodeStats stats;
    private final BlockedKeys blocked;
    private final RecordClock clock;
    private volatile Journal journal;
    private volatile long maxMemory;
    private final AtomicBoolean snapshotFailed = new AtomicBoolean();
    /** Records that changed something since the last dump.rdb (Redis: dirty). */
    private final AtomicLong changes = new AtomicLong();

    private final FastThreadLocal<StandaloneWorker> workers = new FastThreadLocal<>() {
        @Override
        protected StandaloneWorker initialValue() {
            return new StandaloneWorker(StandaloneMode.this);
        }
    };

    public StandaloneMode(
            Keyspace keyspace,
            CommandTable commands,
            NodeStats stats,
            BlockedKeys blocked,
            RecordClock clock,
            Journal journal) {
        this.keyspace = keyspace;
        this.commands = commands;
        this.stats = stats;
        this.blocked = blocked;
        this.clock = clock;
        this.journal = journal;
    }

    BlockedKeys blocked() {
        return blocked;
    }

    RecordClock clock() {
        return clock;
    }

    Journal journal() {
        return journal;
    }

    /** Exchanges the journal (CONFIG SET appendonly); the caller holds all stripes. */
    public void journal(Journal next) {
        journal = next;
    }

    /** maxmemory, bytes; 0 for none. */
    public void maxMemory(long bytes) {
        maxMemory = bytes;
    }

    /** While true, writes answer MISCONF: the last background save failed and stop-writes-on-bgsave-error is set. */
    public void snapshotFailed(boolean failed) {
        snapshotFailed.set(failed);
    }

    public long changes() {
        return changes.get();
    }

    /** After a dump.rdb that held {@code saved} changes. */
    public void saved(long saved) {
        changes.addAndGet(-saved);
    }

    void changed(long count) {
        changes.addAndGet(count);
    }

    /** Why a write may not run now, or null. */
    @Nullable
    String writeRefusal(Command command) {
        long max = maxMemory;
        if (max > 0 && command.is(Flag.DENYOOM) && keyspace.usedBytes() > max) {
            return Refusal.OUT_OF_MEMORY;
        }
        if (snapshotFailed.get()) {
            return Refusal.SNAPSHOT_FAILED;
        }
        return journal.diskHasRoom() ? null : Refusal.DISK_FULL;
    }

    @Override
    public Outcome execute(Origin origin, Command command, Args args) {
        StandaloneWorker worker = workers.get();
        Outcome outcome = worker.execute(origin, command, args);
        worker.serve();
        return outcome;
    }

    @Override
    public Outcome executeBlock(Origin origin, Block block) {
        StandaloneWorker worker = workers.get();
        Outcome outcome = worker.executeBlock(origin, block);
        worker.serve();
        return outcome;
    }

    @Override
    public @Nullable String refusal(Origin origin, Command command, Args args) {
        return command.is(Flag.WRITE) ? writeRefusal(command) : null;
    }

    @Override
    public void endOfTurn(Origin origin) {
        workers.get().endOfTurn();
    }

    @Override
    public void whenDurable(Origin origin, Runnable run) {
        Journal current = journal;
        if (current.durableIndex() >= current.appendedIndex()) {
            run.run();
        } else {
            workers.get().whenDurable(origin, current, run);
        }
    }

    /** Deletes one expired key if it is still the one that was found; any thread. */
    public boolean expire(int database, byte[] key, long expireAt, long version) {
        return workers.get().expire(database, key, expireAt, version);
    }

    @Override
    public void close() {}
}

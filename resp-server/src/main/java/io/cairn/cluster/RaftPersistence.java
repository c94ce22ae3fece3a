package io.cairn.cluster;

import io.cairn.aof.LogStats;
import io.cairn.command.Persistence;
import io.cairn.mode.ShardStore;
import io.cairn.raft.shards.ClusterMember;
import io.cairn.raft.shards.ShardGroup;
import java.time.Clock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SAVE, BGSAVE and BGREWRITEAOF in raft mode are all a snapshot of the shard's replica, after which its log is purged;
 * one is taken by itself when the log holds much beyond the last one, see {@link SnapshotPace}. Any thread.
 */
final class RaftPersistence implements Persistence {
    private static final Logger LOG = LoggerFactory.getLogger(RaftPersistence.class);
    private static final long SAVE_SECONDS = 600;
    private static final int SPREAD = 32;
    private static final String NO_SHARD = "ERR This node has no shard to save";
    private static final String UNDER_WAY = "ERR Background save already in progress";

    private final ClusterMember member;
    private final String nodeId;
    private final Clock clock;
    private final LongSupplier maxLogBytes;
    private final LongSupplier maxLogEntries;
    private final ShardStore store;
    private final Supplier<@Nullable String> reload;
    private final SnapshotPace pace = new SnapshotPace();
    private volatile @Nullable Run current;
    private volatile @Nullable Run last;
    private volatile boolean scheduled;
    private volatile long restsUntilNanos = System.nanoTime();
    private volatile long bytesAtSnapshot;
    private volatile long changesAtSnapshot;
    private volatile long snapshots;

    /** A snapshot's times, seconds of the Unix epoch; {@code ended} 0 while it runs. */
    private record Run(long began, long ended, boolean ok) {}

    /**
     * @param maxLogBytes cluster-snapshot-log-size
     * @param maxLogEntries cluster-snapshot-log-entries
     * @param store whose data it is
     * @param reload takes the data through a file and back; answers the error line, or null
     */
    RaftPersistence(
            ClusterMember member,
            String nodeId,
            Clock clock,
            LongSupplier maxLogBytes,
            LongSupplier maxLogEntries,
            ShardStore store,
            Supplier<@Nullable String> reload) {
        this.reload = reload;
        this.member = member;
        this.nodeId = nodeId;
        this.clock = clock;
        this.maxLogBytes = maxLogBytes;
        this.maxLogEntries = maxLogEntries;
        this.store = store;
    }

    /** About once a second: a snapshot when the log has grown enough, or one that was scheduled. */
    void tend() {
        ShardGroup shard = member.shard();
        if (shard == null || current != null) {
            return;
        }
        boolean due = pace.due(shard.sinceSnapshot(), maxLogBytes.getAsLong(), spread(maxLogEntries.getAsLong()));
        // What a backup or a follower is given is no failure to wait after.
        if ((scheduled || due) && !store.isSnapshotUnderWay()) {
            scheduled = begin(shard) == null && scheduled;
        }
    }

    /** Up to half more, each replica its own part of it: all of them writing at once would slow the whole shard. */
    private long spread(long entries) {
        return entries + entries * Math.floorMod(nodeId.hashCode(), SPREAD) / (2 * SPREAD);
    }

    /** None begins for so long. Returns whether none is being written now. */
    synchronized boolean rest(long millis) {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        if (until - restsUntilNanos > 0) {
            restsUntilNanos = until;
        }
        return current == null && !store.isSnapshotUnderWay();
    }

    private synchronized @Nullable CompletableFuture<Long> begin(ShardGroup shard) {
        if (current != null || System.nanoTime() - restsUntilNanos < 0) {
            return null;
        }
        Run run = new Run(seconds(), 0, false);
        current = run;
        long bytes = shard.logStats().appendedBytes();
        long applied = store.changes();
        return shard.snapshot().whenComplete((index, failure) -> {
            last = new Run(run.began(), seconds(), failure == null);
            pace.ended(failure == null);
            current = null;
            if (failure == null) {
                bytesAtSnapshot = bytes;
                changesAtSnapshot = applied;
                synchronized (this) {
                    snapshots++;
                }
            } else {
                LOG.warn("snapshot of shard {} failed: {}", shard.shardId(), failure.getMessage());
            }
        });
    }

    private long seconds() {
        return clock.millis() / 1000;
    }

    @Override
    public @Nullable String save() {
        ShardGroup shard = member.shard();
        if (shard == null) {
            return NO_SHARD;
        }
        CompletableFuture<Long> done = begin(shard);
        if (done == null) {
            return UNDER_WAY;
        }
        try {
            done.get(SAVE_SECONDS, TimeUnit.SECONDS);
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "ERR interrupted";
        } catch (ExecutionException | TimeoutException e) {
            return "ERR snapshot failed: " + e.getMessage();
        }
    }

    @Override
    public String backgroundSave(boolean schedule) throws Refused {
        return start(schedule, "Background saving started", "Background saving scheduled");
    }

    @Override
    public String rewriteLog() throws Refused {
        return start(
                true,
                "Background append only file rewriting started",
                "Background append only file rewriting scheduled");
    }

    private String start(boolean schedule, String started, String later) throws Refused {
        ShardGroup shard = member.shard();
        if (shard == null) {
            throw new Refused(NO_SHARD);
        }
        if (begin(shard) != null) {
            return started;
        }
        if (!schedule) {
            throw new Refused(UNDER_WAY);
        }
        scheduled = true;
        return later;
    }

    @Override
    public @Nullable String reload(Reload how) {
        return how.save() && how.flush() && !how.merge()
                ? reload.get()
                : "ERR DEBUG RELOAD of a raft node has no options: its data is that of the shard's log";
    }

    @Override
    public @Nullable String reloadLog() {
        return "ERR DEBUG LOADAOF is not for a raft node: its log is loaded at the start; see DEBUG RELOAD";
    }

    @Override
    public Status status() {
        ShardGroup shard = member.shard();
        LogStats log = shard == null ? new LogStats(0, 0, 0, 0, 0, 0) : shard.logStats();
        Run running = current;
        Run ended = last;
        long began = running == null ? -1 : seconds() - running.began();
        long took = ended == null ? -1 : ended.ended() - ended.began();
        boolean ok = ended == null || ended.ok();
        return new Status(
                false,
                Math.max(0, store.changes() - changesAtSnapshot),
                running != null,
                ended == null ? 0 : ended.ended(),
                ok,
                took,
                began,
                true,
                running != null,
                scheduled,
                took,
                began,
                ok,
                true,
                log.appendedBytes(),
                bytesAtSnapshot,
                snapshots);
    }
}

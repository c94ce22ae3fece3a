package io.cairn.raft.shards;

import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.GroupHost;
import io.cairn.raft.meta.MessageTypes;
import io.cairn.raft.meta.MetaGroup;
import io.cairn.raft.meta.Migration;
import io.cairn.raft.meta.SlotRange;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * This node's part in atomic migrations: as the leader of a shard it streams slots away, one migration at a time, and
 * receives others. Everything is derived from the meta map and the shard's log, so whoever leads next goes on. {@link #tick} on the
 * cluster thread; the rest any thread.
 */
public final class Migrator {
    /** Pause before an attempt that follows one of this leader's that came to nothing. */
    static final long RETRY_MILLIS = 1_000;
    /** A new leader that finds slots frozen gives the target the time to have the attempt of before committed. */
    static final long TAKE_OVER_MILLIS = 1_500;

    private final String selfId;
    private final int port;
    private final MetaGroup meta;
    private final GroupHost host;
    private final LeaderTable leaders;
    private final LongSupplier clockMillis;
    private final LongSupplier wallMillis;
    private final MigrationTarget target;
    private volatile SlotTraffic traffic = SlotTraffic.NONE;
    private volatile MigrationSettings settings = MigrationSettings.DEFAULT;
    private volatile @Nullable MigrationSource source;
    private volatile @Nullable Thread running;
    private volatile boolean closed;
    private long ledTerm;
    private long ledSince;
    /** What became of this leader's last attempts, by id. */
    private final Map<String, String> failures = new HashMap<>();

    /** The migration that failed last here; empty for none. */
    private String failedLast = "";

    private long notBefore;

    Migrator(
            String selfId,
            int port,
            MetaGroup meta,
            GroupHost host,
            LeaderTable leaders,
            Supplier<@Nullable ShardGroup> shard,
            LongSupplier clockMillis,
            LongSupplier wallMillis) {
        this.selfId = selfId;
        this.port = port;
        this.meta = meta;
        this.host = host;
        this.leaders = leaders;
        this.clockMillis = clockMillis;
        this.wallMillis = wallMillis;
        this.target = new MigrationTarget(meta, shard, clockMillis, wallMillis);
    }

    /** Before the node starts. */
    public void use(SlotTraffic calls, MigrationSettings how) {
        traffic = calls;
        settings = how;
    }

    void start() {
        host.handle(MessageTypes.MIGRATION, false, (from, payload) -> target.answer(payload));
    }

    /** How far the migration that leaves this node has come, or null. */
    public @Nullable MigrationProgress progress() {
        MigrationSource now = source;
        return now == null || now.isDone() ? null : now.progress();
    }

    /** Bytes per second, lag and pause, as they are set now. */
    public MigrationSettings settings() {
        return settings;
    }

    void tick(ClusterMap map, ShardGroup local) {
        long term = local.servingTerm();
        long now = clockMillis.getAsLong();
        MigrationSource last = source;
        if (term == 0 || closed) {
            if (last != null) {
                last.stop();
            }
            ledTerm = 0;
            return;
        }
        if (term != ledTerm) {
            ledTerm = term;
            ledSince = now;
            notBefore = now;
            failures.clear();
            if (last != null) {
                last.stop();
            }
        }
        target.tick(map, local);
        drop(map, local);
        if (last != null) {
            if (!last.isDone()) {
                return;
            }
            source = null;
            if (!last.failure().isEmpty()) {
                failures.put(last.id(), last.failure());
                failedLast = last.id();
                notBefore = now + RETRY_MILLIS;
            }
        }
        if (now >= notBefore) {
            begin(map, local, now);
        }
    }

    private void begin(ClusterMap map, ShardGroup local, long now) {
        failures.keySet().removeIf(id -> map.migrations().running(id) == null);
        List<Migration> mine = new ArrayList<>(map.migrations().running());
        mine.removeIf(migration -> !migration.from().equals(local.shardId()));
        for (Migration migration : inTurn(mine, failedLast, local.slots().in(SlotState.FROZEN))) {
            if (hasAny(migration, local.slots().in(SlotState.HELD))) {
                continue; // The operator grants them first.
            }
            if (hasAny(migration, local.slots().in(SlotState.FROZEN)) && now - ledSince < TAKE_OVER_MILLIS) {
                return;
            }
            String why = failures.getOrDefault(migration.id(), "");
            if (why.isEmpty() && migration.attempt() > 0) {
                why = "the source's primary changed";
            }
            MigrationSource made = new MigrationSource(
                    new MigrationSource.Node(
                            selfId,
                            meta,
                            new MigrationLink(host, leaders, migration.to()),
                            traffic,
                            settings,
                            wallMillis),
                    local,
                    migration,
                    why);
            source = made;
            Thread thread = new Thread(made, "migration-" + port);
            thread.setDaemon(true);
            running = thread;
            thread.start();
            return;
        }
    }

    /**
     * Those with frozen slots first, for their next attempt is what serves the slots again. One that cannot be done must not stand
     * in the way of the others: those behind it come first.
     */
    static List<Migration> inTurn(List<Migration> running, String failedLast, BitSet frozen) {
        List<Migration> turned = new ArrayList<>(running);
        for (int i = 0; i < running.size(); i++) {
            if (running.get(i).id().equals(failedLast)) {
                Collections.rotate(turned, -(i + 1));
            }
        }
        turned.sort((a, b) -> Boolean.compare(hasAny(b, frozen), hasAny(a, frozen)));
        return turned;
    }

    private static boolean hasAny(Migration migration, BitSet slots) {
        return slots.stream().anyMatch(migration::has);
    }

    /** Gives up what is frozen, or held after a recovery, and has another owner by now. */
    private static void drop(ClusterMap map, ShardGroup local) {
        List<ShardEntry.Activation> gone = gone(map, local.shardId(), local.slots());
        if (!gone.isEmpty()) {
            local.proposeControl(new ShardEntry.Drop(gone));
        }
    }

    static List<ShardEntry.Activation> gone(ClusterMap map, String shardId, SlotTable table) {
        BitSet kept = table.in(SlotState.FROZEN);
        kept.or(table.in(SlotState.HELD));
        List<ShardEntry.Activation> gone = new ArrayList<>();
        int slot = kept.nextSetBit(0);
        while (slot >= 0) {
            int last = slot;
            boolean isGone = isGone(map, shardId, table, slot);
            while (kept.get(last + 1)
                    && table.epoch(last + 1) == table.epoch(slot)
                    && isGone(map, shardId, table, last + 1) == isGone) {
                last++;
            }
            if (isGone) {
                gone.add(new ShardEntry.Activation(new SlotRange(slot, last), table.epoch(slot)));
            }
            slot = kept.nextSetBit(last + 1);
        }
        return gone;
    }

    private static boolean isGone(ClusterMap map, String shardId, SlotTable table, int slot) {
        var owner = map.owner(slot);
        boolean ours = owner != null && owner.id().equals(shardId);
        return !ours && map.slotEpoch(slot) > table.epoch(slot);
    }

    /** Nobody uses the data any more when it returns; blocks a bounded time. On no thread of its own. */
    void close() {
        closed = true;
        MigrationSource last = source;
        Thread thread = running;
        if (last == null || thread == null) {
            return;
        }
        last.stop();
        thread.interrupt();
        try {
            thread.join(MetaGroup.CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.cairn.cluster;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.Reply;
import io.cairn.command.SessionCall;
import io.cairn.keyspace.Slots;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaGroup;
import io.cairn.raft.meta.MetaResult;
import io.cairn.raft.meta.Migration;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.SlotRange;
import io.cairn.raft.shards.MigrationProgress;
import io.cairn.raft.shards.ShardGroup;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The commands of atomic slot migration, in both dialects: CLUSTER MIGRATION of Redis 8.4, which goes to the destination, and
 * CLUSTER MIGRATESLOTS, GETSLOTMIGRATIONS and CANCELSLOTMIGRATIONS of Valkey 9, which go to the source. A node shows those
 * of its own shard; replicas do, too. Redis: cluster_asm.c; Valkey: cluster_migrateslots.c.
 */
final class MigrationCommands {
    private static final String CHANGE = "no_async_loading admin stale @admin @dangerous @slow";
    private static final int SECOND_MILLIS = 1_000;

    private final Supplier<ClusterRuntime> runtime;
    private final Supplier<String> newId;

    /** @param runtime asked at each call: the table of commands is made before the node's parts */
    MigrationCommands(Supplier<ClusterRuntime> runtime, Supplier<String> newId) {
        this.runtime = runtime;
        this.newId = newId;
    }

    List<Command> table() {
        return List.of(
                Command.session("cluster|migration", -4, CHANGE, this::migration),
                Command.session("cluster|migrateslots", -7, CHANGE, this::migrateSlots),
                Command.session("cluster|getslotmigrations", 2, CHANGE, this::getSlotMigrations),
                Command.session("cluster|cancelslotmigrations", 2, CHANGE, this::cancelSlotMigrations));
    }

    private MetaGroup meta() {
        return runtime.get().member().meta();
    }

    private Topology topology() {
        return runtime.get().topology();
    }

    private String selfId() {
        return topology().self().id();
    }

    private @Nullable String ownShard() {
        Shard mine = topology().map().shardOfNode(selfId());
        return mine == null ? null : mine.id();
    }

    private boolean isReplica() {
        Shard mine = topology().map().shardOfNode(selfId());
        return mine != null && !topology().printedPrimary(mine).equals(selfId());
    }

    private void migration(SessionCall call) {
        Args args = call.args();
        int count = args.count();
        if (args.is(2, "import") && count % 2 == 1 && count >= 5) {
            importSlots(call);
        } else if (args.is(2, "status") && (count == 4 ? args.is(3, "all") : count == 5 && args.is(3, "id"))) {
            status(call, count == 4 ? null : args.text(4));
        } else if (args.is(2, "cancel") && (count == 4 ? args.is(3, "all") : count == 5 && args.is(3, "id"))) {
            cancel(call, count == 4 ? null : args.text(4));
        } else if (args.is(2, "import") || args.is(2, "status") || args.is(2, "cancel")) {
            call.reply().error("ERR wrong number of arguments for 'cluster|migration' command");
        } else {
            call.reply()
                    .error("ERR unknown subcommand or wrong number of arguments for '" + args.text(2)
                            + "'. Try CLUSTER HELP.");
        }
    }

    private void importSlots(SessionCall call) {
        BitSet slots = ranges(call, 3, call.args().count());
        if (slots == null) {
            return;
        }
        if (isReplica()) {
            call.reply().error("ERR slot migration not allowed on replica.");
            return;
        }
        String id = newId.get();
        begin(
                call,
                List.of(new MetaCommand.MigrationPlan(id, merge(slots), "", selfId(), newId.get())),
                reply -> reply.bulk(id));
    }

    private void migrateSlots(SessionCall call) {
        Args args = call.args();
        if (isReplica()) {
            call.reply().error("ERR Only primaries can migrate slots");
            return;
        }
        ClusterMap map = topology().map();
        List<MetaCommand.MigrationPlan> plans = new ArrayList<>();
        BitSet seen = new BitSet(Slots.COUNT);
        int at = 2;
        while (at < args.count()) {
            int node = at + 1;
            while (node < args.count() && !args.is(node, "node")) {
                node++;
            }
            if (!args.is(at, "slotsrange") || node + 1 >= args.count() || (node - at) % 2 == 0 || node == at + 1) {
                call.reply().error("ERR syntax error");
                return;
            }
            BitSet slots = ranges(call, at + 1, node);
            if (slots == null) {
                return;
            }
            if (seen.intersects(slots)) {
                slots.and(seen);
                call.reply().error("ERR Slot " + slots.nextSetBit(0) + " specified multiple times");
                return;
            }
            seen.or(slots);
            String target = args.text(node + 1);
            Shard to = map.shardOfNode(target);
            if (map.isForgotten(target)) {
                call.reply().error("ERR Unknown node " + target);
                return;
            }
            if (to != null && !topology().printedPrimary(to).equals(target)) {
                call.reply().error("ERR Target node is not a master");
                return;
            }
            plans.add(new MetaCommand.MigrationPlan(newId.get(), merge(slots), selfId(), target, newId.get()));
            at = node + 2;
        }
        begin(call, plans, Reply::ok);
    }

    private void begin(SessionCall call, List<MetaCommand.MigrationPlan> plans, Consumer<Reply> done) {
        long now = System.currentTimeMillis();
        SessionCall.Later later = call.later();
        meta().formAlone()
                .thenCompose(formed -> meta().propose(new MetaCommand.BeginMigrations(plans, now)))
                .thenCompose(this::after)
                .exceptionally(failure -> "ERR " + AdminRun.reason(failure))
                .thenAccept(error -> later.complete(reply -> {
                    if (error.isEmpty()) {
                        done.accept(reply);
                    } else {
                        reply.error(error);
                    }
                }));
    }

    /** Completes with an error line, or empty once this node's map shows the change. */
    private CompletableFuture<String> after(MetaResult result) {
        return switch (result.outcome()) {
            case REFUSED -> CompletableFuture.completedFuture("ERR " + result.reason());
            case NOT_TAKEN -> CompletableFuture.completedFuture("CLUSTERDOWN " + result.reason());
            case UNKNOWN ->
                CompletableFuture.completedFuture(
                        "UNKNOWNOUTCOME The change may or may not take effect: " + result.reason());
            case APPLIED -> {
                Function<Throwable, String> late =
                        failure -> "ERR the change is decided but this node has not heard of it yet";
                yield meta().await(result.version()).thenApply(done -> "").exceptionally(late);
            }
        };
    }

    /** Pairs of slots in the arguments {@code from} to {@code to}, exclusive; null after an error reply. */
    private static @Nullable BitSet ranges(SessionCall call, int from, int to) {
        BitSet slots = new BitSet(Slots.COUNT);
        for (int i = from; i + 1 < to; i += 2) {
            int first = slot(call, i);
            int last = first < 0 ? -1 : slot(call, i + 1);
            if (last < 0) {
                return null;
            }
            if (first > last) {
                call.reply().error("ERR start slot number " + first + " is greater than end slot number " + last);
                return null;
            }
            int twice = slots.nextSetBit(first);
            if (twice >= 0 && twice <= last) {
                call.reply().error("ERR Slot " + twice + " specified multiple times");
                return null;
            }
            slots.set(first, last + 1);
        }
        return slots;
    }

    /** The slot in argument {@code i}, or -1 after an error reply. Redis: getSlotOrReply. */
    private static int slot(SessionCall call, int i) {
        int slot;
        try {
            slot = Integer.parseInt(call.args().text(i));
        } catch (NumberFormatException e) {
            slot = -1;
        }
        if (slot < 0 || slot >= Slots.COUNT) {
            call.reply().error("ERR Invalid or out of range slot");
            return -1;
        }
        return slot;
    }

    private static List<SlotRange> merge(BitSet slots) {
        List<SlotRange> ranges = new ArrayList<>();
        for (int first = slots.nextSetBit(0); first >= 0; first = slots.nextSetBit(slots.nextClearBit(first))) {
            ranges.add(new SlotRange(first, slots.nextClearBit(first) - 1));
        }
        return ranges;
    }

    /** Those that concern this node's shard, the latest first. */
    private List<Migration> own() {
        String mine = ownShard();
        List<Migration> own = new ArrayList<>();
        for (Migration migration : topology().map().migrations().all()) {
            if (migration.from().equals(mine) || migration.to().equals(mine)) {
                own.add(0, migration);
            }
        }
        return own;
    }

    private static String slotsText(Migration migration) {
        return migration.slots().stream()
                .map(range -> range.first() + "-" + range.last())
                .collect(Collectors.joining(" "));
    }

    private void status(SessionCall call, @Nullable String id) {
        List<Migration> shown = own();
        if (id != null) {
            shown.removeIf(migration -> !migration.id().equals(id));
        }
        Reply reply = call.reply();
        reply.array(shown.size());
        for (Migration migration : shown) {
            boolean leaves = migration.from().equals(ownShard());
            reply.map(12);
            text(reply, "id", migration.id());
            text(reply, "slots", slotsText(migration));
            text(reply, "source", migration.sourceNode());
            text(reply, "dest", migration.targetNode());
            text(reply, "operation", leaves ? "migrate" : "import");
            text(reply, "state", redisState(migration, leaves));
            text(reply, "last_error", migration.lastError());
            number(reply, "retries", Math.max(0, migration.attempt() - 1));
            number(reply, "create_time", migration.createMillis());
            number(reply, "start_time", migration.startMillis());
            number(reply, "end_time", migration.endMillis());
            number(reply, "write_pause_ms", migration.pauseMillis());
        }
    }

    private static void text(Reply reply, String field, String value) {
        reply.bulk(field);
        reply.bulk(value);
    }

    private static void number(Reply reply, String field, long value) {
        reply.bulk(field);
        reply.number(value);
    }

    private String redisState(Migration migration, boolean leaves) {
        return switch (migration.state()) {
            case DONE -> "completed";
            case CANCELED -> "canceled";
            case FAILED -> "failed";
            case RUNNING ->
                switch (stage(migration, leaves)) {
                    case WAITING -> "none";
                    case CONNECTING -> "connecting";
                    case SNAPSHOT -> leaves ? "send-bulk-and-stream" : "accumulate-buffer";
                    case STREAM -> leaves ? "send-stream" : "streaming-buffer";
                    case HANDOFF -> leaves ? "handoff" : "takeover";
                };
        };
    }

    private String valkeyState(Migration migration, boolean leaves) {
        return switch (migration.state()) {
            case DONE -> "success";
            case CANCELED -> "cancelled";
            case FAILED -> "failed";
            case RUNNING ->
                switch (stage(migration, leaves)) {
                    case WAITING, CONNECTING -> leaves ? "connecting" : "waiting-for-snapshot";
                    case SNAPSHOT -> leaves ? "snapshotting" : "receiving-snapshot";
                    case STREAM -> leaves ? "replicating" : "receiving-snapshot";
                    case HANDOFF -> leaves ? "failover-paused" : "failover-requested";
                };
        };
    }

    private enum Stage {
        WAITING,
        CONNECTING,
        SNAPSHOT,
        STREAM,
        HANDOFF
    }

    /** How far one that is under way has come, as far as this node knows. */
    private Stage stage(Migration migration, boolean leaves) {
        if (migration.attempt() == 0) {
            return Stage.WAITING;
        }
        MigrationProgress progress = progress(migration);
        ShardGroup shard = runtime.get().member().shard();
        if (leaves) {
            return progress == null
                    ? Stage.CONNECTING
                    : Stage.valueOf(progress.state().toUpperCase(Locale.ROOT));
        }
        if (shard == null || !shard.receives(migration.id())) {
            return Stage.CONNECTING;
        }
        return shard.hasArrived(migration.slots().get(0).first()) ? Stage.HANDOFF : Stage.SNAPSHOT;
    }

    private @Nullable MigrationProgress progress(Migration migration) {
        MigrationProgress progress = runtime.get().member().migrator().progress();
        return progress != null && progress.id().equals(migration.id()) ? progress : null;
    }

    private void getSlotMigrations(SessionCall call) {
        List<Migration> shown = own();
        Reply reply = call.reply();
        reply.array(shown.size());
        for (Migration migration : shown) {
            boolean leaves = migration.from().equals(ownShard());
            MigrationProgress progress = progress(migration);
            long created = migration.createMillis() / SECOND_MILLIS;
            long updated = progress == null
                    ? Math.max(migration.endMillis(), migration.startMillis()) / SECOND_MILLIS
                    : progress.updatedMillis() / SECOND_MILLIS;
            reply.map(12);
            text(reply, "name", migration.id());
            text(reply, "operation", leaves ? "EXPORT" : "IMPORT");
            text(reply, "slot_ranges", slotsText(migration));
            text(reply, "target_node", migration.targetNode());
            text(reply, "source_node", migration.sourceNode());
            number(reply, "create_time", created);
            number(reply, "last_update_time", Math.max(created, updated));
            number(reply, "last_ack_time", progress == null ? 0 : progress.lastAnswerMillis() / SECOND_MILLIS);
            text(reply, "state", valkeyState(migration, leaves));
            text(reply, "message", message(migration, progress));
            number(reply, "cow_size", 0);
            number(reply, "remaining_repl_size", progress == null ? 0 : progress.waitingBytes());
        }
    }

    /** What {@code cairn cluster move} makes its bar of. */
    private static String message(Migration migration, @Nullable MigrationProgress progress) {
        return progress == null
                ? migration.lastError()
                : "attempt " + migration.attempt() + ": " + progress.keysSent() + " of " + progress.keysTotal()
                        + " keys, " + progress.sentBytes() + " bytes";
    }

    private void cancelSlotMigrations(SessionCall call) {
        List<Migration> running = own();
        running.removeIf(
                migration -> !migration.isRunning() || !migration.from().equals(ownShard()));
        if (running.isEmpty()) {
            call.reply().error("ERR No migrations ongoing");
            return;
        }
        cancel(call, running, (reply, count) -> reply.ok());
    }

    private void cancel(SessionCall call, @Nullable String id) {
        List<Migration> running = own();
        Migration named = id == null ? null : topology().map().migrations().running(id);
        if (id != null) {
            running = named == null ? List.of() : List.of(named);
        } else {
            running.removeIf(migration -> !migration.isRunning());
        }
        if (running.isEmpty()) {
            call.reply().number(0);
            return;
        }
        cancel(call, running, Reply::number);
    }

    /** What to reply when so many were cancelled. */
    private interface Cancelled {
        void reply(Reply reply, long count);
    }

    private void cancel(SessionCall call, List<Migration> which, Cancelled done) {
        long now = System.currentTimeMillis();
        SessionCall.Later later = call.later();
        List<CompletableFuture<String>> ends = new ArrayList<>();
        for (Migration migration : which) {
            ends.add(meta().propose(new MetaCommand.EndMigration(migration.id(), true, now, "cancelled"))
                    .thenCompose(this::after)
                    .exceptionally(failure -> "ERR " + AdminRun.reason(failure)));
        }
        CompletableFuture.allOf(ends.toArray(new CompletableFuture<?>[0])).thenRun(() -> {
            String error = ends.stream()
                    .map(CompletableFuture::join)
                    .filter(text -> !text.isEmpty())
                    .findFirst()
                    .orElse("");
            // One that was committed meanwhile has not been cancelled.
            long count = which.stream()
                    .map(migration -> topology().map().migrations().find(migration.id()))
                    .filter(found -> found != null && found.state() == Migration.State.CANCELED)
                    .count();
            later.complete(reply -> {
                if (error.isEmpty()) {
                    done.reply(reply, count);
                } else {
                    reply.error(error);
                }
            });
        });
    }
}

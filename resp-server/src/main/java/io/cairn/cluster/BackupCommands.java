package io.cairn.cluster;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.Reply;
import io.cairn.command.SessionCall;
import io.cairn.raft.group.Failure;
import io.cairn.raft.group.RaftGroup;
import io.cairn.raft.group.ReadBarrier;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.SlotRange;
import io.cairn.raft.shards.ShardGroup;
import io.cairn.raft.shards.SlotState;
import io.cairn.raft.shards.SlotTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongPredicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** CAIRN CUT, HOLD and RELEASE: what {@code cairn backup} sends; Redis has no such commands. */
public final class BackupCommands {
    private static final String ADMIN = "admin noscript stale @admin @slow @dangerous";

    /** Whoever gets this may ask again a little later. */
    public static final String SNAPSHOT_UNDER_WAY = "ERR Writes are not held while a snapshot is being written";

    private final Supplier<ClusterRuntime> runtime;
    private final LongPredicate restSnapshots;

    /**
     * @param runtime asked at each call: the table of commands is made before the node's parts
     * @param restSnapshots keeps snapshots from beginning for so many milliseconds, and tells whether there is none
     */
    BackupCommands(Supplier<ClusterRuntime> runtime, LongPredicate restSnapshots) {
        this.runtime = runtime;
        this.restSnapshots = restSnapshots;
    }

    List<Command> table() {
        return List.of(
                Command.session("cairn|cut", 2, ADMIN, this::cut),
                Command.session("cairn|hold", 4, ADMIN, this::hold),
                Command.session("cairn|release", 3, ADMIN, this::release));
    }

    /**
     * CAIRN CUT: {@code [cluster id, active version, number of slots that are on their way, shards, settings]}: a shard is
     * {@code [id, primary's host:port or "", slots, ownership]}, where ownership changes whenever a slot changes hands; settings are
     * name and value in turn. By the map as it is now, not as this node happens to have it: what changes hands between two of these
     * shows.
     */
    private void cut(SessionCall call) {
        Topology topology = runtime.get().topology();
        RaftGroup group = runtime.get().member().meta().group();
        if (group == null || !topology.map().isFormed()) {
            call.reply().error("ERR This node is in no cluster");
            return;
        }
        SessionCall.Later later = call.later();
        group.readBarrier(new ReadBarrier() {
            @Override
            public void passed() {
                later.complete(reply -> cut(topology, reply));
            }

            @Override
            public void refused(Failure failure) {
                later.complete(reply -> reply.error("TRYAGAIN the meta group does not answer: " + failure));
            }
        });
    }

    private static void cut(Topology topology, Reply reply) {
        ClusterMap map = topology.map();
        int moving = map.moves().next().size() + map.moves().open().size();
        reply.array(5);
        reply.bulk(map.clusterId());
        reply.number(map.activeFormat());
        reply.number(moving);
        List<Shard> owners = map.shards().stream()
                .filter(shard -> !map.slotsOf(shard.id()).isEmpty())
                .toList();
        reply.array(owners.size());
        for (Shard shard : owners) {
            ClusterNode primary = topology.primary(shard);
            List<SlotRange> slots = map.slotsOf(shard.id());
            reply.array(4);
            reply.bulk(shard.id());
            reply.bulk(primary == null ? "" : primary.host() + ":" + primary.port());
            reply.bulk(slots.stream()
                    .map(range -> range.first() + "-" + range.last())
                    .collect(Collectors.joining(",")));
            long ownership = 0;
            for (SlotRange range : slots) {
                for (int slot = range.first(); slot <= range.last(); slot++) {
                    ownership += map.slotEpoch(slot);
                }
            }
            reply.bulk(Long.toString(ownership));
        }
        List<String> settings = new ArrayList<>();
        for (Map.Entry<String, String> setting : ClusterConfig.settings(map).entrySet()) {
            settings.add(setting.getKey());
            settings.add(setting.getValue());
        }
        reply.array(settings.size());
        settings.forEach(reply::bulk);
    }

    /** CAIRN HOLD id milliseconds: answers once nothing is under way any more, with the term of this primary. */
    private void hold(SessionCall call) {
        Args args = call.args();
        int millis;
        try {
            millis = Integer.parseInt(args.text(3));
        } catch (NumberFormatException e) {
            call.reply().error("ERR value is not an integer or out of range");
            return;
        }
        ShardGroup shard = runtime.get().member().shard();
        if (shard == null || !shard.isServing()) {
            call.reply().error("ERR This node is no primary");
            return;
        }
        if (millis > 0 && millis <= ShardGroup.MAX_HOLD_MILLIS && !restSnapshots.test(millis)) {
            call.reply().error(SNAPSHOT_UNDER_WAY);
            return;
        }
        SessionCall.Later later = call.later();
        String id = args.text(2);
        shard.holdWrites(id, millis)
                .whenComplete((term, failure) -> later.complete(reply -> {
                    if (failure != null) {
                        reply.error("ERR writes cannot be held: " + message(failure));
                    } else if (!isWhole(shard)) {
                        shard.releaseWrites(id);
                        reply.error("ERR slots of this shard are on their way");
                    } else {
                        reply.number(term);
                    }
                }));
    }

    /** Whether the shard's log has just the slots that the map gives it: one between two shards would be in no file. */
    private boolean isWhole(ShardGroup shard) {
        ClusterMap map = runtime.get().topology().map();
        SlotTable table = shard.slots();
        for (int slot = 0; slot < SlotRange.SLOTS; slot++) {
            Shard owner = map.owner(slot);
            boolean mine = owner != null && owner.id().equals(shard.shardId());
            SlotState state = table.state(slot);
            boolean still = state == SlotState.SERVING || state == SlotState.ABSENT || state == SlotState.DROPPED;
            if (!still || mine != (state == SlotState.SERVING)) {
                return false;
            }
        }
        return true;
    }

    /** CAIRN RELEASE id. */
    private void release(SessionCall call) {
        ShardGroup shard = runtime.get().member().shard();
        if (shard == null) {
            call.reply().error("ERR This node has no shard");
            return;
        }
        SessionCall.Later later = call.later();
        shard.releaseWrites(call.args().text(2))
                .whenComplete((done, failure) -> later.complete(reply -> {
                    if (failure == null) {
                        reply.ok();
                    } else {
                        reply.error("ERR writes were not held all the time: " + message(failure));
                    }
                }));
    }

    private static String message(Throwable failure) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        String message = cause.getMessage();
        return message == null ? cause.toString() : message;
    }
}

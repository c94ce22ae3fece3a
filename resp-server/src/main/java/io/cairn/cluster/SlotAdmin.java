package io.cairn.cluster;

import io.cairn.command.Args;
import io.cairn.command.Reply;
import io.cairn.command.ServerState;
import io.cairn.keyspace.Slots;
import io.cairn.mode.SentKeys;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaGroup;
import io.cairn.raft.meta.OpenSlot;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.SlotRange;
import io.cairn.raft.shards.ShardGroup;
import io.cairn.raft.shards.SlotState;
import io.cairn.raft.shards.SlotTable;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * ADDSLOTS, DELSLOTS, their ranges, FLUSHSLOTS and SETSLOT (Redis: cluster.c, clusterCommand). Their replies come when the
 * log of this node's own shard has the slots as the map has them: whatever comes to this node after that finds it so.
 */
final class SlotAdmin {
    private static final int POLL_MILLIS = 2;
    private static final String LATE = "ERR the change is decided but has not taken effect yet";
    static final String NO_ACTION = "ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP";

    private final Supplier<ClusterRuntime> runtime;
    private final Supplier<String> newId;

    SlotAdmin(Supplier<ClusterRuntime> runtime, Supplier<String> newId) {
        this.runtime = runtime;
        this.newId = newId;
    }

    /** Arguments that are wrong: an error line. */
    static final class Wrong extends Exception {
        private static final long serialVersionUID = 1L;

        Wrong(String error) {
            super(error, null, false, false);
        }

        AdminStep step() {
            return AdminStep.refuse(String.valueOf(getMessage()));
        }
    }

    private Topology topology() {
        return runtime.get().topology();
    }

    private String selfId() {
        return topology().self().id();
    }

    Function<ClusterMap, AdminStep> assign(Args args, boolean ranges) {
        BitSet slots;
        try {
            slots = slots(args, ranges);
        } catch (Wrong e) {
            return map -> e.step();
        }
        List<SlotRange> merged = merge(slots);
        return map -> AdminStep.propose(new MetaCommand.Assign(selfId(), newId.get(), merged))
                .doneWhen(now -> slots.stream().allMatch(slot -> isMine(now, slot)))
                .then(() -> settled(slots));
    }

    Function<ClusterMap, AdminStep> release(Args args, boolean ranges) {
        try {
            BitSet slots = slots(args, ranges);
            return map -> release(slots);
        } catch (Wrong e) {
            return map -> e.step();
        }
    }

    private AdminStep release(BitSet slots) {
        return AdminStep.propose(new MetaCommand.Release(selfId(), merge(slots)))
                .shown(map -> slots.stream().noneMatch(map.moves()::isLeaving))
                .doneWhen(map -> slots.stream()
                        .allMatch(slot -> !isMine(map, slot) || map.moves().isLeaving(slot)))
                .then(() -> settled(slots));
    }

    private boolean isMine(ClusterMap map, int slot) {
        Shard owner = map.owner(slot);
        return owner != null && owner.hasMember(selfId());
    }

    private static List<SlotRange> merge(BitSet slots) {
        List<SlotRange> ranges = new ArrayList<>();
        for (int first = slots.nextSetBit(0); first >= 0; first = slots.nextSetBit(slots.nextClearBit(first))) {
            ranges.add(new SlotRange(first, slots.nextClearBit(first) - 1));
        }
        return ranges;
    }

    /** The slots that ADDSLOTS, DELSLOTS and their RANGE forms name. */
    static BitSet slots(Args args, boolean ranges) throws Wrong {
        return ranges ? ranges(args) : singles(args);
    }

    private static BitSet singles(Args args) throws Wrong {
        BitSet slots = new BitSet(Slots.COUNT);
        for (int i = 2; i < args.count(); i++) {
            add(slots, slot(args, i));
        }
        return slots;
    }

    private static BitSet ranges(Args args) throws Wrong {
        if (args.count() % 2 == 1) {
            String name = args.text(1).toLowerCase(Locale.ROOT);
            throw new Wrong("ERR wrong number of arguments for 'cluster|" + name + "' command");
        }
        BitSet slots = new BitSet(Slots.COUNT);
        for (int i = 2; i < args.count(); i += 2) {
            int first = slot(args, i);
            int last = slot(args, i + 1);
            if (first > last) {
                throw new Wrong("ERR start slot number " + first + " is greater than end slot number " + last);
            }
            for (int slot = first; slot <= last; slot++) {
                add(slots, slot);
            }
        }
        return slots;
    }

    private static void add(BitSet slots, int slot) throws Wrong {
        if (slots.get(slot)) {
            throw new Wrong("ERR Slot " + slot + " specified multiple times");
        }
        slots.set(slot);
    }

    /** Redis: getSlotOrReply. */
    static int slot(Args args, int i) throws Wrong {
        Integer slot = ClusterAdmin.number(args.text(i));
        if (slot == null || slot < 0 || slot >= Slots.COUNT) {
            throw new Wrong("ERR Invalid or out of range slot");
        }
        return slot;
    }

    Function<ClusterMap, AdminStep> flush(Args args, ServerState server) {
        return map -> {
            if (server.keyspace().database(0).size() != 0) {
                return AdminStep.refuse("ERR DB must be empty to perform CLUSTER FLUSHSLOTS.");
            }
            Shard mine = map.shardOfNode(selfId());
            BitSet all = new BitSet(Slots.COUNT);
            if (mine != null) {
                map.slotsOf(mine.id()).forEach(range -> all.set(range.first(), range.last() + 1));
            }
            return all.isEmpty() ? AdminStep.nothing() : release(all);
        };
    }

    Function<ClusterMap, AdminStep> set(Args args, ServerState server) {
        int slot;
        try {
            slot = slot(args, 2);
        } catch (Wrong e) {
            return map -> e.step();
        }
        boolean migrating = args.is(3, "migrating");
        boolean importing = args.is(3, "importing");
        boolean stable = args.is(3, "stable");
        boolean right = stable ? args.count() == 4 : args.count() == 5;
        if (!right || !(migrating || importing || stable || args.is(3, "node"))) {
            return map -> AdminStep.refuse(NO_ACTION);
        }
        String id = stable ? selfId() : args.text(4);
        return map -> {
            Shard mine = map.shardOfNode(selfId());
            if (mine != null && !topology().printedPrimary(mine).equals(selfId())) {
                return AdminStep.refuse("ERR Please use SETSLOT only with masters.");
            }
            boolean owns = isMine(map, slot);
            if (stable) {
                return open(slot, MetaCommand.OpenKind.STABLE, id);
            } else if (migrating && !owns) {
                return AdminStep.refuse("ERR I'm not the owner of hash slot " + slot);
            } else if (importing && owns) {
                return AdminStep.refuse("ERR I'm already the owner of hash slot " + slot);
            } else if (!NodeAdmin.known(map, id)) {
                String unknown = migrating || importing ? "ERR I don't know about node " : "ERR Unknown node ";
                return AdminStep.refuse(unknown + id);
            } else if (isReplica(map, id)) {
                return AdminStep.refuse("ERR Target node is not a master");
            } else if (migrating) {
                return open(slot, MetaCommand.OpenKind.MIGRATING, id);
            } else if (importing) {
                return open(slot, MetaCommand.OpenKind.IMPORTING, id);
            }
            return isGiven(map, slot, id)
                    ? AdminStep.nothing().then(() -> settled(one(slot)))
                    : give(server, slot, id, owns);
        };
    }

    private boolean isReplica(ClusterMap map, String id) {
        Shard shard = map.shardOfNode(id);
        return shard != null && !topology().printedPrimary(shard).equals(id);
    }

    private AdminStep open(int slot, MetaCommand.OpenKind kind, String other) {
        return AdminStep.propose(new MetaCommand.Open(slot, kind, selfId(), other, newId.get()))
                .then(() -> settled(one(slot)));
    }

    private static BitSet one(int slot) {
        BitSet one = new BitSet();
        one.set(slot);
        return one;
    }

    /** redis-cli tells every primary of each move. */
    private static boolean isGiven(ClusterMap map, int slot, String id) {
        Shard owner = map.owner(slot);
        return owner != null
                && owner.hasMember(id)
                && !map.moves().isLeaving(slot)
                && map.moves().openSlot(slot) == null;
    }

    /** The slot's present owner lets it go only without keys: else it keeps the slot, and this says so. */
    private AdminStep give(ServerState server, int slot, String id, boolean owns) {
        String full = "ERR Can't assign hashslot " + slot
                + " to a different node while I still hold keys for this hash slot.";
        if (owns && !id.equals(selfId()) && SentKeys.count(server.keyspace(), slot) != 0) {
            return AdminStep.refuse(full);
        }
        return AdminStep.propose(new MetaCommand.Move(id, newId.get(), List.of(new SlotRange(slot, slot))))
                .shown(map -> !map.moves().isLeaving(slot))
                .then(() -> settled(one(slot)))
                .answers(map -> given(map, slot, id, full));
    }

    private static Consumer<Reply> given(ClusterMap map, int slot, String id, String full) {
        Shard owner = map.owner(slot);
        if (owner != null && owner.hasMember(id)) {
            return Reply::ok;
        }
        return reply -> reply.error(full.replace("while I still hold", "while its owner still holds"));
    }

    /** Completes with an empty text when the log of this node's shard has the slots as the map has them by then. */
    private CompletableFuture<String> settled(BitSet slots) {
        CompletableFuture<String> settled = new CompletableFuture<>();
        look(slots, settled, System.nanoTime());
        return settled;
    }

    private void look(BitSet slots, CompletableFuture<String> settled, long since) {
        if (slots.stream().allMatch(this::agrees)) {
            settled.complete("");
        } else if (System.nanoTime() - since > TimeUnit.MILLISECONDS.toNanos(MetaGroup.CLOSE_MILLIS)) {
            settled.complete(LATE);
        } else {
            CompletableFuture.delayedExecutor(POLL_MILLIS, TimeUnit.MILLISECONDS)
                    .execute(() -> look(slots, settled, since));
        }
    }

    private boolean agrees(int slot) {
        ClusterMap map = topology().map();
        Shard mine = map.shardOfNode(selfId());
        ShardGroup shard = runtime.get().member().shard();
        if (mine == null || map.moves().isLeaving(slot)) {
            return true;
        }
        if (shard == null || !shard.shardId().equals(mine.id())) {
            return false;
        }
        SlotTable table = shard.slots();
        SlotState is = table.state(slot);
        OpenSlot open = map.moves().openSlot(slot);
        if (isMine(map, slot)) {
            boolean migrates = open != null && !open.migratingTo().isEmpty();
            return table.epoch(slot) == map.slotEpoch(slot)
                    && is == (migrates ? SlotState.MIGRATING : SlotState.SERVING);
        }
        boolean imports = open != null && open.importingAt().equals(mine.id());
        return imports ? is == SlotState.IMPORTING : !table.owns(slot) && is != SlotState.IMPORTING;
    }
}

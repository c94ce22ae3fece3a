package io.cairn.raft.meta;

import io.cairn.raft.meta.MetaCommand.EpochRange;
import java.util.List;
import java.util.Objects;

/** What the commands about slots do to the map; refusals are worded as Redis's (cluster.c, clusterCommand). Pure. */
final class SlotChanges {
    private SlotChanges() {}

    static ClusterMap assign(ClusterMap map, MetaCommand.Assign command) throws Refused {
        MapDraft draft = map.draft();
        for (SlotRange range : command.slots()) {
            for (int slot = range.first(); slot <= range.last(); slot++) {
                Refused.unless(
                        draft.owners[slot] < 0 || isTakenBack(draft, slot, command.nodeId()),
                        "Slot " + slot + " is already busy");
            }
        }
        int shard = shardFor(draft, command.nodeId(), command.newShardId());
        for (SlotRange range : command.slots()) {
            for (int slot = range.first(); slot <= range.last(); slot++) {
                draft.give(slot, shard);
            }
        }
        return draft.map();
    }

    /** The slot is on its way from the node's own shard to nobody: the next epoch voids a release that is logged already. */
    private static boolean isTakenBack(MapDraft draft, int slot, String nodeId) {
        return "".equals(draft.next.get(slot))
                && draft.shards.get(draft.owners[slot]).hasMember(nodeId);
    }

    static ClusterMap release(ClusterMap map, MetaCommand.Release command) throws Refused {
        MapDraft draft = map.draft();
        Shard own = map.shardOfNode(command.nodeId());
        for (SlotRange range : command.slots()) {
            for (int slot = range.first(); slot <= range.last(); slot++) {
                Shard owner = map.owner(slot);
                Refused.unless(owner != null, "Slot " + slot + " is already unassigned");
                Refused.unless(
                        Objects.equals(owner, own), "Slot " + slot + " belongs to another shard: ask a node of that");
                Refused.unless(map.moves().next().getOrDefault(slot, "").isEmpty(), beingMoved(slot));
                requireSettled(map, slot);
                draft.next.put(slot, "");
                draft.open.remove(slot);
            }
        }
        return draft.map();
    }

    static ClusterMap move(ClusterMap map, MetaCommand.Move command) throws Refused {
        MapDraft draft = map.draft();
        int to = shardFor(draft, command.nodeId(), command.newShardId());
        String toId = draft.shards.get(to).id();
        for (SlotRange range : command.slots()) {
            for (int slot = range.first(); slot <= range.last(); slot++) {
                String next = draft.next.get(slot);
                Refused.unless(next == null || next.equals(toId), beingMoved(slot));
                requireSettled(map, slot);
                if (draft.owners[slot] < 0) {
                    draft.give(slot, to);
                } else if (draft.owners[slot] != to) {
                    draft.next.put(slot, toId);
                } else {
                    draft.open.remove(slot);
                }
            }
        }
        return draft.map();
    }

    static ClusterMap released(ClusterMap map, MetaCommand.Released command) {
        MapDraft draft = map.draft();
        int from = draft.shardIndex(command.shardId());
        for (EpochRange part : command.slots()) {
            for (int slot = part.range().first(); slot <= part.range().last(); slot++) {
                String next = draft.next.get(slot);
                // Whoever says it late, or again, speaks of an epoch that is over.
                if (from >= 0 && draft.owners[slot] == from && draft.epochs[slot] == part.epoch() && next != null) {
                    draft.give(slot, next.isEmpty() ? -1 : draft.shardIndex(next));
                    draft.open.remove(slot);
                }
            }
        }
        return draft.map();
    }

    /** An older word of the owner's log that it released the slot is void by the new epoch. */
    static ClusterMap keep(ClusterMap map, MetaCommand.Keep command) {
        MapDraft draft = map.draft();
        int shard = draft.shardIndex(command.shardId());
        for (EpochRange part : command.slots()) {
            part.range().forEach(slot -> {
                boolean leaving = draft.next.containsKey(slot);
                if (shard >= 0 && draft.owners[slot] == shard && draft.epochs[slot] == part.epoch() && leaving) {
                    draft.give(slot, shard);
                }
            });
        }
        return draft.map();
    }

    static ClusterMap open(ClusterMap map, MetaCommand.Open command) throws Refused {
        int slot = command.slot();
        MapDraft draft = map.draft();
        OpenSlot known = draft.open.getOrDefault(slot, OpenSlot.CLOSED);
        if (command.kind() == MetaCommand.OpenKind.STABLE) {
            draft.open.remove(slot);
            return draft.map();
        }
        Refused.unless(!map.moves().isLeaving(slot), beingMoved(slot));
        requireSettled(map, slot);
        Refused.unless(!map.isForgotten(command.otherId()), "I don't know about node " + command.otherId());
        Shard owner = map.owner(slot);
        if (command.kind() == MetaCommand.OpenKind.MIGRATING) {
            boolean owns = owner != null && owner.hasMember(command.nodeId());
            Refused.unless(owns, "I'm not the owner of hash slot " + slot);
            int to = shardFor(draft, command.otherId(), command.newShardId());
            String toId = draft.shards.get(to).id();
            draft.open.put(slot, new OpenSlot(toId, known.importingAt(), known.importingFrom()));
        } else {
            boolean owns = owner != null && owner.hasMember(command.nodeId());
            Refused.unless(!owns, "I'm already the owner of hash slot " + slot);
            Shard from = map.shardOfNode(command.otherId());
            int at = shardFor(draft, command.nodeId(), command.newShardId());
            String atId = draft.shards.get(at).id();
            draft.open.put(slot, new OpenSlot(known.migratingTo(), atId, from == null ? "" : from.id()));
        }
        return draft.map();
    }

    /** The node's shard; one is made for a node that has none yet. */
    static int shardFor(MapDraft draft, String nodeId, String newShardId) throws Refused {
        ClusterNode node = draft.nodes.get(nodeId);
        boolean member = node != null && node.isActive() && !draft.departures.containsKey(nodeId);
        Refused.unless(member, "Unknown node " + nodeId);
        for (int i = 0; i < draft.shards.size(); i++) {
            if (draft.shards.get(i).hasMember(nodeId)) {
                return i;
            }
        }
        Refused.unless(draft.shards.size() < Layout.MAX_NODES, "more than " + Layout.MAX_NODES + " shards");
        Refused.unless(draft.shardIndex(newShardId) < 0, "this shard is there already: " + newShardId);
        draft.shards.add(new Shard(newShardId, List.of(nodeId), List.of(), List.of(nodeId)));
        return draft.shards.size() - 1;
    }

    private static void requireSettled(ClusterMap map, int slot) throws Refused {
        Migration migration = map.migrations().of(slot);
        if (migration != null) {
            throw new Refused("Slot " + slot + " is in migration " + migration.id() + ": cancel that first");
        }
    }

    private static String beingMoved(int slot) {
        return "Slot " + slot + " is being moved";
    }
}

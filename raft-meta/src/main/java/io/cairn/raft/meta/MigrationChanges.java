package io.cairn.raft.meta;

import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What the commands of atomic migrations do to the map. Commit and abort are decided here, once: both need the migration to
 * be under way, and a commit that of the very attempt which streamed everything. Whatever ends an attempt without a commit
 * gives the slots to their owner anew, under the next epoch: that is what lets the owner's log serve them again (SAFETY 14). Pure.
 */
final class MigrationChanges {
    private MigrationChanges() {}

    static ClusterMap begin(ClusterMap map, MetaCommand.BeginMigrations command) throws Refused {
        MapDraft draft = map.draft();
        for (MetaCommand.MigrationPlan plan : command.plans()) {
            if (map.migrations().find(plan.id()) == null) {
                begin(map, draft, plan, command.nowMillis());
            }
        }
        return draft.map();
    }

    private static void begin(ClusterMap map, MapDraft draft, MetaCommand.MigrationPlan plan, long now) throws Refused {
        Refused.unless(
                draft.migrations.stream().filter(Migration::isRunning).count() < Migrations.MAX_RUNNING,
                "more than " + Migrations.MAX_RUNNING + " migrations are under way");
        Refused.unless(!plan.slots().isEmpty(), "no slots");
        int to = SlotChanges.shardFor(draft, plan.targetNode(), plan.newShardId());
        String toId = draft.shards.get(to).id();
        Shard from = null;
        int next = 0;
        for (SlotRange range : plan.slots()) {
            Refused.unless(range.first() >= next, "Slot " + range.first() + " specified multiple times");
            next = range.last() + 1;
            for (int slot = range.first(); slot <= range.last(); slot++) {
                from = begin(map, draft, slot, from, toId);
            }
        }
        if (from == null) {
            throw new Refused("no slots");
        }
        Refused.unless(
                plan.sourceNode().isEmpty() || from.hasMember(plan.sourceNode()), "Slots are not served by this node.");
        LeaderClaim leader = map.leaderClaim(from.id());
        String source = !plan.sourceNode().isEmpty() ? plan.sourceNode() : leader == null ? "" : leader.nodeId();
        draft.migrations.add(new Migration(
                plan.id(),
                plan.slots(),
                from.id(),
                toId,
                source,
                plan.targetNode(),
                map.version() + 1,
                Migration.State.RUNNING,
                0,
                0,
                now,
                0,
                0,
                0,
                ""));
    }

    private static Shard begin(ClusterMap map, MapDraft draft, int slot, @Nullable Shard from, String toId)
            throws Refused {
        Shard owner = map.owner(slot);
        if (owner == null) {
            throw new Refused("slot has no owner: " + slot);
        }
        Refused.unless(!owner.id().equals(toId), "this node is already the owner of the slot range");
        Refused.unless(from == null || from.equals(owner), "slots belong to different source nodes");
        Refused.unless(!map.moves().isLeaving(slot), "Slot " + slot + " is being moved");
        Refused.unless(
                map.moves().openSlot(slot) == null, "all slot states must be STABLE to start a slot migration task.");
        for (Migration other : draft.migrations) {
            Refused.unless(
                    !other.isRunning() || !other.has(slot),
                    "overlapping import exists for slot range: " + slot + "-" + slot);
        }
        return owner;
    }

    /** A leader of the source begins a stream: none of the earlier ones can be committed from here on. */
    static ClusterMap start(ClusterMap map, MetaCommand.StartMigration command) throws Refused {
        Migration migration = underWay(map, command.id());
        Refused.unless(migration.attempt() == command.attempt(), "attempt " + migration.attempt() + " has begun");
        MapDraft draft = map.draft();
        if (migration.attempt() > 0) {
            renew(map, draft, migration);
        }
        replace(draft, migration.begins(epochs(draft, migration), command.nowMillis(), command.why()));
        return draft.map();
    }

    /** The one atomic point: the target's quorum has everything up to the freeze of this attempt. */
    static ClusterMap commit(ClusterMap map, MetaCommand.CommitMigration command) throws Refused {
        Migration known = map.migrations().find(command.id());
        if (known != null && known.state() == Migration.State.DONE && known.attempt() == command.attempt()) {
            return map;
        }
        Migration migration = underWay(map, command.id());
        Refused.unless(command.attempt() > 0, "no attempt has begun");
        Refused.unless(migration.attempt() == command.attempt(), "attempt " + migration.attempt() + " has begun");
        MapDraft draft = map.draft();
        Refused.unless(epochs(draft, migration) == migration.epochs(), "the slots were granted anew meanwhile");
        int from = draft.shardIndex(migration.from());
        int to = draft.shardIndex(migration.to());
        Refused.unless(from >= 0 && to >= 0, "a shard of the migration is gone");
        for (SlotRange range : migration.slots()) {
            for (int slot = range.first(); slot <= range.last(); slot++) {
                Refused.unless(draft.owners[slot] == from, "slot " + slot + " has another owner");
                draft.give(slot, to);
            }
        }
        replace(draft, migration.ends(Migration.State.DONE, command.nowMillis(), command.pauseMillis(), ""));
        return draft.map();
    }

    /** Cancelled by an operator, or given up for good; one that has ended stays as it is. */
    static ClusterMap end(ClusterMap map, MetaCommand.EndMigration command) throws Refused {
        Migration migration = map.migrations().find(command.id());
        if (migration == null) {
            throw new Refused("no such migration: " + command.id());
        }
        if (!migration.isRunning()) {
            return map;
        }
        MapDraft draft = map.draft();
        renew(map, draft, migration);
        Migration.State state = command.cancelled() ? Migration.State.CANCELED : Migration.State.FAILED;
        replace(draft, migration.ends(state, command.nowMillis(), 0, command.why()));
        return draft.map();
    }

    private static long epochs(MapDraft draft, Migration migration) {
        long[] sum = new long[1];
        for (SlotRange range : migration.slots()) {
            range.forEach(slot -> sum[0] += draft.epochs[slot]);
        }
        return sum[0];
    }

    /** Those of which {@code which} says so have failed, and nothing else happens: nothing of them can be committed any more. */
    static void abandon(MapDraft draft, String why, Predicate<Migration> which) {
        for (Migration migration : List.copyOf(draft.migrations)) {
            if (migration.isRunning() && which.test(migration)) {
                replace(draft, migration.ends(Migration.State.FAILED, migration.startMillis(), 0, why));
            }
        }
    }

    static void renew(ClusterMap map, MapDraft draft, Migration migration) {
        for (SlotRange range : migration.slots()) {
            range.forEach(slot -> {
                Shard owner = map.owner(slot);
                if (owner != null && owner.id().equals(migration.from())) {
                    draft.give(slot, draft.owners[slot]);
                }
            });
        }
    }

    private static Migration underWay(ClusterMap map, String id) throws Refused {
        Migration migration = map.migrations().find(id);
        if (migration == null) {
            throw new Refused("no such migration: " + id);
        }
        Refused.unless(migration.isRunning(), "the migration has ended: " + id);
        return migration;
    }

    private static void replace(MapDraft draft, Migration changed) {
        List<Migration> all = draft.migrations;
        int ended = 0;
        for (int i = all.size() - 1; i >= 0; i--) {
            if (all.get(i).id().equals(changed.id())) {
                all.set(i, changed);
            }
            if (!all.get(i).isRunning() && ++ended > Migrations.MAX_ENDED) {
                all.remove(i);
            }
        }
    }
}

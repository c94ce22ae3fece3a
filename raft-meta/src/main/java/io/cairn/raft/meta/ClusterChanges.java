package io.cairn.raft.meta;

import io.cairn.raft.meta.MetaCommand.EpochRange;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** What the commands about the cluster as a whole do to the map: named values, the active version, recovery. Pure. */
final class ClusterChanges {
    /** Bounds of the named values. */
    static final int MAX_VALUES = 10_000;

    static final int MAX_NAME_BYTES = 255;

    /** All of them together, as UTF-8: they are in every snapshot of the map. */
    static final long MAX_TOTAL_BYTES = 16L << 20;

    private ClusterChanges() {}

    static ClusterMap apply(ClusterMap map, MetaCommand command, long index) throws Refused {
        if (command instanceof MetaCommand.SetValues set) {
            return set(map, set.changes(), index);
        } else if (command instanceof MetaCommand.RaiseFormat raise) {
            return raise(map, raise.format());
        } else if (command instanceof MetaCommand.MetaRecovered recovered) {
            return recovered(map, recovered, index);
        } else if (command instanceof MetaCommand.Confirm confirm) {
            return confirm(map, confirm, index);
        } else if (command instanceof MetaCommand.Regrant regrant) {
            return regrant(map, regrant);
        } else if (command instanceof MetaCommand.Arrived arrived) {
            return arrived(map, arrived);
        } else if (command instanceof MetaCommand.LoseShard lose) {
            return lose(map, lose.shardId(), index);
        }
        throw new FormatException("no such command: " + command);
    }

    static ClusterMap set(ClusterMap map, List<MetaCommand.Change> changes, long index) throws Refused {
        MapDraft draft = map.draft();
        for (MetaCommand.Change change : changes) {
            int nameBytes = bytes(change.name());
            Refused.unless(nameBytes > 0 && nameBytes <= MAX_NAME_BYTES, "a name has 1 to 255 bytes");
            ClusterValue known = draft.values.get(change.name());
            long version = known == null ? 0 : known.version();
            Refused.unless(
                    change.expected() == MetaCommand.Change.ANY || change.expected() == version,
                    "'" + change.name() + "' was changed meanwhile");
            if (change.text().isEmpty()) {
                draft.values.remove(change.name());
            } else {
                draft.values.put(change.name(), new ClusterValue(index, change.text()));
            }
        }
        Refused.unless(draft.values.size() <= MAX_VALUES, "more than " + MAX_VALUES + " values");
        long total = 0;
        for (ClusterValue value : draft.values.values()) {
            total += bytes(value.text());
        }
        Refused.unless(total <= MAX_TOTAL_BYTES, "more than " + MAX_TOTAL_BYTES + " bytes of values");
        return draft.map();
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static ClusterMap raise(ClusterMap map, int format) throws Refused {
        ClusterFormat.require(format);
        if (format <= map.activeFormat()) {
            return map;
        }
        Refused.unless(ClusterFormat.common(map) >= format, "not every member can do version " + format);
        MapDraft draft = map.draft();
        draft.activeFormat = format;
        return draft.map();
    }

    /** What a node that is gone for ever had announced, and left. Before version 2 nobody took it away. */
    static void forget(MapDraft draft, String nodeId) {
        if (draft.activeFormat > ClusterFormat.FIRST) {
            draft.values.remove(ClusterFormat.PREFIX + nodeId);
        }
        draft.values.remove(FormerShards.key(nodeId));
    }

    private static ClusterMap recovered(ClusterMap map, MetaCommand.MetaRecovered recovered, long index) {
        MapDraft draft = map.draft();
        List<String> unconfirmed = new ArrayList<>();
        for (Shard shard : map.shards()) {
            if (!recovered.lostShards().contains(shard.id())) {
                unconfirmed.add(shard.id());
            }
        }
        draft.values.put(
                Recovery.NAME, new ClusterValue(index, new Recovery(recovered.recoveryId(), unconfirmed).text()));
        // Whoever still votes runs a build that has this command.
        draft.activeFormat = Math.max(draft.activeFormat, 2);
        return draft.map();
    }

    private static ClusterMap confirm(ClusterMap map, MetaCommand.Confirm confirm, long index) throws Refused {
        Recovery recovery = Recovery.of(map);
        Refused.unless(recovery != null && recovery.id().equals(confirm.recoveryId()), "no such recovery is under way");
        MapDraft draft = map.draft();
        int shard = draft.shardIndex(confirm.shardId());
        Refused.unless(shard >= 0, "no such shard: " + confirm.shardId());
        if (recovery == null || !recovery.awaits(confirm.shardId())) {
            return map;
        }
        for (EpochRange part : confirm.slots()) {
            part.range().forEach(slot -> {
                if (part.epoch() > draft.epochs[slot]) {
                    draft.owners[slot] = (short) shard;
                    draft.epochs[slot] = part.epoch();
                    draft.next.remove(slot);
                    draft.open.remove(slot);
                }
            });
        }
        return settled(draft, recovery.without(confirm.shardId()), index);
    }

    /**
     * What became of migrations may be lost, and numbers of attempts may come again: once all have spoken, they end. Their
     * slots get no new epoch by that. What is frozen the source asks for ({@link MetaCommand.Regrant}), what has come as a whole the
     * target ({@link MetaCommand.Arrived}), which is all there is if the source has dropped it.
     */
    private static ClusterMap settled(MapDraft draft, Recovery left, long index) {
        draft.values.put(Recovery.NAME, new ClusterValue(index, left.text()));
        if (left.unconfirmed().isEmpty()) {
            MigrationChanges.abandon(draft, "the meta group was recovered", migration -> true);
        }
        return draft.map();
    }

    private static ClusterMap arrived(ClusterMap map, MetaCommand.Arrived arrived) throws Refused {
        Refused.unless(Recovery.of(map) != null, "the meta group was never recovered: it knows what it decided");
        MapDraft draft = map.draft();
        int shard = draft.shardIndex(arrived.shardId());
        Refused.unless(shard >= 0, "no such shard: " + arrived.shardId());
        for (EpochRange part : arrived.slots()) {
            part.range().forEach(slot -> {
                // A later epoch, and another migration, is another's word.
                if (draft.epochs[slot] <= part.epoch() && map.migrations().of(slot) == null) {
                    draft.epochs[slot] = part.epoch();
                    draft.give(slot, shard);
                    draft.open.remove(slot);
                }
            });
        }
        return draft.map();
    }

    /** No epoch changes: what other shards have yet to confirm after a recovery, or bring, counts for more. */
    private static ClusterMap lose(ClusterMap map, String shardId, long index) throws Refused {
        Recovery recovery = Recovery.of(map);
        boolean awaited = recovery != null && recovery.awaits(shardId);
        Shard shard = map.shard(shardId);
        Refused.unless(shard != null || awaited, "no such shard: " + shardId);
        MapDraft draft = map.draft();
        if (shard != null) {
            lose(map, draft, shard);
        }
        return recovery != null && awaited ? settled(draft, recovery.without(shardId), index) : draft.map();
    }

    private static void lose(ClusterMap map, MapDraft draft, Shard shard) throws Refused {
        Refused.unless(
                map.shownNodes().stream().anyMatch(node -> !shard.hasMember(node.id())), "it is all of the cluster");
        String why = "shard " + shard.id() + " is lost";
        if (Recovery.of(map) == null) {
            for (Migration migration : map.migrations().running()) {
                if (migration.to().equals(shard.id())) {
                    MigrationChanges.renew(map, draft, migration);
                }
            }
        }
        MigrationChanges.abandon(
                draft,
                why,
                migration ->
                        migration.from().equals(shard.id()) || migration.to().equals(shard.id()));
        int index = draft.shardIndex(shard.id());
        for (int slot = 0; slot < SlotRange.SLOTS; slot++) {
            if (draft.owners[slot] == index) {
                draft.owners[slot] = -1;
                draft.next.remove(slot);
                draft.open.remove(slot);
            }
        }
        NodeChanges.dissolve(draft, shard.id());
        for (List<String> members : List.of(shard.voters(), shard.learners())) {
            for (String member : members) {
                draft.configEpochs.remove(member);
                draft.departures.put(member, new Departure("", ""));
            }
        }
    }

    private static ClusterMap end(ClusterMap map, Migration migration, String why) throws Refused {
        return MigrationChanges.end(
                map, new MetaCommand.EndMigration(migration.id(), false, migration.startMillis(), why));
    }

    /** Until all shards have said what they have, the map may be wrong about slots: nothing is decided by it. */
    static void requireConfirmed(ClusterMap map, MetaCommand command) throws Refused {
        boolean decides = command instanceof MetaCommand.Assign
                || command instanceof MetaCommand.Release
                || command instanceof MetaCommand.Move
                || command instanceof MetaCommand.Released
                || command instanceof MetaCommand.Keep
                || command instanceof MetaCommand.Open
                || command instanceof MetaCommand.Admit
                || command instanceof MetaCommand.BeginMigrations
                || command instanceof MetaCommand.StartMigration
                || command instanceof MetaCommand.CommitMigration
                || command instanceof MetaCommand.EndMigration
                || command instanceof MetaCommand.Arrived
                || command instanceof MetaCommand.Regrant;
        if (decides) {
            requireConfirmed(map);
        }
    }

    static void requireConfirmed(ClusterMap map) throws Refused {
        Recovery recovery = Recovery.of(map);
        Refused.unless(
                recovery == null || recovery.unconfirmed().isEmpty(),
                "the meta group was recovered, and shards have not said yet which slots they have: "
                        + (recovery == null ? "" : String.join(" ", recovery.unconfirmed())));
    }

    private static ClusterMap regrant(ClusterMap map, MetaCommand.Regrant regrant) throws Refused {
        int shard = map.draft().shardIndex(regrant.shardId());
        BitSet wanted = new BitSet(SlotRange.SLOTS);
        for (EpochRange part : regrant.slots()) {
            for (int slot = part.range().first(); slot <= part.range().last(); slot++) {
                // Whoever says it late, or again, speaks of an epoch that is over. All or nothing: that it was applied
                // is the shard's proof for each of them.
                Refused.unless(
                        shard >= 0 && map.owners()[slot] == shard && map.slotEpoch(slot) == part.epoch(),
                        "slot " + slot + " is not the shard's under epoch " + part.epoch());
                wanted.set(slot);
            }
        }
        // A stream that began under the old epochs must not be committed under new ones; it gives its slots anew as it
        // ends.
        ClusterMap changed = map;
        for (Migration migration : map.migrations().running()) {
            if (migration.from().equals(regrant.shardId()) && wanted.stream().anyMatch(migration::has)) {
                changed = end(changed, migration, "its source was recovered");
            }
        }
        MapDraft draft = changed.draft();
        wanted.stream()
                .filter(slot -> draft.epochs[slot] == map.slotEpoch(slot))
                // One that is being moved key by key stays open: keys that have gone are at the other shard.
                .forEach(slot -> draft.give(slot, shard));
        return draft.map();
    }
}

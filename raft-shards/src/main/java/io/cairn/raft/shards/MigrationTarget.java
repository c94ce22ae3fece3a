package io.cairn.raft.shards;

import io.cairn.raft.group.Failure;
import io.cairn.raft.group.RaftGroup;
import io.cairn.raft.group.ReadBarrier;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.FormatException;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaGroup;
import io.cairn.raft.meta.MetaResult;
import io.cairn.raft.meta.Migration;
import io.cairn.raft.meta.Recovery;
import io.cairn.raft.meta.SlotRange;
import io.cairn.raft.meta.WireReader;
import io.cairn.raft.shards.MigrationMessages.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A shard's leader as the target of migrations: what the source's leader sends goes into the shard's log, where all of
 * its replicas find it; what is decided is carried out. {@link #answer} on the Raft host's threads, {@link #tick} on the
 * cluster thread.
 */
final class MigrationTarget {
    /** A stream that is complete for so long is proposed for commit by this side: the source's leader may be gone. */
    static final long COMMIT_MILLIS = 500;

    private static final Logger LOG = LoggerFactory.getLogger(MigrationTarget.class);

    private final MetaGroup meta;
    private final Supplier<@Nullable ShardGroup> shard;
    private final LongSupplier clockMillis;
    private final LongSupplier wallMillis;
    private @Nullable String endedId;
    private long endedAttempt;
    private long endedSince;
    private @Nullable CompletableFuture<MetaResult> committing;
    private long claimedMillis = Long.MIN_VALUE / 2;

    MigrationTarget(
            MetaGroup meta, Supplier<@Nullable ShardGroup> shard, LongSupplier clockMillis, LongSupplier wallMillis) {
        this.meta = meta;
        this.shard = shard;
        this.clockMillis = clockMillis;
        this.wallMillis = wallMillis;
    }

    /** A message of a source's leader. */
    CompletableFuture<byte[]> answer(byte[] message) {
        if (message.length == 0) {
            throw new FormatException("an empty message of a migration");
        }
        return switch (message[0]) {
            case MigrationMessages.BEGIN -> begin(message).thenApply(Answer::toBytes);
            case MigrationMessages.PIECE -> piece(message).thenApply(Answer::toBytes);
            case MigrationMessages.DECIDED -> {
                WireReader in = new WireReader(message);
                in.u8();
                look(meta, in.i64());
                yield CompletableFuture.completedFuture(new byte[0]);
            }
            default -> throw new FormatException("a message of a migration of kind " + message[0]);
        };
    }

    /** Brings this node's map up to a version soon: a replica of the meta group hears of commits with the next heartbeat only. */
    static void look(MetaGroup meta, long version) {
        RaftGroup group = meta.group();
        if (group != null && meta.map().version() < version) {
            group.readBarrier(new ReadBarrier() {
                @Override
                public void passed() {}

                @Override
                public void refused(Failure failure) {}
            });
        }
    }

    private CompletableFuture<Answer> begin(byte[] message) {
        WireReader in = new WireReader(message);
        in.u8();
        String id = in.text();
        long attempt = in.i64();
        List<ShardEntry.Activation> slots = ShardEntry.readSlots(in);
        in.end();
        ShardGroup local = shard.get();
        if (local == null || !local.isServing()) {
            return done(Answer.again("not the leader of the target"));
        }
        Imports.Import known = local.imports().find(id);
        if (known != null && known.attempt() == attempt) {
            return done(answer(known, attempt));
        }
        ClusterMap map = meta.map();
        Migration migration = map.migrations().running(id);
        if (migration == null || migration.attempt() < attempt) {
            look(meta, Long.MAX_VALUE);
            return done(Answer.again("the target has yet to hear of the migration"));
        }
        if (migration.attempt() != attempt || !migration.to().equals(local.shardId())) {
            return done(
                    Answer.refused("attempt " + migration.attempt() + " to shard " + migration.to() + " has begun"));
        }
        for (ShardEntry.Activation part : slots) {
            for (int slot = part.range().first(); slot <= part.range().last(); slot++) {
                SlotState state = local.slots().state(slot);
                if (!migration.has(slot)) {
                    return done(Answer.refused("slot " + slot + " is none of the migration's"));
                }
                if (state != SlotState.ABSENT && state != SlotState.DROPPED && state != SlotState.RECEIVING) {
                    return done(Answer.again("slot " + slot + " is " + state + " at the target"));
                }
            }
        }
        boolean taken = local.proposeControl(new ShardEntry.ImportBegin(id, attempt, map.version(), slots));
        return done(Answer.again(taken ? "begins" : "the target is busy"));
    }

    private CompletableFuture<Answer> piece(byte[] message) {
        ShardEntry.ImportPiece piece = MigrationMessages.readPiece(message);
        ShardGroup local = shard.get();
        if (local == null || !local.isServing()) {
            return done(Answer.again("not the leader of the target"));
        }
        if (!piece.bytes().hasRemaining()) {
            return done(answer(local.imports().find(piece.id()), piece.attempt()));
        }
        ImportProposal proposal = new ImportProposal();
        local.proposeImport(
                ShardEntry.importEntry(piece.id(), piece.attempt(), piece.number(), piece.bytes()), proposal);
        return proposal.done.handle((state, failure) ->
                failure == null ? answer(state, piece.attempt()) : Answer.again(String.valueOf(failure.getMessage())));
    }

    private static Answer answer(Imports.@Nullable Import known, long attempt) {
        if (known == null) {
            return Answer.refused("the target knows of no such migration");
        }
        return known.attempt() == attempt
                ? new Answer(MigrationMessages.OK, known.next(), known.ended(), "")
                : Answer.refused("attempt " + known.attempt() + " has begun at the target");
    }

    private static CompletableFuture<Answer> done(Answer answer) {
        return CompletableFuture.completedFuture(answer);
    }

    /** The shard's leader only: commits what is complete and whose source is silent, forgets what came to nothing. */
    void tick(ClusterMap map, ShardGroup local) {
        if (ShardRecovery.isUnconfirmed(map)) {
            return;
        }
        for (Imports.Import one : local.imports().all()) {
            Migration migration = map.migrations().running(one.id());
            List<MetaCommand.EpochRange> arrived = arrived(map, local.slots(), one);
            if (!arrived.isEmpty()) {
                claim(map, local, arrived);
                continue;
            }
            if (migration == null
                    && map.version() >= one.since()
                    && !becomesOurs(map, local.shardId(), local.slots(), one)) {
                local.proposeControl(new ShardEntry.ImportDrop(one.id(), one.attempt()));
                return;
            }
            if (migration != null && one.ended() && migration.attempt() == one.attempt()) {
                commit(one);
            }
        }
    }

    /**
     * What has come as a whole, and is by a meta group that was recovered still the source's under the epoch that it streamed under:
     * the commit may be forgotten, and the source may have dropped the slots. Under that epoch it has served nothing since, so to take them
     * is to commit; where it was given them anew meanwhile, that counts.
     */
    static List<MetaCommand.EpochRange> arrived(ClusterMap map, SlotTable table, Imports.Import one) {
        if (Recovery.of(map) == null || !one.ended() || map.migrations().running(one.id()) != null) {
            return List.of();
        }
        List<MetaCommand.EpochRange> arrived = new ArrayList<>();
        for (ShardEntry.Activation part : one.slots()) {
            part.range().forEach(slot -> {
                if (table.state(slot) == SlotState.RECEIVING && map.slotEpoch(slot) <= part.epoch()) {
                    arrived.add(new MetaCommand.EpochRange(new SlotRange(slot, slot), part.epoch()));
                }
            });
        }
        return arrived;
    }

    /** What is in another migration meanwhile stays as it is until that has ended. */
    private void claim(ClusterMap map, ShardGroup local, List<MetaCommand.EpochRange> arrived) {
        long now = clockMillis.getAsLong();
        List<MetaCommand.EpochRange> free = arrived.stream()
                .filter(part -> map.migrations().of(part.range().first()) == null)
                .toList();
        if (!free.isEmpty()
                && (committing == null || committing.isDone())
                && now - claimedMillis >= ShardRecovery.AGAIN_MILLIS) {
            claimedMillis = now;
            committing = meta.propose(new MetaCommand.Arrived(local.shardId(), free));
            committing.thenAccept(result ->
                    LOG.warn("{} slots are here as a whole, their commit is forgotten: {}", free.size(), result));
        }
    }

    /** Committed, and yet to be activated: the reconciler does it. */
    static boolean becomesOurs(ClusterMap map, String shardId, SlotTable table, Imports.Import one) {
        for (ShardEntry.Activation part : one.slots()) {
            SlotRange range = part.range();
            for (int slot = range.first(); slot <= range.last(); slot++) {
                var owner = map.owner(slot);
                boolean ours = owner != null && owner.id().equals(shardId);
                if (ours && table.epoch(slot) < map.slotEpoch(slot)) {
                    return true;
                }
            }
        }
        return false;
    }

    private void commit(Imports.Import one) {
        long now = clockMillis.getAsLong();
        if (!one.id().equals(endedId) || endedAttempt != one.attempt()) {
            endedId = one.id();
            endedAttempt = one.attempt();
            endedSince = now;
        }
        if (now - endedSince >= COMMIT_MILLIS && (committing == null || committing.isDone())) {
            committing =
                    meta.propose(new MetaCommand.CommitMigration(one.id(), one.attempt(), wallMillis.getAsLong(), 0));
        }
    }
}

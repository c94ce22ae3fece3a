package io.cairn.raft.meta;

import java.util.List;

/**
 * A change of the cluster map. Each is idempotent: applied a second time it changes nothing, so whoever does not know
 * what became of one may propose it again.
 */
public sealed interface MetaCommand {
    /** Gives a map that has no cluster id yet its cluster id, nodes, shards and slots. */
    record Form(Layout layout) implements MetaCommand {}

    /** {@code nodeId} leads the shard from {@code term} on; only a higher term than the known one wins. */
    record ClaimLeader(String shardId, long term, String nodeId) implements MetaCommand {}

    /** A new member of the cluster, without a role yet. Refused for an id that was replaced or removed. */
    record AddNode(ClusterNode node) implements MetaCommand {}

    /** {@code node} takes the place of {@code oldId} in every shard; {@code oldId} never comes back. */
    record ReplaceNode(String oldId, ClusterNode node) implements MetaCommand {}

    /** Forgets a node for ever. Refused while a shard should have it as a member. */
    record RemoveNode(String nodeId) implements MetaCommand {}

    /** The desired membership of a shard. */
    record SetMembers(String shardId, List<String> voters, List<String> learners) implements MetaCommand {
        public SetMembers {
            voters = List.copyOf(voters);
            learners = List.copyOf(learners);
        }
    }

    /** The node's addresses, names and domain as it announces them now; its id and state stay. */
    record UpdateAddress(ClusterNode node) implements MetaCommand {}

    /** A named value of the cluster, for what all versions know; an empty value removes it. */
    record SetConfig(String key, String value) implements MetaCommand {}

    /**
     * A new value for a name.
     *
     * @param expected version that the name must have, 0 for none; {@link #ANY} whatever it has
     * @param text empty removes the name
     */
    record Change(String name, long expected, String text) {
        public static final long ANY = -1;
        /** ACL users: the log of the process is not to hold their passwords' hashes. */
        private static final String SECRET = "acl/";

        @Override
        public String toString() {
            return "Change[name=" + name + ", expected=" + expected + ", text="
                    + (name.startsWith(SECRET) ? "(" + text.length() + " characters)" : text) + "]";
        }
    }

    /** Named values of the cluster, all or none. */
    record SetValues(List<Change> changes) implements MetaCommand {
        public SetValues {
            changes = List.copyOf(changes);
        }
    }

    /** The version that everything may be written in from here on; refused while a member cannot read it. */
    record RaiseFormat(int format) implements MetaCommand {}

    /**
     * The meta group goes on with what one replica had, after most of its voters were lost: what shards say of their slots in
     * {@link Confirm} may be newer than the map. Written by {@code cairn recover}.
     *
     * @param lostShards those of which nobody is left to confirm anything
     */
    record MetaRecovered(String recoveryId, List<String> lostShards) implements MetaCommand {
        public MetaRecovered {
            lostShards = List.copyOf(lostShards);
        }
    }

    /** After {@link MetaRecovered}: the slots that the shard's own log has, under epochs that may be above the map's. */
    record Confirm(String recoveryId, String shardId, List<EpochRange> slots) implements MetaCommand {
        public Confirm {
            slots = List.copyOf(slots);
        }
    }

    /** Slots that are the shard's under these epochs but may not be served since it was recovered: it gets all of them anew, or none. */
    record Regrant(String shardId, List<EpochRange> slots) implements MetaCommand {
        public Regrant {
            slots = List.copyOf(slots);
        }
    }

    /**
     * The shard has all that a migration brought, under these epochs of the source, which has served nothing under them since. After a
     * recovery of the meta group that may have forgotten the commit: the slots are the shard's, unless they had a later epoch.
     */
    record Arrived(String shardId, List<EpochRange> slots) implements MetaCommand {
        public Arrived {
            slots = List.copyOf(slots);
        }
    }

    /** An operator's word that nothing is left of a shard: its slots are nobody's, its nodes are forgotten. */
    record LoseShard(String shardId) implements MetaCommand {}

    /** Slots under one ownership epoch. */
    record EpochRange(SlotRange range, long epoch) {}

    /**
     * A node that was the only one of its own cluster joins, with its shard (empty for none) and the slots of that. It has
     * sealed its own cluster before (SAFETY 18).
     *
     * @param floor the highest epoch that its shard's log may have had of any slot, also of those that it has let go since
     */
    record Admit(ClusterNode node, String shardId, List<EpochRange> slots, long floor, long configEpoch)
            implements MetaCommand {
        public Admit {
            slots = List.copyOf(slots);
        }
    }

    /** Slots that nobody has go to the node's shard; {@code newShardId} names one for a node without (ADDSLOTS). */
    record Assign(String nodeId, String newShardId, List<SlotRange> slots) implements MetaCommand {
        public Assign {
            slots = List.copyOf(slots);
        }
    }

    /** Slots of the node's shard go to nobody, once the shard has let them go (DELSLOTS). */
    record Release(String nodeId, List<SlotRange> slots) implements MetaCommand {
        public Release {
            slots = List.copyOf(slots);
        }
    }

    /** Slots go to the node's shard, from a present owner once that has let them go (SETSLOT NODE). */
    record Move(String nodeId, String newShardId, List<SlotRange> slots) implements MetaCommand {
        public Move {
            slots = List.copyOf(slots);
        }
    }

    /** The shard's own log has released slots that it had under these epochs: they go where they were to go. */
    record Released(String shardId, List<EpochRange> slots) implements MetaCommand {
        public Released {
            slots = List.copyOf(slots);
        }
    }

    /** The shard keeps slots that were to leave it for another, for they have keys; under a new epoch. */
    record Keep(String shardId, List<EpochRange> slots) implements MetaCommand {
        public Keep {
            slots = List.copyOf(slots);
        }
    }

    /** The node follows the shard of {@code primaryId}; {@code newShardId} names one if that has none (REPLICATE). */
    record Replicate(String nodeId, String primaryId, String newShardId) implements MetaCommand {}

    /** The node is forgotten: groups let it go, then it is removed for ever (FORGET). */
    record Leave(String nodeId) implements MetaCommand {}

    /** The group of a shard has settled without a node that was to leave it. */
    record Departed(String nodeId, String shardId) implements MetaCommand {}

    /** Opens or closes a slot for a move key by key (SETSLOT MIGRATING, IMPORTING, STABLE). */
    record Open(int slot, OpenKind kind, String nodeId, String otherId, String newShardId) implements MetaCommand {}

    /** Whether the node may vote, in its shard and in the meta group ({@code cluster-replica-no-failover}). */
    record SetVote(String nodeId, boolean votes) implements MetaCommand {}

    /** The shard's voter {@code lostId} and its learner {@code spareId} change places. */
    record SwapVoter(String shardId, String lostId, String spareId) implements MetaCommand {}

    /**
     * The shards with one of these slots (none: all) are to change their consensus from here on. A change that was under way to the other
     * side and is not committed is aborted by it.
     */
    record BeginRollout(Rollout.Consensus target, List<SlotRange> scope) implements MetaCommand {
        public BeginRollout {
            scope = List.copyOf(scope);
        }
    }

    /**
     * The gossip primary begins to change its shard to raft; one shard at a time.
     *
     * @param shardId new, of the raft shard that is to be; the attempt's number is the entry's index
     * @param members the primary first
     * @param configEpoch of the primary's claim
     */
    record BeginAttempt(String shardId, String primaryId, List<String> members, List<SlotRange> slots, long configEpoch)
            implements MetaCommand {
        public BeginAttempt {
            Ids.check(shardId);
            members = List.copyOf(members);
            slots = List.copyOf(slots);
        }
    }

    /** The raft shard's leader begins to take it back to gossip mode, where it will be the primary; one shard at a time. */
    record BeginReturn(String shardId, String primaryId) implements MetaCommand {}

    /** The shard stays what it is, unless the attempt's commit came first; the promises that were given for the attempt are over. */
    record AbortAttempt(long attempt, String why) implements MetaCommand {}

    /**
     * The one switch of a shard to raft (SAFETY 19): a majority of its members has the data up to the seal, with equal digests.
     *
     * @param history,offset the seal
     * @param reached who is at the seal
     * @param baseIndex the group's log begins above it
     * @param pauseMillis how long writes have waited so far
     */
    record ShardToRaft(
            String shardId,
            long attempt,
            String history,
            long offset,
            List<String> reached,
            long baseIndex,
            long pauseMillis)
            implements MetaCommand {
        public ShardToRaft {
            reached = List.copyOf(reached);
        }
    }

    /**
     * The one switch back: the shard's log has ended, its primary claims its slots under an epoch above all.
     *
     * @param reached who has applied the log's last entry
     * @param epochFloor the highest config epoch that the proposer has heard of
     * @param endIndex of that entry
     * @param history,offset of the primary's stream from there on
     */
    record ShardToGossip(
            String shardId,
            long attempt,
            List<String> reached,
            long epochFloor,
            long endIndex,
            String history,
            long offset)
            implements MetaCommand {
        public ShardToGossip {
            reached = List.copyOf(reached);
        }
    }

    /** No shard is gossip's any more: claims end. */
    record AllRaft() implements MetaCommand {}

    /** No shard is raft's any more: the meta group ends. */
    record Dissolve() implements MetaCommand {}

    /** What SETSLOT says of a slot. */
    enum OpenKind {
        STABLE(0),
        MIGRATING(1),
        IMPORTING(2);

        private final int code;

        OpenKind(int code) {
            this.code = code;
        }

        /** Its number in the format. */
        int code() {
            return code;
        }

        /** @throws FormatException for a number of no kind */
        static OpenKind of(int code) {
            for (OpenKind kind : values()) {
                if (kind.code == code) {
                    return kind;
                }
            }
            throw new FormatException("SETSLOT of kind " + code);
        }
    }

    /**
     * An atomic move of slots that is to begin.
     *
     * @param id 40 hex digits, new
     * @param sourceNode a member of the shard that has the slots, or empty
     * @param targetNode a member of the shard that gets them
     * @param newShardId names a shard for a target without one
     */
    record MigrationPlan(String id, List<SlotRange> slots, String sourceNode, String targetNode, String newShardId) {
        public MigrationPlan {
            slots = List.copyOf(slots);
        }
    }

    /** All of these begin, or none does. */
    record BeginMigrations(List<MigrationPlan> plans, long nowMillis) implements MetaCommand {
        public BeginMigrations {
            plans = List.copyOf(plans);
        }
    }

    /** The source's leader begins the attempt after {@code attempt}, {@code why} the last one ended. */
    record StartMigration(String id, long attempt, long nowMillis, String why) implements MetaCommand {}

    /** The target's quorum has all that {@code attempt} streams: the slots change hands. */
    record CommitMigration(String id, long attempt, long nowMillis, long pauseMillis) implements MetaCommand {}

    /** The slots stay where they are. */
    record EndMigration(String id, boolean cancelled, long nowMillis, String why) implements MetaCommand {}

    /** The node's config epoch: {@code epoch}, or for 0 one above all others unless it is that already. */
    record ConfigEpoch(String nodeId, long epoch) implements MetaCommand {}

    /**
     * Commands of one EXEC: each is applied or refused by itself, as in Redis, and nothing comes between them. What became
     * of each says {@link MetaResult#reasons}.
     */
    record Batch(List<MetaCommand> commands) implements MetaCommand {
        /** Bound of the commands of one batch. */
        public static final int MAX_COMMANDS = 400;

        public Batch {
            commands = List.copyOf(commands);
            if (commands.size() > MAX_COMMANDS) {
                throw new IllegalArgumentException("more than " + MAX_COMMANDS + " commands");
            }
            for (MetaCommand command : commands) {
                if (command instanceof Batch || command instanceof Form) {
                    throw new IllegalArgumentException("not in a batch: " + command);
                }
            }
        }
    }
}

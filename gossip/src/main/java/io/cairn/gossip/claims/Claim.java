package io.cairn.gossip.claims;

/**
 * What a node says of itself; only the node itself makes a new one. Of two claims of a node the higher version counts.
 *
 * @param id 40 hex digits
 * @param primaryId whom it replicates, empty for a primary
 * @param configEpoch decides who owns a slot that two claim; a replica's is 0
 * @param voted a majority has agreed to this config epoch
 * @param decidedEpoch its own ballots up to this epoch are over, won or lost
 * @param noFailover cluster-replica-no-failover: it never stands for election
 * @param empty a primary that has started without the data that it had: it serves nothing, and its replicas are to take over
 * @param slots what it claims; a replica claims none
 */
public record Claim(
        String id,
        long version,
        Place place,
        String primaryId,
        long configEpoch,
        boolean voted,
        long decidedEpoch,
        boolean noFailover,
        boolean empty,
        SlotSet slots) {
    public boolean isPrimary() {
        return primaryId.isEmpty();
    }

    /** A node that has just come into being. */
    public static Claim of(String id, Place place, boolean noFailover) {
        return new Claim(id, 1, place, "", 0, false, 0, noFailover, false, SlotSet.NONE);
    }

    Claim withVersion(long newVersion) {
        return new Claim(id, newVersion, place, primaryId, configEpoch, voted, decidedEpoch, noFailover, empty, slots);
    }

    Claim at(Place newPlace, boolean never) {
        return new Claim(id, version, newPlace, primaryId, configEpoch, voted, decidedEpoch, never, empty, slots);
    }

    Claim asReplicaOf(String primary) {
        return new Claim(id, version, place, primary, 0, false, decidedEpoch, noFailover, false, SlotSet.NONE);
    }

    Claim holding(SlotSet newSlots) {
        return new Claim(id, version, place, "", configEpoch, voted, decidedEpoch, noFailover, empty, newSlots);
    }

    Claim withEpoch(long epoch, boolean byVote) {
        return new Claim(id, version, place, primaryId, epoch, byVote, decidedEpoch, noFailover, empty, slots);
    }

    Claim decided(long epoch) {
        return new Claim(
                id,
                version,
                place,
                primaryId,
                configEpoch,
                voted,
                Math.max(decidedEpoch, epoch),
                noFailover,
                empty,
                slots);
    }

    Claim empty(boolean isEmpty) {
        return new Claim(id, version, place, primaryId, configEpoch, voted, decidedEpoch, noFailover, isEmpty, slots);
    }

    /** Whether this claim wins a slot that {@code other} claims too. Two of one epoch are a majority's word against none, or a misuse. */
    boolean beats(Claim other) {
        if (configEpoch != other.configEpoch) {
            return configEpoch > other.configEpoch;
        }
        return voted != other.voted ? voted : id.compareTo(other.id) < 0;
    }
}

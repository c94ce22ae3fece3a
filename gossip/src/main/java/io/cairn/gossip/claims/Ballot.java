package io.cairn.gossip.claims;

import java.util.Map;

/**
 * What a candidate asks a vote for: to own exactly these slots under this epoch.
 *
 * @param kind why the owners that it takes slots from let it
 * @param slots all that it would own
 * @param sources config epochs of the owners that it takes slots from, as it knows them: a voter that knows a newer one refuses
 */
public record Ballot(long epoch, Kind kind, SlotSet slots, Map<String, Long> sources) {
    /** Owners named in one ballot. */
    static final int MAX_SOURCES = 1_024;

    public Ballot {
        sources = Map.copyOf(sources);
    }

    /** Why slots change hands. */
    public enum Kind {
        /** The primary has failed, and each voter has not heard of it for the node timeout. */
        ELECTION(0),
        /** The operator's word (CLUSTER FAILOVER), with or without the primary's. */
        MANUAL(1),
        /** Slots that a primary takes from nobody or from owners that agree (SETSLOT NODE, ADDSLOTS), or a new epoch. */
        MOVE(2),
        /** The same from an owner that has failed, and that each voter has not heard of for the node timeout. */
        SEIZE(3);

        /** Part of the wire format. */
        final int code;

        Kind(int code) {
            this.code = code;
        }

        /** By an operator's word about slots, not about a primary's place. */
        boolean isOfSlots() {
            return this == MOVE || this == SEIZE;
        }
    }
}

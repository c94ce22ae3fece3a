package io.cairn.raft.meta;

import java.util.List;

/**
 * What became of a proposed command. Of a {@link MetaCommand.Batch} that was applied, the reason has a line for each of its
 * commands, empty where it was applied.
 *
 * @param reason for the log or the client when it was refused or not taken, else empty
 * @param version the map's version after the command, or 0 when it is not known to be applied
 */
public record MetaResult(Outcome outcome, String reason, long version) {
    /** The kinds of outcomes. */
    public enum Outcome {
        /** Applied; the map shows it (it may have shown it before). */
        APPLIED(0),
        /** Applied and found to contradict the map; nothing changed. */
        REFUSED(1),
        /** Surely not in the log: no leader, no quorum, queue full. */
        NOT_TAKEN(2),
        /** May or may not be applied now or later. */
        UNKNOWN(3);

        private final int code;

        Outcome(int code) {
            this.code = code;
        }

        /** Its number in the formats. */
        int code() {
            return code;
        }

        /** @throws FormatException for a number of no outcome */
        static Outcome of(int code) {
            for (Outcome outcome : values()) {
                if (outcome.code == code) {
                    return outcome;
                }
            }
            throw new FormatException("unknown outcome " + code);
        }
    }

    public boolean isApplied() {
        return outcome == Outcome.APPLIED;
    }

    /** One reason for each command of a batch, and for a single command its own; empty where it was applied. */
    public List<String> reasons() {
        return List.of(reason.split("\n", -1));
    }

    static MetaResult applied(long version) {
        return new MetaResult(Outcome.APPLIED, "", version);
    }

    static MetaResult refused(String reason, long version) {
        return new MetaResult(Outcome.REFUSED, reason, version);
    }

    static MetaResult notTaken(String reason) {
        return new MetaResult(Outcome.NOT_TAKEN, reason, 0);
    }

    static MetaResult unknown(String reason) {
        return new MetaResult(Outcome.UNKNOWN, reason, 0);
    }
}

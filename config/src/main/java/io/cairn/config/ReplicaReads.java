package io.cairn.config;

import java.util.List;

/**
 * What a READONLY connection gets at a replica in raft mode.
 *
 * @param boundMillis with {@link Kind#BOUNDED}, how old the replica's data may be, else 0
 */
public record ReplicaReads(Kind kind, int boundMillis) {
    /** What is promised of a read. */
    public enum Kind {
        /** Whatever the replica has. */
        STALE,
        /** Everything acknowledged until some milliseconds before. */
        BOUNDED,
        /** Everything acknowledged before. */
        LINEARIZABLE
    }

    static final ReplicaReads STALE = new ReplicaReads(Kind.STALE, 0);

    static final int MIN_BOUND_MILLIS = 1;
    static final int MAX_BOUND_MILLIS = 3_600_000;

    private static final String CHOICES = "stale, bounded <milliseconds>, linearizable";

    static Type<ReplicaReads> type() {
        return new ListTypes.Several<>(CHOICES) {
            @Override
            public ReplicaReads parse(List<String> arguments, ReplicaReads current) throws BadValueException {
                String word = arguments.get(0);
                if (arguments.size() == 1 && word.equalsIgnoreCase("stale")) {
                    return STALE;
                }
                if (arguments.size() == 1 && word.equalsIgnoreCase("linearizable")) {
                    return new ReplicaReads(Kind.LINEARIZABLE, 0);
                }
                if (arguments.size() == 2 && word.equalsIgnoreCase("bounded")) {
                    int millis =
                            Types.integer(MIN_BOUND_MILLIS, MAX_BOUND_MILLIS).parse(arguments.subList(1, 2), 0);
                    return new ReplicaReads(Kind.BOUNDED, millis);
                }
                throw new BadValueException("argument(s) must be one of the following: " + CHOICES);
            }

            @Override
            public String show(ReplicaReads value) {
                return value.toString();
            }
        };
    }

    @Override
    public String toString() {
        return switch (kind) {
            case STALE -> "stale";
            case BOUNDED -> "bounded " + boundMillis;
            case LINEARIZABLE -> "linearizable";
        };
    }
}

package io.cairn.keyspace.collection;

/** A range of a sorted set, by score or by the members' bytes. Redis: zrangespec, zlexrangespec. */
public sealed interface SortedRange {
    /** True if the member comes before the range. */
    boolean isBelow(double score, long member, int length);

    /** True if the member comes after the range. */
    boolean isAbove(double score, long member, int length);

    /** True if an order by score is enough for the range to be in one piece. */
    boolean byScore();

    /** From one score to another. */
    record OfScores(double min, boolean minExclusive, double max, boolean maxExclusive) implements SortedRange {
        @Override
        public boolean isBelow(double score, long member, int length) {
            return minExclusive ? !(score > min) : !(score >= min);
        }

        @Override
        public boolean isAbove(double score, long member, int length) {
            return maxExclusive ? !(score < max) : !(score <= max);
        }

        @Override
        public boolean byScore() {
            return true;
        }
    }

    /** From one member to another. */
    record OfMembers(Bound min, Bound max) implements SortedRange {
        @Override
        public boolean isBelow(double score, long member, int length) {
            int order = min.compare(member, length);
            return min.exclusive ? order <= 0 : order < 0;
        }

        @Override
        public boolean isAbove(double score, long member, int length) {
            int order = max.compare(member, length);
            return max.exclusive ? order >= 0 : order > 0;
        }

        @Override
        public boolean byScore() {
            return false;
        }
    }

    /**
     * One end of a range of members.
     *
     * @param infinite -1 for before all, 1 for after all, 0 for the bytes given, which must stay where they are
     */
    record Bound(int infinite, long address, int length, boolean exclusive) {
        /** How a member compares with this. */
        int compare(long member, int memberLength) {
            return infinite != 0 ? -infinite : MemberBytes.compare(member, memberLength, address, length);
        }
    }
}

package io.cairn.keyspace.collection;

/**
 * A sorted set to be read, whatever its form: members by score, those of equal score by their bytes. Positions are opaque, {@link #NONE} for none, and
 * valid until the next change. Ranks count from 0.
 */
public interface SortedView extends AutoCloseable {
    /** No position. */
    long NONE = 0;

    long size();

    long first();

    long last();

    long next(long at);

    long previous(long at);

    double score(long at);

    /** Where the bytes of the member are; valid until the next call of a method of this view. */
    long member(long at);

    /** Number of bytes of the member. */
    int length(long at);

    /** The position of a member. */
    long find(long member, int length);

    /** The rank of what is at a position. */
    long rank(long at);

    /** The position of a rank, {@link #NONE} if there are not so many. */
    long at(long rank);

    /**
     * How many members come before a range. Where members have different scores, a range of members
     * ({@link SortedRange.OfMembers}) means nothing; the answer then depends on nothing but the members and scores.
     */
    long countBelow(SortedRange range);

    /** How many members come before a range or lie in it. */
    long countUpTo(SortedRange range);

    @Override
    default void close() {}
}

package io.cairn.keyspace.collection;

import io.cairn.keyspace.Digits;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.RealText;

/**
 * A small sorted set in its compact form, a listpack of members and scores in order. Everything is O(n). Positions are those of the members. To be
 * closed, as members that are numbers are written out in memory of its own. Redis: the zzl functions of t_zset.c.
 */
public final class PackedSortedSet implements SortedView {
    /** So many members are looked for among each other rather than put into an index. */
    private static final int QUICKLY_COMPARED = 64;

    private long lp;
    private long digits;

    /** A view of a valid listpack, which must stay where it is. */
    public PackedSortedSet(long lp) {
        this.lp = lp;
    }

    /** The listpack has moved. */
    public void move(long to) {
        lp = to;
    }

    private static long position(int at) {
        return at == Listpack.NONE ? NONE : at;
    }

    @Override
    public long size() {
        return Listpack.count(lp) / 2;
    }

    @Override
    public long first() {
        return position(Listpack.first(lp));
    }

    @Override
    public long last() {
        return position(Listpack.seek(lp, -2));
    }

    @Override
    public long next(long at) {
        return position(Listpack.next(lp, Listpack.next(lp, (int) at)));
    }

    @Override
    public long previous(long at) {
        int score = Listpack.previous(lp, (int) at);
        return score == Listpack.NONE ? NONE : Listpack.previous(lp, score);
    }

    @Override
    public double score(long at) {
        return scoreAt(lp, scorePosition(at));
    }

    /** The score that an element of a listpack is; NaN if it is none. What old versions of Redis wrote as "-0" is 0. */
    private static double scoreAt(long lp, int at) {
        return Listpack.isNumber(lp, at)
                ? Listpack.number(lp, at)
                : RealText.parse(Listpack.address(lp, at), Listpack.length(lp, at)) + 0.0;
    }

    /** Where the score of a member is. */
    public int scorePosition(long at) {
        return Listpack.next(lp, (int) at);
    }

    @Override
    public long member(long at) {
        if (!Listpack.isNumber(lp, (int) at)) {
            return Listpack.address(lp, (int) at);
        }
        if (digits == 0) {
            digits = Memory.allocate(Digits.MAX_LENGTH);
        }
        Digits.write(Listpack.number(lp, (int) at), digits);
        return digits;
    }

    @Override
    public int length(long at) {
        return Listpack.textLength(lp, (int) at);
    }

    @Override
    public long find(long member, int length) {
        return position(Listpack.find(lp, Listpack.first(lp), member, length, 1));
    }

    @Override
    public long rank(long at) {
        long rank = 0;
        for (long p = first(); p != at; p = next(p)) {
            rank++;
        }
        return rank;
    }

    @Override
    public long at(long rank) {
        return rank < 0 || rank >= size() ? NONE : position(Listpack.seek(lp, (int) rank * 2));
    }

    @Override
    public long countBelow(SortedRange range) {
        return count(range, false);
    }

    @Override
    public long countUpTo(SortedRange range) {
        return count(range, true);
    }

    /** By halves as in {@link SortedSet}, so that the answer is the same where the order is not that of the range. */
    private long count(SortedRange range, boolean included) {
        long low = 0;
        long high = size();
        while (low < high) {
            long middle = (low + high) >>> 1;
            long at = at(middle);
            double score = score(at);
            boolean precedes = included
                    ? !range.isAbove(score, member(at), length(at))
                    : range.isBelow(score, member(at), length(at));
            if (precedes) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Where a member with a score belongs: the position of what comes after it, {@link #NONE} for the end. */
    public long place(double score, long member, int length) {
        for (long at = first(); at != NONE; at = next(at)) {
            double there = score(at);
            if (there > score || (there == score && MemberBytes.compare(member(at), length(at), member, length) > 0)) {
                return at;
            }
        }
        return NONE;
    }

    /** Writes a score into a listpack: whole numbers as numbers, others as text. Redis: zzlInsertAt. */
    public static void insertScore(ListpackBuilder packed, int at, double score) {
        if (RealText.isLong(score)) {
            packed.insert(at, (long) score);
            return;
        }
        long text = Memory.allocate(RealText.MAX_PRINTED);
        try {
            packed.insert(at, text, RealText.write(score, text));
        } finally {
            Memory.free(text, RealText.MAX_PRINTED);
        }
    }

    /** Writes a member and its score behind all others. */
    public static void append(ListpackBuilder packed, long member, int length, double score) {
        packed.append(member, length);
        insertScore(packed, packed.bytes() - 1, score);
    }

    /**
     * True if a listpack whose elements are {@linkplain Listpack#valid sound} is a sorted set: at least one pair, scores that are numbers, all in order,
     * no member twice.
     */
    public static boolean valid(long lp) {
        int count = Listpack.count(lp);
        if (count == 0 || count % 2 != 0) {
            return false;
        }
        SortedSet seen = count / 2 > QUICKLY_COMPARED ? new SortedSet() : null;
        try (PackedSortedSet view = new PackedSortedSet(lp);
                PackedSortedSet other = new PackedSortedSet(lp)) {
            long before = NONE;
            for (long at = view.first(); at != NONE; at = view.next(at)) {
                double score = view.score(at);
                long member = view.member(at);
                int length = view.length(at);
                if (Double.isNaN(score) || (before != NONE && !other.isBefore(before, score, member, length))) {
                    return false;
                }
                boolean twice = seen != null ? seen.find(member, length) != NONE : other.find(member, length) != at;
                if (twice) {
                    return false;
                }
                if (seen != null) {
                    seen.add(member, length, score);
                }
                before = at;
            }
            return true;
        } finally {
            if (seen != null) {
                seen.release();
            }
        }
    }

    private boolean isBefore(long at, double score, long member, int length) {
        double own = score(at);
        return own < score || (own == score && MemberBytes.compare(member(at), length(at), member, length) < 0);
    }

    @Override
    public void close() {
        if (digits != 0) {
            Memory.free(digits, Digits.MAX_LENGTH);
            digits = 0;
        }
    }
}

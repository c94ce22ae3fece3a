package io.cairn.rdb;

import io.cairn.keyspace.EncodingLimits;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.RealText;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.Listpack;
import io.cairn.keyspace.collection.ListpackBuilder;
import io.cairn.keyspace.collection.PackedSortedSet;
import io.cairn.keyspace.collection.SortedSet;
import io.cairn.keyspace.collection.SortedView;
import java.io.IOException;
import java.util.Objects;

/** Sorted sets in RDB files and payloads. Redis: rdbSaveObject, rdbLoadObject. */
final class SortedSetRdb {
    /** Lengths of the oldest form's scores that are no lengths. */
    private static final int NEGATIVE_INFINITY = 255;

    private static final int INFINITY = 254;
    private static final int NOT_A_NUMBER = 253;

    private SortedSetRdb() {}

    static int type(Value value) {
        return value.encoding == Value.OBJECT ? RdbFormat.TYPE_ZSET_2 : RdbFormat.TYPE_ZSET_LISTPACK;
    }

    static void write(RdbOutput out, Value value) throws IOException {
        if (value.encoding != Value.OBJECT) {
            out.putString(value.address, value.length);
            return;
        }
        SortedSet set = (SortedSet) Objects.requireNonNull(value.object);
        out.putLength(set.size());
        // From the end: whoever loads it puts each before all others.
        for (long at = set.last(); at != SortedView.NONE; at = set.previous(at)) {
            out.putString(set.member(at), set.length(at));
            out.putLongLittleEndian(Double.doubleToRawLongBits(set.score(at)));
        }
    }

    static LoadedValue read(int type, RdbInput in, RdbString string, EncodingLimits limits) throws IOException {
        if (type == RdbFormat.TYPE_ZSET || type == RdbFormat.TYPE_ZSET_2) {
            return readPairs(type, in, string, limits);
        }
        string.read(in);
        if (type == RdbFormat.TYPE_ZSET_LISTPACK) {
            if (!Listpack.valid(string.address(), string.length(), true)) {
                throw in.bad("a sorted set's listpack is damaged");
            }
            return packed(in, string.address(), limits);
        }
        return readZiplist(in, string, limits);
    }

    private static LoadedValue readPairs(int type, RdbInput in, RdbString string, EncodingLimits limits)
            throws IOException {
        SortedSet set = new SortedSet();
        boolean compact = true;
        long bytes = 0;
        try {
            for (long left = in.readLength(); left != 0; left--) {
                string.read(in);
                double score = type == RdbFormat.TYPE_ZSET_2
                        ? Double.longBitsToDouble(in.readLittleEndian(Long.BYTES))
                        : readOldScore(in);
                if (Double.isNaN(score)) {
                    throw in.bad("a sorted set's score is not a number");
                }
                if (set.find(string.address(), string.length()) != SortedView.NONE) {
                    throw in.bad("a sorted set has a member twice");
                }
                set.add(string.address(), string.length(), score + 0.0);
                bytes += string.length();
                compact &= string.length() <= limits.zsetValue;
            }
            if (set.size() == 0) {
                return empty(set);
            }
            if (compact && set.size() <= limits.zsetEntries && bytes <= Listpack.MAX_BYTES / 2) {
                return compact(set);
            }
            return LoadedValue.object(set);
        } catch (Throwable failed) {
            set.release();
            throw failed;
        }
    }

    private static LoadedValue empty(SortedSet set) {
        set.release();
        return LoadedValue.empty();
    }

    /** The compact form of a set, which is released. */
    private static LoadedValue compact(SortedSet set) {
        ListpackBuilder builder = new ListpackBuilder();
        try {
            for (long at = set.first(); at != SortedView.NONE; at = set.next(at)) {
                PackedSortedSet.append(builder, set.member(at), set.length(at), set.score(at));
            }
        } catch (Throwable failed) {
            builder.close();
            throw failed;
        }
        set.release();
        return LoadedValue.packed(ValueType.ZSET, Value.LISTPACK, builder);
    }

    /** Redis: rdbLoadDoubleValue. */
    private static double readOldScore(RdbInput in) throws IOException {
        int length = in.readByte();
        switch (length) {
            case NEGATIVE_INFINITY -> {
                return Double.NEGATIVE_INFINITY;
            }
            case INFINITY -> {
                return Double.POSITIVE_INFINITY;
            }
            case NOT_A_NUMBER -> {
                return Double.NaN;
            }
            default -> {
                long text = Memory.allocate(Math.max(1, length));
                try {
                    in.readBytes(text, length);
                    return RealText.parse(text, length);
                } finally {
                    Memory.free(text, Math.max(1, length));
                }
            }
        }
    }

    private static LoadedValue readZiplist(RdbInput in, RdbString string, EncodingLimits limits) throws IOException {
        if (!Ziplist.valid(string.address(), string.length())) {
            throw in.bad("a sorted set's ziplist is damaged");
        }
        ListpackBuilder builder = new ListpackBuilder();
        boolean passed = false;
        try {
            Ziplist.append(string.address(), builder);
            LoadedValue value = packed(in, builder.address(), limits);
            if (value.isEmpty() || !isCompact(builder.address(), limits)) {
                return value;
            }
            passed = true;
            return LoadedValue.packed(ValueType.ZSET, Value.LISTPACK, builder);
        } finally {
            if (!passed) {
                builder.close();
            }
        }
    }

    private static boolean isCompact(long lp, EncodingLimits limits) {
        return Listpack.count(lp) / 2 <= limits.zsetEntries;
    }

    /** The set that a sound listpack is; its bytes stay the caller's and are needed as long as the value. */
    private static LoadedValue packed(RdbInput in, long lp, EncodingLimits limits) throws IOException {
        if (Listpack.count(lp) == 0) {
            return LoadedValue.empty();
        }
        if (!PackedSortedSet.valid(lp)) {
            throw in.bad("a sorted set's members or scores are not in order");
        }
        if (isCompact(lp, limits)) {
            return LoadedValue.packed(ValueType.ZSET, Value.LISTPACK, lp, Listpack.bytes(lp));
        }
        SortedSet set = new SortedSet();
        try (PackedSortedSet view = new PackedSortedSet(lp)) {
            set.addAll(view);
            return LoadedValue.object(set);
        } catch (Throwable failed) {
            set.release();
            throw failed;
        }
    }
}

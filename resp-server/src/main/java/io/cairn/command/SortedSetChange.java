package io.cairn.command;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.EncodingLimits;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.Listpack;
import io.cairn.keyspace.collection.ListpackBuilder;
import io.cairn.keyspace.collection.PackedSortedSet;
import io.cairn.keyspace.collection.SortedSet;
import io.cairn.keyspace.collection.SortedView;
import org.jspecify.annotations.Nullable;

/**
 * The sorted set of one key while a command changes it: in scratch memory as long as it is compact, in place once it is large. {@link #finish} stores
 * what came of it. Redis: zsetAdd, zsetDel, zsetConvert.
 *
 * <p>Scores of -0 become 0, because the compact form cannot tell them apart and which form a set has must not be seen.
 */
final class SortedSetChange implements AutoCloseable {
    private final Call call;
    private final int key;
    private final long expireAt;
    private final boolean existed;

    private @Nullable ListpackBuilder packed;
    private @Nullable PackedSortedSet packedView;
    private @Nullable SortedSet object;
    /** The object is not in the database. */
    private boolean fresh;
    /** The database was told that the object changes. */
    private boolean begun;

    private boolean dirty;

    private SortedSetChange(Call call, int key, boolean existed) {
        this.call = call;
        this.key = key;
        this.existed = existed;
        this.expireAt = existed ? call.value.expireAt : 0;
        if (existed && call.value.encoding == Value.OBJECT) {
            object = (SortedSet) call.value.object;
        } else {
            ListpackBuilder builder = new ListpackBuilder();
            packed = builder;
            if (existed) {
                builder.load(call.value.address);
            }
            packedView = new PackedSortedSet(builder.address());
        }
    }

    /** The sorted set of the key of an argument, an empty one if it is absent; null if it has another type, which is answered. */
    static @Nullable SortedSetChange open(Call call, int key) {
        boolean existed = StringCommands.find(call, key);
        if (existed && call.value.type != ValueType.ZSET) {
            call.reply().error(ErrorText.WRONG_TYPE);
            return null;
        }
        return new SortedSetChange(call, key, existed);
    }

    boolean existed() {
        return existed;
    }

    /** What is there now; positions are valid until the next change. */
    SortedView view() {
        SortedView view = object != null ? object : packedView;
        if (view == null) {
            throw new IllegalStateException("closed");
        }
        return view;
    }

    /** Adds a member that is not there. */
    void add(long member, int length, double score) {
        dirty = true;
        ListpackBuilder builder = packed;
        if (builder != null && fits(builder, length)) {
            insert(builder, member, length, score);
            return;
        }
        if (builder != null) {
            convert(builder);
        }
        writable().add(member, length, score + 0.0);
    }

    private boolean fits(ListpackBuilder builder, int length) {
        EncodingLimits limits = call.keyspace.encodingLimits();
        return builder.count() / 2 + 1 <= limits.zsetEntries
                && length <= limits.zsetValue
                && (long) builder.bytes() + length <= Listpack.MAX_BYTES / 2;
    }

    private void insert(ListpackBuilder builder, long member, int length, double score) {
        PackedSortedSet view = packedView();
        long place = view.place(score, member, length);
        int at = builder.insert(place == SortedView.NONE ? builder.bytes() - 1 : (int) place, member, length);
        int behind = Listpack.next(builder.address(), at);
        PackedSortedSet.insertScore(builder, behind == Listpack.NONE ? builder.bytes() - 1 : behind, score);
        view.move(builder.address());
    }

    private PackedSortedSet packedView() {
        if (packedView == null) {
            throw new IllegalStateException("not compact");
        }
        return packedView;
    }

    private void convert(ListpackBuilder builder) {
        SortedSet large = new SortedSet();
        try {
            large.addAll(packedView());
        } catch (Throwable failed) {
            large.release();
            throw failed;
        }
        object = large;
        fresh = true;
        packedView().close();
        packedView = null;
        builder.close();
        packed = null;
    }

    /** The object, announced as changing. */
    private SortedSet writable() {
        SortedSet large = object;
        if (large == null) {
            throw new IllegalStateException("not large");
        }
        if (!fresh && !begun) {
            call.database().change(call.args.address(key), call.args.length(key));
            begun = true;
        }
        return large;
    }

    /** Gives the member at a position, whose bytes are these, another score. */
    void setScore(long at, long member, int length, double score) {
        dirty = true;
        ListpackBuilder builder = packed;
        if (builder == null) {
            writable().setScore(at, score + 0.0);
            return;
        }
        builder.removeRange((int) at, 2);
        insert(builder, member, length, score);
    }

    void remove(long at) {
        dirty = true;
        if (packed == null) {
            writable().remove(at);
        } else {
            packed.removeRange((int) at, 2);
        }
    }

    /** Removes as many as are there of {@code number} from a rank on. */
    void removeRange(long rank, long number) {
        dirty = true;
        if (packed == null) {
            writable().removeRange(rank, number);
        } else {
            packed.removeRange((int) packedView().at(rank), (int)
                    (2 * Math.min(number, packedView().size() - rank)));
        }
    }

    /** Stores what changed, or removes the key if nothing is left; true if it was removed. */
    boolean finish() {
        if (!dirty) {
            return false;
        }
        call.changed();
        Database database = call.database();
        long address = call.args.address(key);
        int length = call.args.length(key);
        if (view().size() == 0) {
            database.remove(address, length, call.now());
            return existed;
        }
        if (packed != null) {
            database.putPacked(
                    address, length, ValueType.ZSET, Value.LISTPACK, packed.address(), packed.bytes(), expireAt);
        } else if (fresh) {
            database.putObject(address, length, writable(), expireAt);
            fresh = false;
        } else {
            database.changed(writable());
        }
        return false;
    }

    @Override
    public void close() {
        if (packedView != null) {
            packedView.close();
        }
        if (packed != null) {
            packed.close();
        }
        if (fresh && object != null) {
            object.release();
        }
    }

    /**
     * Stores a sorted set under the key of an argument in whatever form suits it, replacing what was there; takes over the caller's reference unless it
     * throws. Redis: zsetConvertToListpackIfNeeded, setKey.
     */
    static void store(Call call, int key, SortedSet result) {
        Database database = call.database();
        long address = call.args.address(key);
        int length = call.args.length(key);
        EncodingLimits limits = call.keyspace.encodingLimits();
        if (!fits(result, limits)) {
            database.putObject(address, length, result, 0);
            return;
        }
        try (ListpackBuilder builder = new ListpackBuilder()) {
            for (long at = result.first(); at != SortedView.NONE; at = result.next(at)) {
                PackedSortedSet.append(builder, result.member(at), result.length(at), result.score(at));
            }
            database.putPacked(address, length, ValueType.ZSET, Value.LISTPACK, builder.address(), builder.bytes(), 0);
        }
        result.release();
    }

    private static boolean fits(SortedSet result, EncodingLimits limits) {
        if (result.size() > limits.zsetEntries) {
            return false;
        }
        long total = 0;
        for (long at = result.first(); at != SortedView.NONE; at = result.next(at)) {
            total += result.length(at);
            if (result.length(at) > limits.zsetValue) {
                return false;
            }
        }
        return total <= Listpack.MAX_BYTES / 2;
    }
}

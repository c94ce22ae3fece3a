package io.cairn.command;

import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.PackedSortedSet;
import io.cairn.keyspace.collection.SortedSet;
import io.cairn.keyspace.collection.SortedView;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How members and scores are read and answered: a flat array in RESP2, an array of pairs in RESP3. */
final class SortedReplies {
    private SortedReplies() {}

    /** A view of a sorted set that was found, to be closed. */
    static SortedView view(Value value) {
        return value.encoding == Value.OBJECT
                ? (SortedSet) Objects.requireNonNull(value.object)
                : new PackedSortedSet(value.address);
    }

    /** True if the value is a sorted set; otherwise answers the error. */
    static boolean isSorted(Call call, Value value) {
        if (value.type == ValueType.ZSET) {
            return true;
        }
        call.reply().error(ErrorText.WRONG_TYPE);
        return false;
    }

    /** The sorted set of the key of an argument for a read, to be closed; null if there is none or {@link #isSorted} has answered. */
    static @Nullable SortedView find(Call call, int key, Runnable absent) {
        if (!call.find(key, call.value)) {
            absent.run();
            return null;
        }
        return isSorted(call, call.value) ? view(call.value) : null;
    }

    static void begin(Reply reply, long members, boolean scores) {
        reply.array(Math.toIntExact(scores && !reply.resp3() ? 2 * members : members));
    }

    static void pair(Reply reply, SortedView view, long at, boolean scores) {
        if (scores && reply.resp3()) {
            reply.array(2);
        }
        reply.bulk(view.member(at), view.length(at));
        if (scores) {
            reply.real(view.score(at));
        }
    }

    /** Answers so many members from a rank on, forwards or backwards. */
    static void range(Reply reply, SortedView view, long rank, long members, boolean reverse, boolean scores) {
        begin(reply, members, scores);
        long at = view.at(rank);
        for (long left = members; left > 0; left--) {
            pair(reply, view, at, scores);
            at = reverse ? view.previous(at) : view.next(at);
        }
    }
}

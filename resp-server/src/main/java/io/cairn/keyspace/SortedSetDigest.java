package io.cairn.keyspace;

import io.cairn.keyspace.collection.PackedSortedSet;
import io.cairn.keyspace.collection.SortedSet;
import io.cairn.keyspace.collection.SortedView;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** The part of {@link DatasetDigest} for sorted sets: members and scores in any order. */
final class SortedSetDigest {
    private static final int BYTES = 20;

    private SortedSetDigest() {}

    static void mix(DatasetDigest sums, byte[] digest, Value value) {
        try (SortedView set = value.encoding == Value.OBJECT
                ? (SortedSet) Objects.requireNonNull(value.object)
                : new PackedSortedSet(value.address)) {
            for (long at = set.first(); at != SortedView.NONE; at = set.next(at)) {
                byte[] one = new byte[BYTES];
                sums.mix(one, set.member(at), set.length(at));
                sums.mix(one, RealText.of(set.score(at)).getBytes(StandardCharsets.US_ASCII));
                sums.xorBytes(digest, one);
            }
        }
    }
}

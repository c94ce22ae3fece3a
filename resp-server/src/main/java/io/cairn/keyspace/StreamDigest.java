package io.cairn.keyspace;

import io.cairn.keyspace.collection.Listpack;
import io.cairn.keyspace.collection.StreamIterator;
import io.cairn.keyspace.collection.StreamObject;
import java.nio.charset.StandardCharsets;

/** The digest of a stream's entries; consumer groups are not in it. Redis: xorObjectDigest. */
final class StreamDigest {
    private StreamDigest() {}

    static void mix(DatasetDigest sum, byte[] digest, StreamObject stream) {
        StreamIterator at = stream.iterator().all(false);
        while (at.next()) {
            String id = Long.toUnsignedString(at.id().ms) + "." + Long.toUnsignedString(at.id().sequence);
            sum.mix(digest, id.getBytes(StandardCharsets.US_ASCII));
            while (at.nextField()) {
                element(sum, digest, at.listpack(), at.fieldAt());
                element(sum, digest, at.listpack(), at.valueAt());
            }
        }
    }

    private static void element(DatasetDigest sum, byte[] digest, long lp, int at) {
        if (Listpack.isNumber(lp, at)) {
            sum.mixNumber(digest, Listpack.number(lp, at));
        } else {
            sum.mix(digest, Listpack.address(lp, at), Listpack.length(lp, at));
        }
    }
}

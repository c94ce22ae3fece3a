package io.cairn.keyspace;

import io.cairn.keyspace.collection.Listpack;
import io.cairn.keyspace.collection.StreamConsumer;
import io.cairn.keyspace.collection.StreamGroup;
import io.cairn.keyspace.collection.StreamId;
import io.cairn.keyspace.collection.StreamIterator;
import io.cairn.keyspace.collection.StreamObject;
import io.cairn.keyspace.collection.StreamPending;
import java.nio.charset.StandardCharsets;

/** The digest of a stream's entries; only the exact form has its figures and consumer groups. Redis: xorObjectDigest. */
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

    /** The stream beside its entries; when a consumer was last active is in no snapshot. */
    static void mixRest(DatasetDigest sum, byte[] digest, StreamObject stream) {
        id(sum, digest, stream.last());
        id(sum, digest, stream.maxDeleted());
        sum.mixNumber(digest, stream.entriesAdded());
        for (StreamGroup group : stream.groups()) {
            sum.mix(digest, group.name());
            id(sum, digest, group.last());
            sum.mixNumber(digest, group.entriesRead());
            StreamPending pending = group.walk();
            StreamId id = new StreamId();
            for (boolean there = pending.first(); there; there = pending.next()) {
                pending.id(id);
                id(sum, digest, id);
                sum.mixNumber(digest, pending.delivered());
                sum.mixNumber(digest, pending.deliveries());
            }
            for (StreamConsumer consumer : group.consumers()) {
                sum.mix(digest, consumer.name());
                sum.mixNumber(digest, consumer.seen());
                StreamPending own = group.walk(consumer);
                for (boolean there = own.first(); there; there = own.next()) {
                    own.id(id);
                    id(sum, digest, id);
                }
            }
        }
    }

    private static void id(DatasetDigest sum, byte[] digest, StreamId id) {
        sum.mixNumber(digest, id.ms);
        sum.mixNumber(digest, id.sequence);
    }

    private static void element(DatasetDigest sum, byte[] digest, long lp, int at) {
        if (Listpack.isNumber(lp, at)) {
            sum.mixNumber(digest, Listpack.number(lp, at));
        } else {
            sum.mix(digest, Listpack.address(lp, at), Listpack.length(lp, at));
        }
    }
}

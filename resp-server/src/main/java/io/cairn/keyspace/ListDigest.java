package io.cairn.keyspace;

import io.cairn.keyspace.collection.ListCursor;

/** What a list is to {@link DatasetDigest}: its elements in their order. Redis: xorObjectDigest. */
final class ListDigest {
    private ListDigest() {}

    static void mix(DatasetDigest digest, byte[] sum, Value list) {
        ListCursor cursor = new ListCursor();
        for (boolean more = cursor.seek(list, 0); more; more = cursor.next()) {
            if (cursor.isNumber()) {
                digest.mixNumber(sum, cursor.number());
            } else {
                digest.mix(sum, cursor.address(), cursor.length());
            }
        }
    }
}

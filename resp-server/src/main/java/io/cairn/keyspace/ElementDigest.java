package io.cairn.keyspace;

import io.cairn.keyspace.collection.HashReader;
import io.cairn.keyspace.collection.SetReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The digests of hashes and sets, as Redis has them; the exact form takes their order, too, because writes may depend on it. */
final class ElementDigest {
    private static final int BYTES = 20;
    /** What marks a field that expires (Redis 7.4). */
    private static final byte[] EXPIRE = "!!hexpire!!".getBytes(StandardCharsets.US_ASCII);

    private ElementDigest() {}

    static void hash(DatasetDigest to, byte[] digest, Value hash, boolean exact) {
        byte[] element = new byte[BYTES];
        try (HashReader reader = new HashReader(hash)) {
            while (reader.next()) {
                Arrays.fill(element, (byte) 0);
                to.mix(element, reader.field().address(), reader.field().length());
                to.mix(element, reader.value().address(), reader.value().length());
                long expireAt = HashReader.expiry(
                        hash, reader.field().address(), reader.field().length());
                if (expireAt != 0) {
                    to.xorBytes(element, EXPIRE);
                }
                if (exact) {
                    to.mixNumber(element, expireAt);
                    to.mix(digest, element);
                } else {
                    to.xorBytes(digest, element);
                }
            }
        }
    }

    static void set(DatasetDigest to, byte[] digest, Value set, boolean exact) {
        try (SetReader reader = new SetReader(set)) {
            while (reader.next()) {
                if (exact) {
                    to.mix(digest, reader.member().address(), reader.member().length());
                } else {
                    to.xor(digest, reader.member().address(), reader.member().length());
                }
            }
        }
    }
}

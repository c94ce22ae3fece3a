package io.cairn.keyspace;

import io.cairn.keyspace.collection.StreamObject;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A checksum of all keys, and of one: SHA-1 sums, combined so that the order of keys does not matter. Redis:
 * computeDatasetDigest in debug.c, with the same result for the same strings: database, key and value, and whether there
 * is an expiry, but not when. The {@linkplain #exact exact} form takes the expiry's time and the key's version too, so that it is
 * equal only where replicas applied the same log alike. A key that is expired but still lies there counts, in both.
 *
 * <p>The digest is that of one moment. First the stripes are read one after another, each under its own lock; when
 * nothing has changed by the end of that, all belong together. If something did, {@link #TRIES} times, then all stripes are
 * locked and each is unlocked as soon as it was read, so that a busy node waits once, as Redis does. One thread; blocks.
 */
public final class DatasetDigest {
    /** How often it tries without holding up the whole node. */
    static final int TRIES = 2;

    private static final int BYTES = 20;
    private static final int CHUNK_BYTES = 8 * 1024;
    private static final byte[] EXPIRE = "!!expire!!".getBytes(StandardCharsets.US_ASCII);

    private final Keyspace keyspace;
    private final boolean exact;
    private final MessageDigest sha1;
    private final byte[] hash = new byte[BYTES];
    private final byte[] one = new byte[BYTES];
    private final byte[] chunk = new byte[CHUNK_BYTES];

    private DatasetDigest(Keyspace keyspace, boolean exact) {
        this.keyspace = keyspace;
        this.exact = exact;
        try {
            this.sha1 = MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }

    /** As Redis has it. */
    public static DatasetDigest of(Keyspace keyspace) {
        return new DatasetDigest(keyspace, false);
    }

    /** With the times of expiry, the versions and orders of keys, and streams' groups. */
    public static DatasetDigest exact(Keyspace keyspace) {
        return new DatasetDigest(keyspace, true);
    }

    /** The digest of all databases, 40 hex digits; zeros when there is no key. */
    public String all() {
        @Nullable Map<Integer, byte[]> sums = null;
        for (int attempt = 0; attempt < TRIES && sums == null; attempt++) {
            sums = stripeByStripe();
        }
        if (sums == null) {
            sums = atOnce();
        }
        byte[] total = new byte[BYTES];
        for (Map.Entry<Integer, byte[]> database : sums.entrySet()) {
            mix(
                    total,
                    ByteBuffer.allocate(Integer.BYTES).putInt(database.getKey()).array());
            xor(total, database.getValue());
        }
        return HexFormat.of().formatHex(total);
    }

    /** The digest of one value, without its key, as DEBUG DIGEST-VALUE answers it; zeros when there is no such key. */
    public String value(int database, byte[] key) {
        Arrays.fill(one, (byte) 0);
        NativeBlock block = NativeBlock.allocate(key.length);
        try {
            Memory.copy(key, 0, block.address(), key.length);
            int stripe = keyspace.stripeOf(Slots.of(block.address(), key.length));
            keyspace.lock(stripe);
            try {
                Value found = new Value();
                if (keyspace.database(database).peek(block.address(), key.length, 0, found)) {
                    mixValue(one, found);
                }
            } finally {
                keyspace.unlock(stripe);
            }
        } finally {
            block.release();
        }
        return HexFormat.of().formatHex(one);
    }

    /** What changes with every change of the contents: a write gives a version, a delete alone makes it smaller. */
    private long[] mark() {
        long[] mark = new long[keyspace.databases() + 2];
        mark[0] = keyspace.lastVersion();
        mark[1] = keyspace.exchanges();
        for (int database = 0; database < keyspace.databases(); database++) {
            mark[database + 2] = keyspace.database(database).size();
        }
        return mark;
    }

    private @Nullable Map<Integer, byte[]> stripeByStripe() {
        long[] before = mark();
        Map<Integer, byte[]> sums = new TreeMap<>();
        for (int stripe = 0; stripe < keyspace.stripes(); stripe++) {
            keyspace.lock(stripe);
            try {
                add(sums, stripe);
            } finally {
                keyspace.unlock(stripe);
            }
        }
        return Arrays.equals(before, mark()) ? sums : null;
    }

    private Map<Integer, byte[]> atOnce() {
        Map<Integer, byte[]> sums = new TreeMap<>();
        int held = 0;
        keyspace.lockAll();
        try {
            while (held < keyspace.stripes()) {
                add(sums, held);
                keyspace.unlock(held++);
            }
        } finally {
            for (int stripe = held; stripe < keyspace.stripes(); stripe++) {
                keyspace.unlock(stripe);
            }
        }
        return sums;
    }

    /** Adds the keys of a stripe, whose lock is held, to the sums of their databases. */
    private void add(Map<Integer, byte[]> sums, int stripe) {
        for (int number = 0; number < keyspace.databases(); number++) {
            Database database = keyspace.database(number);
            if (database.size() == 0) {
                continue;
            }
            int at = number;
            // No key is expired at time 0.
            database.forEach(stripe, 0, (key, keyLength, value) -> {
                Arrays.fill(one, (byte) 0);
                update(key, keyLength);
                mixHash(one);
                mixValue(one, value);
                sha1.update(one);
                xorHash(sums.computeIfAbsent(at, first -> new byte[BYTES]));
            });
        }
    }

    /** Redis: xorObjectDigest. */
    private void mixValue(byte[] digest, Value value) {
        mix(
                digest,
                ByteBuffer.allocate(Integer.BYTES).putInt(redisType(value.type)).array());
        switch (value.type) {
            case STRING -> mixString(digest, value);
            case HASH -> ElementDigest.hash(this, digest, value, exact);
            case SET -> ElementDigest.set(this, digest, value, exact);
            case STREAM -> stream(digest, (StreamObject) Objects.requireNonNull(value.object));
            case LIST -> ListDigest.mix(this, digest, value);
            case ZSET -> SortedSetDigest.mix(this, digest, value);
            default -> throw new IllegalStateException("no digest for type " + value.type);
        }
        if (value.expireAt != 0) {
            sha1.update(EXPIRE);
            xorHash(digest);
        }
        if (exact) {
            ByteBuffer more = ByteBuffer.allocate(2 * Long.BYTES);
            more.putLong(value.expireAt).putLong(value.version);
            mix(digest, more.array());
        }
    }

    private void stream(byte[] digest, StreamObject stream) {
        StreamDigest.mix(this, digest, stream);
        if (exact) {
            StreamDigest.mixRest(this, digest, stream);
        }
    }

    private void mixString(byte[] digest, Value value) {
        if (value.encoding == Value.INT) {
            mixNumber(digest, value.number);
        } else {
            mix(digest, value.address, value.length);
        }
    }

    /** Redis's number of a type (OBJ_STRING and the others); 5 is a module's. */
    private static int redisType(ValueType type) {
        return switch (type) {
            case STRING -> 0;
            case LIST -> 1;
            case SET -> 2;
            case ZSET -> 3;
            case HASH -> 4;
            case STREAM -> 6;
        };
    }

    /** Redis: mixDigest, of bytes. */
    void mix(byte[] digest, long address, int length) {
        update(address, length);
        mixHash(digest);
    }

    /** Redis: mixDigest, of a number's digits. */
    void mixNumber(byte[] digest, long number) {
        mix(digest, Long.toString(number).getBytes(StandardCharsets.US_ASCII));
    }

    /** Redis: xorDigest, of bytes. */
    void xor(byte[] digest, long address, int length) {
        update(address, length);
        xorHash(digest);
    }

    /** Redis: xorDigest, of a number's digits or a digest of 20 bytes that was made for one element. */
    void xorBytes(byte[] digest, byte[] bytes) {
        sha1.update(bytes);
        xorHash(digest);
    }

    private void update(long address, int length) {
        for (int done = 0; done < length; done += CHUNK_BYTES) {
            int bytes = Math.min(CHUNK_BYTES, length - done);
            Memory.copy(address + done, chunk, 0, bytes);
            sha1.update(chunk, 0, bytes);
        }
    }

    /** Redis: mixDigest. */
    void mix(byte[] digest, byte[] bytes) {
        sha1.update(bytes);
        mixHash(digest);
    }

    /** The end of mixDigest, whose bytes the hash was given already. */
    private void mixHash(byte[] digest) {
        xorHash(digest);
        sha1.update(digest);
        finish(digest);
    }

    private static void xor(byte[] digest, byte[] sum) {
        for (int i = 0; i < BYTES; i++) {
            digest[i] ^= sum[i];
        }
    }

    /** The end of Redis's xorDigest. */
    private void xorHash(byte[] digest) {
        finish(hash);
        xor(digest, hash);
    }

    private void finish(byte[] target) {
        try {
            sha1.digest(target, 0, BYTES);
        } catch (DigestException e) {
            throw new IllegalStateException("a SHA-1 sum has 20 bytes", e);
        }
    }
}

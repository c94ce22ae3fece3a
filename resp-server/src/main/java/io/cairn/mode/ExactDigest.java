package io.cairn.mode;

import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Value;
import io.cairn.rdb.PayloadBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The digest of all that a handler could tell apart: each key with its expiry and its value as it is stored, the order of its elements too; function libraries.
 * Not the keys' order, access data or versions. Nodes with equal digests answer whatever comes alike, at once and for ever.
 */
final class ExactDigest implements Keyspace.SnapshotSink, AutoCloseable {
    private static final int CHUNK = 64 * 1024;

    private final MessageDigest sha;
    private final PayloadBuffer payload = new PayloadBuffer();
    private final byte[] chunk = new byte[CHUNK];
    private final byte[] sum;

    ExactDigest() {
        try {
            sha = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // Every JDK has it.
        }
        sum = new byte[sha.getDigestLength()];
    }

    /** Digest of what was shown so far. */
    byte[] sum() {
        return sum.clone();
    }

    @Override
    public void entry(int database, long key, int keyLength, Value value) throws IOException {
        payload.dump(value);
        sha.update(ByteBuffer.allocate(20)
                .putInt(database)
                .putInt(keyLength)
                .putLong(value.expireAt)
                .putInt(payload.length())
                .flip());
        add(key, keyLength);
        add(payload.block().address(), payload.length());
        take();
    }

    private void add(long address, int length) {
        for (int at = 0; at < length; at += CHUNK) {
            int part = Math.min(CHUNK, length - at);
            Memory.copy(address + at, chunk, 0, part);
            sha.update(chunk, 0, part);
        }
    }

    /** Keys come in whatever order, each once. */
    private void take() {
        byte[] one = sha.digest();
        for (int i = 0; i < sum.length; i++) {
            sum[i] ^= one[i];
        }
    }

    @Override
    public void limits(DataLimits limits) {
        sha.update(limits.text().getBytes(StandardCharsets.UTF_8));
        take();
    }

    @Override
    public void library(byte[] text) {
        sha.update(text);
        take();
    }

    @Override
    public void close() {
        payload.close();
    }
}

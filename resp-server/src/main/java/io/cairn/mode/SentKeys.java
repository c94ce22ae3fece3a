package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.raft.meta.ClusterFormat;
import io.cairn.record.RecordWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The keys of a shard that MIGRATE may have sent to another (SAFETY 17). Before the first byte of a key leaves, the log marks it;
 * the mark goes with the key's own deletion here. Should the process, the leader or the connection die in between, the mark stays, and
 * so does this shard's word for the key: even after it was deleted here, clients are not sent to the copy that may lie at the target. A
 * later MIGRATE of such a key replaces, or deletes, that copy. Where the slot does not move, marks mean nothing: no client is sent elsewhere.
 *
 * <p>Marks are empty strings in a second database that clients cannot select; so they are replicated, in snapshots, and under
 * their key's stripe.
 */
public final class SentKeys {
    /** Databases of a node in raft mode. */
    public static final int DATABASES = 2;

    static final int DATABASE = 1;

    private static final byte[] SET = "SET".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DEL = "DEL".getBytes(StandardCharsets.US_ASCII);
    /** Version of a key that is not there. */
    static final long ABSENT = 0;

    private static final byte[] NOTHING = new byte[0];

    private SentKeys() {}

    /**
     * Whether keys are marked at all. Builds of the first version have one database only, and could neither apply a mark nor read
     * a snapshot that has one; and while there may be such a build in the cluster, no slot can be open, so no client is sent to a copy.
     */
    static boolean areUsed(int activeVersion) {
        return activeVersion > ClusterFormat.FIRST;
    }

    /** Whether the key is marked; the caller holds its stripe's lock. */
    static boolean isSent(Keyspace keyspace, long key, int length) {
        return keyspace.databases() > DATABASE
                && keyspace.database(DATABASE).size() > 0
                && keyspace.database(DATABASE).version(key, length, 0) != 0;
    }

    /** Adds a record that marks a key, provided that it has this version. */
    static void mark(RecordWriter writer, long stamp, byte[] key, long version) {
        record(writer, stamp, key, version, List.of(SET, key, NOTHING));
    }

    /** Adds a record that takes the mark away, provided that the key has this version, or is gone ({@link #ABSENT}). */
    static void unmark(RecordWriter writer, long stamp, byte[] key, long version) {
        record(writer, stamp, key, version, List.of(DEL, key));
    }

    private static void record(RecordWriter writer, long stamp, byte[] key, long version, List<byte[]> words) {
        writer.block(stamp, 1);
        writer.watch(0, key, version);
        writer.commands(1);
        NativeBlock block = NativeBlock.allocate(Math.max(1, Args.totalLength(words)));
        try {
            Args args = new Args();
            args.addAll(block, words);
            writer.queued(DATABASE, args);
        } finally {
            block.release();
        }
    }

    /** Marked keys of the slot that are not here any more, at most {@code limit}. Any thread; takes the stripe's lock. */
    public static List<byte[]> missing(Keyspace keyspace, int slot, int limit) {
        List<byte[]> missing = new ArrayList<>();
        if (keyspace.databases() <= DATABASE || keyspace.database(DATABASE).size() == 0) {
            return missing;
        }
        int stripe = keyspace.stripeOf(slot);
        keyspace.lock(stripe);
        try {
            keyspace.database(DATABASE).forEach(stripe, 0, (key, length, value) -> {
                if (missing.size() < limit
                        && io.cairn.keyspace.Slots.of(key, length) == slot
                        && keyspace.database(0).version(key, length, 0) == 0) {
                    missing.add(Memory.bytes(key, length));
                }
            });
        } finally {
            keyspace.unlock(stripe);
        }
        return missing;
    }

    /** The slot's keys, and those that are gone here and may be elsewhere: none means that the slot can be given away. */
    public static long count(Keyspace keyspace, int slot) {
        return keyspace.keysInSlot(slot)
                + missing(keyspace, slot, Integer.MAX_VALUE).size();
    }

    /** Up to {@code limit} keys that are to be moved before the slot can be. */
    public static List<byte[]> keysOfSlot(Keyspace keyspace, int slot, int limit) {
        List<byte[]> keys = new ArrayList<>(keyspace.keysOfSlot(slot, limit));
        if (keys.size() < limit) {
            keys.addAll(missing(keyspace, slot, limit - keys.size()));
        }
        return keys;
    }
}

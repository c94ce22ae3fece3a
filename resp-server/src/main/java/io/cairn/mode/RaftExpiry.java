package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.HashExpiryCommands;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Slots;
import io.cairn.metrics.NodeStats;
import io.cairn.raft.group.Failure;
import io.cairn.raft.shards.ShardGroup;
import io.cairn.record.RecordWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Active expiry in raft mode: the primary finds expired keys and logs their removal, each as a block that watches the
 * key at "absent or expired" and deletes it, so that a key written anew meanwhile stays (SAFETY 4). Expired fields of hashes go by a call that is about
 * expired ones alone. Called by one timer
 * thread; at most one entry is in flight.
 */
final class RaftExpiry implements Runnable {
    /** Most keys removed by one entry. */
    static final int MAX_KEYS = 500;
    /** Most bytes of an entry. */
    static final int MAX_BYTES = 4 << 20;

    private static final byte[] DEL = "DEL".getBytes(StandardCharsets.US_ASCII);
    private static final long ABSENT = 0;

    private final Keyspace keyspace;
    private final Supplier<@Nullable ShardGroup> shard;
    private final Stamps stamps;
    private final RecordWriter writer = new RecordWriter();
    private volatile boolean inFlight;
    private final NodeStats stats;

    RaftExpiry(Keyspace keyspace, Supplier<@Nullable ShardGroup> shard, Stamps stamps, NodeStats stats) {
        this.keyspace = keyspace;
        this.shard = shard;
        this.stamps = stamps;
        this.stats = stats;
    }

    /** One round. */
    @Override
    public void run() {
        ShardGroup group = shard.get();
        if (inFlight || group == null || !group.isServing()) {
            return;
        }
        long now = stamps.readTime();
        List<byte[]> keys = new ArrayList<>();
        List<List<byte[]>> hashes = new ArrayList<>();
        keyspace.collectExpired(now, MAX_KEYS, new Keyspace.ExpiredKey() {
            @Override
            public void expired(int database, byte[] key, long expireAt, long version) {
                if (mayChange(group, key)) {
                    keys.add(key);
                }
            }

            @Override
            public void fieldsExpired(int database, byte[] key, List<byte[]> fields) {
                if (mayChange(group, key)) {
                    hashes.add(HashExpiryCommands.dropping(key, fields));
                }
            }
        });
        long stamp = stamps.next();
        writer.begin(stamp, 0);
        int removed = 0;
        for (byte[] key : keys) {
            // Longer keys wait for the next round, or, when they alone are too long for an entry, for a write of
            // theirs.
            if (writer.length() + 2L * key.length <= MAX_BYTES) {
                delete(writer, stamp, key);
                removed++;
            }
        }
        boolean fields = false;
        for (List<byte[]> words : hashes) {
            if (writer.length() + 2L * Args.totalLength(words) <= MAX_BYTES) {
                dropFields(writer, stamp, words);
                fields = true;
            }
        }
        if (removed > 0 || fields) {
            inFlight = true;
            Removal removal = new Removal(removed);
            try {
                group.propose(LoopQueue.entry(writer), removal);
            } catch (RuntimeException | OutOfMemoryError e) {
                removal.failed(Failure.OUTCOME_UNKNOWN);
                throw e;
            }
        }
    }

    /** What is frozen, held or left behind stays: its removal would be refused, round after round. */
    private static boolean mayChange(ShardGroup group, byte[] key) {
        return OpenSlots.mayServe(group.slots().state(Slots.of(key)));
    }

    private final class Removal implements LocalProposal {
        private final int keys;

        Removal(int keys) {
            this.keys = keys;
        }

        @Override
        public void applied() {
            stats.expired(keys);
            inFlight = false;
        }

        @Override
        public void failed(Failure why) {
            inFlight = false;
        }
    }

    /** Adds a record that removes what is expired of some fields of a hash. */
    private static void dropFields(RecordWriter writer, long stamp, List<byte[]> words) {
        NativeBlock block = NativeBlock.allocate(Args.totalLength(words));
        try {
            Args args = new Args();
            args.addAll(block, words);
            writer.command(stamp, 0, args);
        } finally {
            block.release();
        }
    }

    /** Adds a record that deletes {@code key} if it is still absent or expired then. */
    static void delete(RecordWriter writer, long stamp, byte[] key) {
        delete(writer, stamp, key, ABSENT);
    }

    /** Adds a record that deletes {@code key} if it has this version then, {@link #ABSENT} meaning absent or expired. */
    static void delete(RecordWriter writer, long stamp, byte[] key, long version) {
        writer.block(stamp, 1);
        writer.watch(0, key, version);
        writer.commands(1);
        NativeBlock block = NativeBlock.allocate(DEL.length + key.length);
        try {
            Memory.copy(DEL, 0, block.address(), DEL.length);
            Memory.copy(key, 0, block.address() + DEL.length, key.length);
            Args args = new Args();
            args.add(block.address(), DEL.length);
            args.add(block.address() + DEL.length, key.length);
            writer.queued(0, args);
        } finally {
            block.release();
        }
    }
}

package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.KeyPositions;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Value;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keys that clients of a writable replica let expire. Its primary does not know them and deletes none of them, so the replica does. Any thread; bounded by
 * the keys that clients make on the replica. Redis: slaveKeysWithExpire, expireSlaveKeys.
 */
final class OwnExpiries {
    /** Of one tick. */
    private static final long BUDGET_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final int KEYS_PER_LOOK = 16;

    /** Deletes a key if it is there and expired; false when it is still to be looked at later. */
    @FunctionalInterface
    interface Expirer {
        boolean expire(int database, byte[] key);
    }

    private final Keyspace keyspace;
    private final Set<BlockedKeys.Key> keys = ConcurrentHashMap.newKeySet();
    /** Where the last tick stopped; the cron thread's. */
    private @Nullable Iterator<BlockedKeys.Key> cursor;

    OwnExpiries(Keyspace keyspace) {
        this.keyspace = keyspace;
    }

    /** A command of a client changed something; under the locks of its keys. */
    void ran(Command command, Args args, int database, KeyPositions positions, Value scratch) {
        int count = positions.find(command, args);
        for (int i = 0; i < count; i++) {
            long key = args.address(positions.at(i));
            int length = args.length(positions.at(i));
            if (keyspace.database(database).peek(key, length, 0, scratch) && scratch.expireAt != 0) {
                keys.add(new BlockedKeys.Key(database, args.bytes(positions.at(i))));
            }
        }
    }

    void clear() {
        keys.clear();
    }

    /** Ten times a second: as many as a bounded time allows, another part each time. */
    void tick(Expirer expirer) {
        if (keys.isEmpty()) {
            return;
        }
        Iterator<BlockedKeys.Key> all = cursor != null && cursor.hasNext() ? cursor : keys.iterator();
        cursor = all;
        long end = System.nanoTime() + BUDGET_NANOS;
        int looked = 0;
        while (all.hasNext() && (++looked % KEYS_PER_LOOK != 0 || System.nanoTime() < end)) {
            BlockedKeys.Key key = all.next();
            if (expirer.expire(key.database(), key.bytes())) {
                all.remove();
            }
        }
    }
}

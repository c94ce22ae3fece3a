package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.Keyspace.KeySample;
import io.cairn.keyspace.Memory;

/** Picks keys for eviction: a stripe by the number of its keys, a segment of it by chance, and neighbours within that. */
final class KeySampler {
    /** Stripes tried when the picked one is held by somebody else. */
    private static final int MAX_TRIES = 8;

    private KeySampler() {}

    static int sample(
            ChronicleKeyspace keyspace,
            ChronicleDatabase database,
            long chance,
            int count,
            boolean volatileOnly,
            KeySample sink) {
        long total = volatileOnly ? database.volatileKeys() : database.size();
        if (total <= 0) {
            return 0;
        }
        int stripe = stripe(keyspace, database, Long.remainderUnsigned(mix(chance), total), volatileOnly);
        int tries = 0;
        boolean locked = false;
        for (int i = 0; i < keyspace.stripes() && tries < MAX_TRIES; i++) {
            int at = (stripe + i) % keyspace.stripes();
            Table there = database.tableNow(at);
            if (there == null || keys(there, volatileOnly) == 0) {
                continue;
            }
            tries++;
            if (!keyspace.tryLock(at)) {
                continue;
            }
            try {
                Table table = database.table(at);
                locked = true;
                if (table != null) {
                    int shown = table.sample(mix(chance + 1), count, volatileOnly, (key, keyLength, entry, size) -> {
                        int header = Memory.getInt(entry);
                        sink.key(
                                key,
                                keyLength,
                                EntryFormat.access(header),
                                EntryFormat.expireAt(entry, header),
                                Memory.getLong(entry + EntryFormat.VERSION_OFFSET),
                                table.bytes(keyLength, entry, size));
                    });
                    if (shown > 0) {
                        return shown;
                    }
                }
            } finally {
                keyspace.unlock(at);
            }
        }
        return tries > 0 && !locked ? -1 : 0;
    }

    private static int stripe(ChronicleKeyspace keyspace, ChronicleDatabase database, long nth, boolean volatileOnly) {
        long left = nth;
        for (int stripe = 0; stripe < keyspace.stripes(); stripe++) {
            Table table = database.tableNow(stripe);
            left -= table == null ? 0 : keys(table, volatileOnly);
            if (left < 0) {
                return stripe;
            }
        }
        return 0;
    }

    private static long keys(Table table, boolean volatileOnly) {
        return volatileOnly ? table.volatileKeys() : table.size();
    }

    static long mix(long z) {
        long x = z * 0x9e3779b97f4a7c15L;
        x = (x ^ (x >>> 30)) * 0xbf58476d1ce4e5b9L;
        x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
        return x ^ (x >>> 31);
    }
}

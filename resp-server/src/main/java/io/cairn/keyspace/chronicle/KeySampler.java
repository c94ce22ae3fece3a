package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.Keyspace.KeySample;
import io.cairn.keyspace.Memory;

/** Picks keys for eviction: a stripe by the number of its visible keys, a segment of it by chance, and neighbours within that. */
final class KeySampler {
    /** Stripes tried when the picked one is held by somebody else. */
    private static final int MAX_TRIES = 8;

    /** Looks at a stripe some of whose keys are hidden. */
    private static final int MAX_LOOKS = 16;

    private KeySampler() {}

    static int sample(
            ChronicleKeyspace keyspace,
            ChronicleDatabase database,
            long chance,
            int count,
            boolean volatileOnly,
            KeySample sink) {
        long total = 0;
        for (int stripe = 0; stripe < keyspace.stripes(); stripe++) {
            total += keys(keyspace, database, stripe, volatileOnly);
        }
        if (total <= 0) {
            return 0;
        }
        int stripe = stripe(keyspace, database, Long.remainderUnsigned(mix(chance), total), volatileOnly);
        int tries = 0;
        boolean locked = false;
        for (int i = 0; i < keyspace.stripes() && tries < MAX_TRIES; i++) {
            int at = (stripe + i) % keyspace.stripes();
            if (keys(keyspace, database, at, volatileOnly) == 0) {
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
                    int looks = keyspace.hidden().count(table, at) > 0 ? MAX_LOOKS : 1;
                    for (int look = 1; look <= looks; look++) {
                        int shown = sample(keyspace, table, mix(chance + look), count, volatileOnly, sink);
                        if (shown > 0) {
                            return shown;
                        }
                    }
                }
            } finally {
                keyspace.unlock(at);
            }
        }
        return tries > 0 && !locked ? -1 : 0;
    }

    private static int sample(
            ChronicleKeyspace keyspace, Table table, long chance, int count, boolean volatileOnly, KeySample sink) {
        int[] shown = new int[1];
        table.sample(chance, count, volatileOnly, (key, keyLength, entry, size) -> {
            if (keyspace.hidden().has(key, keyLength)) {
                return;
            }
            shown[0]++;
            int header = Memory.getInt(entry);
            sink.key(
                    key,
                    keyLength,
                    EntryFormat.access(header),
                    EntryFormat.expireAt(entry, header),
                    table.versionOf(entry),
                    table.bytes(keyLength, entry, size));
        });
        return shown[0];
    }

    private static int stripe(ChronicleKeyspace keyspace, ChronicleDatabase database, long nth, boolean volatileOnly) {
        long left = nth;
        for (int stripe = 0; stripe < keyspace.stripes(); stripe++) {
            left -= keys(keyspace, database, stripe, volatileOnly);
            if (left < 0) {
                return stripe;
            }
        }
        return 0;
    }

    /** Visible keys of a stripe; of those with an expiry perhaps more than there are, for nobody counts which of them are hidden. */
    private static long keys(ChronicleKeyspace keyspace, ChronicleDatabase database, int stripe, boolean volatileOnly) {
        Table table = database.tableNow(stripe);
        if (table == null) {
            return 0;
        }
        long visible = Math.max(0, table.size() - keyspace.hidden().count(table, stripe));
        return volatileOnly ? Math.min(visible, table.volatileKeys()) : visible;
    }

    static long mix(long z) {
        long x = z * 0x9e3779b97f4a7c15L;
        x = (x ^ (x >>> 30)) * 0xbf58476d1ce4e5b9L;
        x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
        return x ^ (x >>> 31);
    }
}

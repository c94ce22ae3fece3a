package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.Database.KeyVisitor;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Value;
import org.jspecify.annotations.Nullable;

/**
 * SCAN and RANDOMKEY of one database.
 *
 * <p>A cursor is {@code position * stripes + stripe}. Within a stripe the position counts in reverse binary over the
 * classes of keys whose hashes agree in their low bits (Redis: dictScan): a class of the next larger mask lies wholly
 * inside one of the smaller mask, so a position means the same keys whatever the number of segments, and even the mask
 * may be chosen anew in each call, from COUNT. A class may be part of a segment or several of them.
 */
final class KeyScan {
    /** Classes looked at in one call, as a multiple of COUNT (Redis: 10 buckets per key asked for). */
    private static final int CLASSES_PER_KEY = 10;

    private static final int MAX_MASK_BITS = 40;

    private final ChronicleKeyspace keyspace;
    private final Resources resources;
    private final ChronicleDatabase database;

    KeyScan(ChronicleKeyspace keyspace, Resources resources, ChronicleDatabase database) {
        this.keyspace = keyspace;
        this.resources = resources;
        this.database = database;
    }

    long scan(long cursor, int count, long now, KeyVisitor visitor) {
        int stripes = keyspace.stripes();
        int stripeBits = Integer.numberOfTrailingZeros(stripes);
        int stripe = (int) (cursor & (stripes - 1));
        long position = cursor >>> stripeBits;
        int wanted = Math.max(1, count);
        long classesLeft = Math.min(Integer.MAX_VALUE, (long) wanted * CLASSES_PER_KEY);
        long[] visited = new long[1];
        Value view = new Value();
        while (stripe < stripes) {
            keyspace.lock(stripe);
            try {
                Table table = database.table(stripe);
                while (table != null && visited[0] < wanted && classesLeft-- > 0) {
                    int bits = maskBits(table, wanted);
                    visitClass(table, position, bits, now, view, visited, visitor);
                    position = next(position, bits);
                    if (position == 0) {
                        break;
                    }
                }
                if (table == null) {
                    position = 0;
                }
            } finally {
                keyspace.unlock(stripe);
            }
            if (position != 0) {
                return (position << stripeBits) | stripe;
            }
            stripe++;
            if (visited[0] >= wanted || classesLeft <= 0) {
                break;
            }
        }
        return stripe == stripes ? 0 : stripe;
    }

    /** Bits of the mask that makes classes of about {@code wanted} keys. */
    private static int maskBits(Table table, int wanted) {
        long classes = table.size() / wanted;
        return classes <= 1 ? 0 : Math.min(MAX_MASK_BITS, 63 - Long.numberOfLeadingZeros(classes));
    }

    private void visitClass(
            Table table, long position, int bits, long now, Value view, long[] visited, KeyVisitor visitor) {
        long mask = (1L << bits) - 1;
        long wantedBits = position & mask;
        int segments = table.segments();
        int segmentMask = segments - 1;
        int step = bits >= 31 ? segments : (int) Math.min(segments, mask + 1);
        boolean filter = mask > segmentMask;
        for (int segment = (int) (wantedBits & segmentMask); segment < segments; segment += step) {
            table.forEach(segment, (key, keyLength, entry, entrySize) -> {
                if (filter && (resources.hash(key, keyLength) & mask) != wantedBits) {
                    return;
                }
                table.fill(view, entry, entrySize);
                visited[0]++;
                if (!keyspace.hidden().has(key, keyLength) && database.isLive(view.expireAt, now)) {
                    visitor.visit(key, keyLength, view);
                }
            });
        }
    }

    /** Increments the masked position from its highest bit down; 0 after the last class. */
    static long next(long position, int bits) {
        long mask = (1L << bits) - 1;
        return Long.reverse(Long.reverse(position | ~mask) + 1);
    }

    /** A random segment weighted by its table's size, then a random key of it; walks on when all there are expired. */
    byte @Nullable [] randomKey(long seed, long now) {
        long total = database.size();
        if (total == 0) {
            return null;
        }
        long random = mix(seed);
        long nth = Long.remainderUnsigned(random, total);
        int first = 0;
        for (int stripe = 0; stripe < keyspace.stripes(); stripe++) {
            Table table = database.table(stripe);
            long size = table == null ? 0 : table.size();
            if (nth < size) {
                first = stripe;
                break;
            }
            nth -= size;
        }
        for (int i = 0; i < keyspace.stripes(); i++) {
            Table table = database.table((first + i) % keyspace.stripes());
            if (table != null) {
                byte[] key = randomKey(table, mix(random + i), now);
                if (key != null) {
                    return key;
                }
            }
        }
        return null;
    }

    private byte @Nullable [] randomKey(Table table, long random, long now) {
        int segments = table.segments();
        int start = (int) random & (segments - 1);
        for (int i = 0; i < segments; i++) {
            Pick pick = new Pick(random, now);
            table.forEach((start + i) & (segments - 1), pick);
            if (pick.key != null) {
                return pick.key;
            }
        }
        return null;
    }

    private static long mix(long z) {
        long x = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
        return x ^ (x >>> 31);
    }

    /** Chooses one of the keys it is shown with equal chance (reservoir of one). */
    private final class Pick implements Shelf.EntryVisitor {
        private final long now;
        private long random;
        private int seen;
        private byte @Nullable [] key;

        Pick(long random, long now) {
            this.random = random;
            this.now = now;
        }

        @Override
        public void visit(long address, int keyLength, long entry, int entrySize) {
            long expireAt = EntryFormat.expireAt(entry, Memory.getInt(entry));
            if (keyspace.hidden().has(address, keyLength) || !database.isLive(expireAt, now)) {
                return;
            }
            seen++;
            random = mix(random + 0x9e3779b97f4a7c15L);
            if (Long.remainderUnsigned(random, seen) == 0) {
                key = Memory.bytes(address, keyLength);
            }
        }
    }
}

package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.Keyspace.ExpiredKey;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.StoredObject;
import io.cairn.keyspace.collection.HashObject;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds expired keys, segment by segment, round robin over databases and stripes. Tables keep a lower bound of the
 * earliest expiry per segment, so segments without an expired key cost nothing; a look at one corrects its bound.
 */
final class ExpirySweep {
    /** Fields of one hash that are told at once; the next call tells the next ones. */
    private static final int FIELDS_PER_KEY = 1000;
    /** Bytes of their names. */
    private static final int FIELD_BYTES_PER_KEY = 64 << 10;
    /** So many fields count as much as a key. */
    private static final int FIELDS_PER_UNIT = 64;

    private final ChronicleKeyspace keyspace;
    private final Resources resources;
    /** Where the next call goes on: database * stripes + stripe, and the segment in it. */
    private int place;

    private int segment;

    ExpirySweep(ChronicleKeyspace keyspace, Resources resources) {
        this.keyspace = keyspace;
        this.resources = resources;
    }

    synchronized int collect(long now, int limit, ExpiredKey sink) {
        resources.saw(now);
        int places = keyspace.databases() * keyspace.stripes();
        int looked = 0;
        int[] budget = {limit};
        for (int i = 0; i <= places && budget[0] > 0; i++) {
            int number = place / keyspace.stripes();
            int stripe = place % keyspace.stripes();
            boolean left = false;
            Table table = keyspace.chronicleDatabase(number).tableNow(stripe);
            if (table != null && table.mayExpire() && keyspace.tryLock(stripe)) {
                try {
                    table = keyspace.chronicleDatabase(number).table(stripe);
                    int expiring = table == null ? -1 : table.nextExpiring(segment, now);
                    if (table != null && expiring >= 0) {
                        looked += look(table, number, expiring, now, budget, sink);
                        segment = expiring + 1;
                        left = true;
                    }
                } finally {
                    keyspace.unlock(stripe);
                }
            }
            if (left) {
                i--;
            } else {
                segment = 0;
                place = (place + 1) % places;
            }
        }
        return looked;
    }

    private int look(Table table, int number, int segment, long now, int[] budget, ExpiredKey sink) {
        List<Expired> found = new ArrayList<>();
        long[] earliest = {Long.MAX_VALUE};
        int[] looked = new int[1];
        table.forEach(segment, (key, keyLength, entry, entrySize) -> {
            long expireAt = EntryFormat.expireAt(entry, Memory.getInt(entry));
            StoredObject object = table.expiring(entry);
            if (expireAt == 0 && object == null) {
                return;
            }
            looked[0]++;
            earliest[0] = Math.min(earliest[0], table.earliestExpiry(entry));
            if (earliest[0] > now || budget[0] <= 0 || keyspace.hidden().has(key, keyLength)) {
                return;
            }
            if (expireAt != 0 && expireAt <= now) {
                budget[0]--;
                long version = table.versionOf(entry);
                found.add(new Expired(Memory.bytes(key, keyLength), expireAt, version, List.of()));
            } else if (object instanceof HashObject hash && hash.earliestExpiry() <= now) {
                List<byte[]> fields = hash.expired(now, FIELDS_PER_KEY, FIELD_BYTES_PER_KEY);
                budget[0] -= 1 + fields.size() / FIELDS_PER_UNIT;
                found.add(new Expired(Memory.bytes(key, keyLength), 0, 0, fields));
            }
        });
        table.setEarliest(segment, earliest[0]);
        // Told afterwards, so that the sink may remove the key at once.
        for (Expired expired : found) {
            if (expired.fields.isEmpty()) {
                sink.expired(number, expired.key, expired.expireAt, expired.version);
            } else {
                sink.fieldsExpired(number, expired.key, expired.fields);
            }
        }
        return looked[0];
    }

    private record Expired(byte[] key, long expireAt, long version, List<byte[]> fields) {}
}

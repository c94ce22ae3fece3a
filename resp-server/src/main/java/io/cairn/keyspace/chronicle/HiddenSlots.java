package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Slots;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Slots whose keys nobody sees, and how keys of slots are taken out. See {@link io.cairn.keyspace.Keyspace#hide}. */
final class HiddenSlots {
    private final ChronicleKeyspace keyspace;
    /** Never changed in place; null for none. */
    private volatile @Nullable BitSet hidden;

    /** Where {@link #purgeSome} goes on. */
    private int stripe;

    private int segment;

    HiddenSlots(ChronicleKeyspace keyspace) {
        this.keyspace = keyspace;
    }

    void set(BitSet slots) {
        hidden = slots.isEmpty() ? null : (BitSet) slots.clone();
    }

    boolean has(long key, int keyLength) {
        BitSet now = hidden;
        return now != null && now.get(Slots.of(key, keyLength));
    }

    boolean has(int slot) {
        BitSet now = hidden;
        return now != null && now.get(slot);
    }

    /** Keys of the database that are hidden. */
    long count(ChronicleDatabase database) {
        BitSet now = hidden;
        return now == null ? 0 : count(database, now);
    }

    /** Keys of a stripe's table that are hidden. */
    long count(Table table, int of) {
        BitSet now = hidden;
        return now == null ? 0 : countIn(table, of, now);
    }

    private long count(ChronicleDatabase database, BitSet slots) {
        long sum = 0;
        for (int slot = slots.nextSetBit(0); slot >= 0; slot = slots.nextSetBit(slot + 1)) {
            Table table = database.tableNow(keyspace.stripeOf(slot));
            sum += table == null ? 0 : table.keysInSlot(slot);
        }
        return sum;
    }

    /** Empties a stripe of a database but for what is hidden; false if nothing is, and nothing was done. The lock is held. */
    boolean clearVisible(ChronicleDatabase database, int of) {
        BitSet now = hidden;
        Table table = database.table(of);
        if (now == null || table == null || countIn(table, of, now) == 0) {
            return false;
        }
        remove(table, of, 0, Integer.MAX_VALUE, slot -> !now.get(slot));
        return true;
    }

    private long countIn(Table table, int of, BitSet slots) {
        int width = Slots.COUNT / keyspace.stripes();
        int first = of * width;
        long sum = 0;
        for (int slot = slots.nextSetBit(first); slot >= 0 && slot < first + width; slot = slots.nextSetBit(slot + 1)) {
            sum += table.keysInSlot(slot);
        }
        return sum;
    }

    /** Removes all keys of the slots; takes the locks of their stripes, one at a time. */
    void purge(BitSet slots) {
        for (int of = 0; of < keyspace.stripes(); of++) {
            if (touches(slots, of)) {
                purge(slots, of, Integer.MAX_VALUE);
            }
        }
    }

    /** As {@link #purge(BitSet)}, of one database. */
    void purge(BitSet slots, int number) {
        for (int of = 0; of < keyspace.stripes(); of++) {
            if (touches(slots, of)) {
                keyspace.lock(of);
                try {
                    purge(slots, of, number, 0, Integer.MAX_VALUE);
                } finally {
                    keyspace.unlock(of);
                }
            }
        }
    }

    private boolean touches(BitSet slots, int of) {
        int width = Slots.COUNT / keyspace.stripes();
        int slot = slots.nextSetBit(of * width);
        return slot >= 0 && slot < (of + 1) * width;
    }

    /** See {@link io.cairn.keyspace.Keyspace#purgeSome}. */
    synchronized boolean purgeSome(BitSet slots, int limit) {
        int left = limit;
        for (int i = 0; i <= keyspace.stripes() && left > 0; i++) {
            if (touches(slots, stripe)) {
                left = purge(slots, stripe, left);
            }
            if (left > 0) {
                stripe = (stripe + 1) % keyspace.stripes();
                segment = 0;
            }
        }
        for (int number = 0; number < keyspace.databases(); number++) {
            if (count(keyspace.chronicleDatabase(number), slots) > 0) {
                return false;
            }
        }
        return true;
    }

    /** Removes keys of the slots in a stripe, {@code limit} at most; how many more would have been allowed. */
    private int purge(BitSet slots, int of, int limit) {
        int left = limit;
        if (limit == Integer.MAX_VALUE) {
            keyspace.lock(of);
        } else if (!keyspace.tryLock(of)) {
            return left;
        }
        try {
            for (int number = 0; number < keyspace.databases() && left > 0; number++) {
                left -= purge(slots, of, number, limit == Integer.MAX_VALUE ? 0 : segment, left);
            }
        } finally {
            keyspace.unlock(of);
        }
        return left;
    }

    /** How many keys were removed one by one; the stripe is locked. */
    private int purge(BitSet slots, int of, int number, int from, int limit) {
        ChronicleDatabase database = keyspace.chronicleDatabase(number);
        Table table = database.table(of);
        long count = table == null ? 0 : countIn(table, of, slots);
        if (table == null || count == 0) {
            return 0;
        }
        if (count == table.size()) {
            database.setTable(of, null);
            table.drop();
            return 0;
        }
        return remove(table, of, from, limit, slots::get);
    }

    /** Removes keys whose slot is {@code wanted}, at most about {@code limit}, from a segment on; how many. */
    private int remove(Table table, int of, int from, int limit, IntPredicate wanted) {
        int removed = 0;
        int at = from < table.segments() ? from : 0;
        NativeBlock copy = NativeBlock.allocate(256);
        try {
            // Growth splits a segment upwards, so what is not yet visited stays ahead.
            for (; at < table.segments() && removed < limit; at++) {
                List<byte[]> keys = new ArrayList<>();
                table.forEach(at, (key, keyLength, entry, entrySize) -> {
                    if (wanted.test(Slots.of(key, keyLength))) {
                        keys.add(Memory.bytes(key, keyLength));
                    }
                });
                for (byte[] key : keys) {
                    if (copy.capacity() < key.length) {
                        copy.release();
                        copy = NativeBlock.allocate(key.length * 2);
                    }
                    Memory.copy(key, 0, copy.address(), key.length);
                    keyspace.drop(table, copy.address(), key.length);
                }
                removed += keys.size();
            }
        } finally {
            copy.release();
        }
        if (limit != Integer.MAX_VALUE) {
            segment = at < table.segments() ? at : 0;
            stripe = of;
        }
        return removed;
    }
}

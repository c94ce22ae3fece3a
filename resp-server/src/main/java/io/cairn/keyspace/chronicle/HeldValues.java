package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.Held;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The blocks and objects that entries of one table refer to by a small number. */
final class HeldValues {
    private @Nullable Held[] slots = new Held[4];
    private int[] free = new int[4];
    private int freeCount;
    private int used;

    int add(Held value) {
        int id;
        if (freeCount > 0) {
            id = free[--freeCount];
        } else {
            if (used == slots.length) {
                slots = Arrays.copyOf(slots, used * 2);
            }
            id = used++;
        }
        slots[id] = value;
        return id;
    }

    Held get(int id) {
        Held value = slots[id];
        if (value == null) {
            throw new AssertionError("nothing is held as " + id);
        }
        return value;
    }

    void set(int id, Held value) {
        slots[id] = value;
    }

    /** Takes it out; its reference passes to the caller. */
    Held remove(int id) {
        Held value = get(id);
        slots[id] = null;
        if (freeCount == free.length) {
            free = Arrays.copyOf(free, freeCount * 2);
        }
        free[freeCount++] = id;
        return value;
    }

    /** Releases all. */
    void releaseAll(Resources resources) {
        for (int i = 0; i < used; i++) {
            Held value = slots[i];
            if (value != null) {
                resources.letsGo(value);
                resources.dispose(value);
                slots[i] = null;
            }
        }
        used = 0;
        freeCount = 0;
    }
}

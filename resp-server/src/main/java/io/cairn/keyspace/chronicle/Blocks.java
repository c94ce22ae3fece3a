package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.NativeBlock;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The blocks that entries of one table refer to by a small number. */
final class Blocks {
    private @Nullable NativeBlock[] slots = new NativeBlock[4];
    private int[] free = new int[4];
    private int freeCount;
    private int used;

    int add(NativeBlock block) {
        int id;
        if (freeCount > 0) {
            id = free[--freeCount];
        } else {
            if (used == slots.length) {
                slots = Arrays.copyOf(slots, used * 2);
            }
            id = used++;
        }
        slots[id] = block;
        return id;
    }

    NativeBlock get(int id) {
        NativeBlock block = slots[id];
        if (block == null) {
            throw new AssertionError("no block " + id);
        }
        return block;
    }

    void set(int id, NativeBlock block) {
        slots[id] = block;
    }

    /** Takes the block out; its reference passes to the caller. */
    NativeBlock remove(int id) {
        NativeBlock block = get(id);
        slots[id] = null;
        if (freeCount == free.length) {
            free = Arrays.copyOf(free, freeCount * 2);
        }
        free[freeCount++] = id;
        return block;
    }

    /** Releases all; returns their bytes. */
    long releaseAll() {
        long bytes = 0;
        for (int i = 0; i < used; i++) {
            NativeBlock block = slots[i];
            if (block != null) {
                bytes += block.capacity();
                block.release();
                slots[i] = null;
            }
        }
        used = 0;
        freeCount = 0;
        return bytes;
    }
}

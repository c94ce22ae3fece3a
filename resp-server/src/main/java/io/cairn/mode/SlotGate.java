package io.cairn.mode;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;

/**
 * Slots whose plain writes wait for a while: those of scripts that met another write and run again. Without it a busy key
 * would never let a script through. Any thread.
 */
final class SlotGate {
    private volatile boolean closed;
    private final BitSet slots = new BitSet();
    private final Set<Origin> waiting = new HashSet<>();

    /** True when a write to the slot has to wait; {@code origin} is resumed when it need not any more. */
    boolean holds(int slot, Origin origin) {
        if (!closed) {
            return false;
        }
        synchronized (this) {
            if (!closed || slot < 0 || !slots.get(slot)) {
                return false;
            }
            waiting.add(origin);
            return true;
        }
    }

    synchronized void close(int slot) {
        if (slot >= 0) {
            slots.set(slot);
            closed = true;
        }
    }

    /** Lets everybody go on. */
    void open() {
        ArrayDeque<Origin> free;
        synchronized (this) {
            if (!closed) {
                return;
            }
            closed = false;
            slots.clear();
            free = new ArrayDeque<>(waiting);
            waiting.clear();
        }
        free.forEach(origin -> origin.eventLoop().execute(origin::resume));
    }
}

package io.cairn.mode;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Calls on slots that are changing hands: they wait, a bounded time, for the slot to be served here again or by its new
 * owner. Any thread; {@link #waits} on event loops.
 */
final class FrozenCalls {
    /** How long a call waits before it is answered with TRYAGAIN. */
    static final long WAIT_MILLIS = 1_500;

    private final Map<Origin, Long> since = new ConcurrentHashMap<>();
    private final LongSupplier nanos;
    private volatile boolean active;

    FrozenCalls(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** Whether there is such a slot at all: else nothing needs to be asked. */
    boolean isActive() {
        return active;
    }

    /** True when the call is to wait; its connection is resumed, again and again. False when it has waited long enough. */
    boolean waits(Origin origin) {
        long now = nanos.getAsLong();
        Long began = since.putIfAbsent(origin, now);
        if (began == null || now - began < TimeUnit.MILLISECONDS.toNanos(WAIT_MILLIS)) {
            return true;
        }
        since.remove(origin);
        return false;
    }

    /** The call need not wait any more. */
    void goesOn(Origin origin) {
        since.remove(origin);
    }

    /** Slots, or their owners, have changed: everybody looks again. */
    void look(boolean anyFrozen) {
        active = anyFrozen;
        for (Origin origin : List.copyOf(since.keySet())) {
            if (!anyFrozen) {
                since.remove(origin);
            }
            origin.eventLoop().execute(origin::resume);
        }
    }

    /** Those who have waited long enough are answered; who does not ask again by then has gone. Some times a second. */
    void tick() {
        long now = nanos.getAsLong();
        since.forEach((origin, began) -> {
            if (now - began >= TimeUnit.MILLISECONDS.toNanos(WAIT_MILLIS)) {
                origin.eventLoop().execute(origin::resume);
            }
            if (now - began >= TimeUnit.MILLISECONDS.toNanos(2 * WAIT_MILLIS)) {
                since.remove(origin, began);
            }
        });
    }
}

package io.cairn.mode;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Calls on slots that the meta map gives this node's shard and that its log does not serve yet: a matter of one entry, so they
 * wait for it, where Redis has no such gap, and are told to try again only after {@link #MAX_MILLIS}. Any thread.
 */
final class AwaitedSlots {
    /** Longest wait of one call. */
    static final long MAX_MILLIS = 1_000;

    private static final long LOOK_MILLIS = 3;
    /** A connection that was not here for so long does not wait any more. */
    private static final long STALE_MILLIS = 500;

    private static final int PURGE_SIZE = 256;

    private final Map<Origin, Place> places = new ConcurrentHashMap<>();

    private record Place(int slot, long sinceNanos, long seenNanos) {
        boolean isStale(long now) {
            return now - seenNanos > TimeUnit.MILLISECONDS.toNanos(STALE_MILLIS);
        }
    }

    /** Whether the call has to wait; {@code origin} is resumed soon then. */
    boolean waits(Origin origin, int slot) {
        long now = System.nanoTime();
        Place known = places.get(origin);
        boolean fresh = known == null || known.slot() != slot || known.isStale(now);
        long since = fresh || known == null ? now : known.sinceNanos();
        if (now - since > TimeUnit.MILLISECONDS.toNanos(MAX_MILLIS)) {
            places.remove(origin);
            return false;
        }
        if (places.size() > PURGE_SIZE) {
            places.values().removeIf(place -> place.isStale(now));
        }
        places.put(origin, new Place(slot, since, now));
        origin.eventLoop().schedule(origin::resume, LOOK_MILLIS, TimeUnit.MILLISECONDS);
        return true;
    }
}

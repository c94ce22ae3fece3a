package io.cairn.tracking;

import io.cairn.command.TrackingOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One connection as the table of tracked keys knows it. It lives as long as a key refers to it, so it holds nothing of a connection that is gone. Changed on
 * its connection's event loop, read by any thread.
 */
public final class Tracker {
    /** Where what a connection is told goes. Any thread, at once, under locks of keys. */
    public interface Outlet {
        /**
         * Keys are not to be used any more.
         *
         * @param keys an encoded array of their names, null for all keys
         * @param own whether a call of the connection itself changed them: it is told behind the reply
         */
        void invalidate(TrackingOptions options, byte @Nullable [] keys, boolean own);
    }

    private final Tracking tracking;
    private volatile @Nullable Outlet outlet;
    private volatile @Nullable TrackingOptions options;

    Tracker(Tracking tracking, Outlet outlet) {
        this.tracking = tracking;
        this.outlet = outlet;
    }

    /** What it was told, null while tracking is off. */
    public @Nullable TrackingOptions options() {
        return options;
    }

    /** CLIENT TRACKING ON. */
    public void on(TrackingOptions wanted) {
        TrackingOptions before = options;
        List<byte[]> prefixes = new ArrayList<>(before == null ? List.of() : before.prefixes());
        List<byte[]> more =
                wanted.broadcast() && wanted.prefixes().isEmpty() ? List.of(new byte[0]) : wanted.prefixes();
        for (byte[] prefix : more) {
            if (prefixes.stream().noneMatch(there -> Arrays.equals(there, prefix))) {
                prefixes.add(prefix);
            }
        }
        prefixes.sort(Arrays::compareUnsigned);
        options = new TrackingOptions(
                wanted.broadcast(),
                wanted.optIn(),
                wanted.optOut(),
                wanted.noLoop(),
                wanted.redirect(),
                List.copyOf(prefixes));
        tracking.on(this, prefixes);
    }

    /** CLIENT TRACKING OFF. Keys that were remembered are, and are forgotten when they change. */
    public void off() {
        TrackingOptions before = options;
        if (before != null) {
            options = null;
            tracking.off(this, before.prefixes());
        }
    }

    /** The connection is gone. */
    public void close() {
        off();
        outlet = null;
    }

    /** Tells it; nothing while tracking is off. */
    void tell(byte @Nullable [] keys, boolean own) {
        TrackingOptions current = options;
        Outlet to = outlet;
        if (current != null && to != null) {
            to.invalidate(current, keys, own);
        }
    }
}

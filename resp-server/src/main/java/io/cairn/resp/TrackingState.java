package io.cairn.resp;

import io.cairn.command.ClientTracking;
import io.cairn.command.TrackingOptions;
import io.cairn.tracking.Tracker;
import org.jspecify.annotations.Nullable;

/** CLIENT TRACKING of one connection. */
final class TrackingState implements ClientTracking {
    private final Connection connection;
    /** Made when tracking is turned on first. */
    private volatile @Nullable Tracker tracker;

    private volatile boolean caching;

    TrackingState(Connection connection) {
        this.connection = connection;
    }

    @Nullable
    Tracker tracker() {
        return tracker;
    }

    @Override
    public @Nullable TrackingOptions options() {
        Tracker mine = tracker;
        return mine == null ? null : mine.options();
    }

    @Override
    public void on(TrackingOptions options) {
        Tracker mine = tracker;
        if (mine == null) {
            mine = connection.tracking().tracker(connection.invalidations());
            tracker = mine;
        }
        connection.invalidations().mended();
        mine.on(options);
    }

    @Override
    public void off() {
        Tracker mine = tracker;
        if (mine != null) {
            mine.off();
        }
        caching = false;
    }

    void close() {
        Tracker mine = tracker;
        if (mine != null) {
            mine.close();
        }
    }

    @Override
    public void caching() {
        caching = true;
    }

    @Override
    public boolean cachingGiven() {
        return caching;
    }

    /** A command other than CLIENT has run. Redis: resetClient. */
    void commandDone() {
        caching = false;
    }

    /** Whether keys that are read now are to be remembered. Redis: trackingRememberKeys. */
    boolean remembers() {
        TrackingOptions options = options();
        return options != null && !options.broadcast() && (options.optIn() ? caching : !(options.optOut() && caching));
    }

    @Override
    public boolean isBroken() {
        return options() != null && connection.invalidations().isBroken();
    }
}

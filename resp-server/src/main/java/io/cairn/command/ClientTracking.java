package io.cairn.command;

import org.jspecify.annotations.Nullable;

/** The tracking state of one connection. Changed on its event loop; others may see it a moment old. Redis: tracking.c. */
public interface ClientTracking {
    /** What is tracked, null while tracking is off. */
    @Nullable
    TrackingOptions options();

    /** Turns it on, or gives it other options; prefixes are added to those there are. */
    void on(TrackingOptions options);

    void off();

    /** CLIENT CACHING: holds for the next command that is not CLIENT. */
    void caching();

    boolean cachingGiven();

    /** The connection that is told instead is gone. */
    boolean isBroken();

    /**
     * What INFO says of tracking.
     *
     * @param clients connections with tracking on
     * @param items remembered pairs of key and connection
     * @param keys remembered keys
     * @param prefixes of connections in BCAST mode
     */
    record Counts(long clients, long items, long keys, long prefixes) {}
}

package io.cairn.command;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** All client connections of a node. Any thread. */
public interface Clients {
    /** What is tracked for them. */
    default ClientTracking.Counts trackingCounts() {
        return new ClientTracking.Counts(0, 0, 0, 0);
    }

    /** Those that watch all commands (MONITOR). */
    default Monitors monitors() {
        return Monitors.NONE;
    }

    /** Connected now. */
    int count();

    /** Bytes of the buffers of all but followers, as {@link Client#inputBytes} and so on say them. */
    long bytes();

    /** The same of those who follow the node's changes (SYNC). */
    long followerBytes();

    /** In {@link SessionCall#later} now. */
    int waiting();

    /** Every connection, in order of id. */
    void forEach(Consumer<Client> visitor);

    @Nullable
    Client byId(long id);

    /**
     * CLIENT PAUSE: commands that write (or all) wait until {@code untilMillis}; a later end of an earlier pause of the
     * same kind stays.
     */
    void pause(long untilMillis, boolean writesOnly);

    /** CLIENT UNPAUSE. */
    void unpause();

    /** Holds what may write until that is taken back, beside any pause; others go on. */
    void holdWrites(boolean on);

    /** Milliseconds of the Unix epoch when the pause ends, 0 when none. */
    long pausedUntilMillis();
}

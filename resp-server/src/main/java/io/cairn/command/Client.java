package io.cairn.command;

import io.cairn.acl.User;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What any thread may see of a connection: CLIENT LIST and CLIENT KILL. Numbers may be a moment old. */
public interface Client {
    /** What an idle connection takes of the heap, about: 2332 bytes were measured over 2000 of them. */
    long IDLE_BYTES = 2400;

    long id();

    /** As "127.0.0.1:50000". */
    String address();

    /** Our end, as "127.0.0.1:6379". */
    String localAddress();

    /** CLIENT SETNAME's, empty when none. */
    String name();

    String libraryName();

    String libraryVersion();

    /** The name of the user it is logged in as, "default" at first. */
    String user();

    /** The user it is logged in as, or null for who is above all users (the link to a primary). */
    default @Nullable User account() {
        return null;
    }

    /** Milliseconds of the Unix epoch when it connected. */
    long connectedMillis();

    /** Milliseconds of the Unix epoch of its last command. */
    long lastCommandMillis();

    int database();

    /** 2 or 3. */
    int protocol();

    /** Commands queued by MULTI, -1 outside of it. */
    int queuedCommands();

    /** Keys watched. */
    int watchedKeys();

    /** What it tracks, null while it does not. */
    default @Nullable TrackingOptions tracked() {
        return null;
    }

    /** What it listens to. */
    Subscriptions subscriptions();

    /** Full name of its last command as "config|get", "NULL" before the first. */
    String lastCommand();

    /** Bytes of undecoded input held. */
    long inputBytes();

    /** Bytes of queued commands and partly received arguments held. */
    long argumentBytes();

    /** Bytes of replies not yet sent. */
    long outputBytes();

    /** All that it takes, as of the last turn of its event loop (Redis: getClientMemoryUsage). */
    long memoryBytes();

    /** Redis's flag letters: N alone, or of O (MONITOR), P (subscribed), t (tracking), R (its redirection is broken), B (BCAST), x (MULTI), d (watch failed), b (blocked), c (closing), r (READONLY), e (NO-EVICT), T... */
    String flags();

    /**
     * CLIENT UNBLOCK: ends the waiting of a blocking command, as if its time were over or with an error.
     *
     * @return false if it does not wait
     */
    boolean unblock(boolean withError);

    /**
     * Closes it if what it listens to is so.
     *
     * @param subscriptions asked on its event loop
     * @return completes when that has been looked at
     */
    default CompletableFuture<?> closeIf(Predicate<Subscriptions> subscriptions) {
        return CompletableFuture.completedFuture(null);
    }

    /** Closes it, after the reply when it is the caller's own. Any thread. */
    void kill();
}

package io.cairn.command;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where MIGRATE is done. Any thread. */
@FunctionalInterface
public interface Migrations {
    /** Sends keys away and answers some time later. */
    void start(Request request, SessionCall.Later later);

    /** Connections to targets that wait for their next use. */
    default int cachedConnections() {
        return 0;
    }

    /**
     * What is asked for.
     *
     * @param database here
     * @param target the database there
     * @param restore RESTORE, or RESTORE-ASKING in a cluster
     */
    record Request(
            String host,
            int port,
            int database,
            long target,
            long timeoutMillis,
            boolean copy,
            boolean replace,
            byte @Nullable [] user,
            byte @Nullable [] password,
            String restore,
            List<byte[]> keys) {}
}

package io.cairn.command;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Session commands that take effect together, with nothing in between, where EXEC runs several of them one after another.
 * Called on the connection's event loop and may not block it.
 */
public interface SessionGroup {
    /** One of the calls; its arguments are there only while {@link #run} is called. */
    record Queued(SessionHandler handler, Args args) {}

    /** What belongs to a group. */
    interface Member extends SessionHandler {
        /** Null when it is of none now. */
        @Nullable
        SessionGroup group();

        /** The handler that the group is given. */
        default SessionHandler member() {
            return this;
        }
    }

    /** Completes, on any thread and in bounded time, with what answers each of the calls, in their order. */
    CompletableFuture<List<Consumer<Reply>>> run(ServerState server, List<Queued> calls);
}

package io.cairn.command;

/** The context of a session command. */
public interface SessionCall {
    Args args();

    Reply reply();

    /** The connection it came on. */
    Session session();

    /** The node it came to. */
    ServerState server();

    /** True when EXEC runs it. */
    boolean inTransaction();

    /**
     * Takes the reply out of the handler's hands: the connection waits, later commands of it too, until
     * {@link Later#complete} is called from any thread. Bound it by a timeout.
     */
    Later later();

    /** The handle of a reply that comes later. */
    interface Later {
        /** Runs {@code reply} on the event loop with the connection's reply; only the first call counts. */
        void complete(java.util.function.Consumer<Reply> reply);

        /**
         * Has CLIENT UNBLOCK end the wait: {@code end} is told, once and on any thread, whether with an error, and completes this.
         * Without it the client cannot be unblocked.
         */
        void onUnblock(java.util.function.Consumer<Boolean> end);
    }
}

package io.cairn.command;

/** What a session command does: runs on the connection's event loop and may not block it. */
@FunctionalInterface
public interface SessionHandler {
    void run(SessionCall call);
}

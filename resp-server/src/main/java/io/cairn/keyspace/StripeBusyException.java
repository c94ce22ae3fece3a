package io.cairn.keyspace;

/** A stripe is held by something that may never end; nothing was changed, and nothing is held by the thread that gave up. */
public final class StripeBusyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StripeBusyException() {
        super("the stripe is held by a script", null, false, false);
    }
}

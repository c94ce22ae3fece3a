package io.cairn.command;

/** MULTI and WATCH of one connection. Confined to its event loop. */
public interface Transaction {
    /** Between MULTI and EXEC or DISCARD. */
    boolean open();

    /** MULTI. */
    void begin();

    /** Leaves MULTI and drops the queue and the watches (DISCARD). */
    void discard();

    /** Runs what was queued: writes EXEC's reply, at once or when the mode has it. */
    void execute(SessionCall call);

    /** Watches a key of the session's database at its present version. */
    void watch(long key, int keyLength);

    void unwatch();

    /** Commands queued. */
    int queued();
}

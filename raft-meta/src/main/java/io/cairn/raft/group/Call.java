package io.cairn.raft.group;

/** Waits for the answer to one request; exactly one of the methods is called, on a worker. */
interface Call {
    void answered(Frame answer);

    void failed(Cause cause, String why);

    /** Why a request has no answer. */
    enum Cause {
        /** The request surely never left this host. */
        NOT_CONNECTED,
        /** The connection ended before the answer came. */
        LOST,
        TIMED_OUT,
        REFUSED
    }
}

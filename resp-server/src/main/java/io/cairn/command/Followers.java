package io.cairn.command;

/** Who gets all changes of the node as a stream of Redis commands, as replicas of Redis do. Any thread. */
public interface Followers {
    /**
     * Sends the data as an RDB file, then every change there is after it, until the connection ends. Returns at once.
     *
     * @param announced whether the follower is to be told first which history this is (PSYNC)
     */
    void follow(FollowerLink link, boolean announced);

    /** Bytes of changes that wait until those who join have the data. */
    long waitingBytes();

    /** A command that changes no data and is for followers all the same (PUBLISH). */
    void tell(int database, Args args);
}

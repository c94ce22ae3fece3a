package io.cairn.command;

import org.jspecify.annotations.Nullable;

/** Who gets all changes of the node as a stream of Redis commands, as replicas of Redis do. Any thread. */
public interface Followers {
    /**
     * What a follower asks for.
     *
     * @param id the history that it has a part of, "?" for none; null when it does not speak of histories (SYNC)
     * @param position the first byte of that history that it lacks
     */
    record Request(@Nullable String id, long position, FollowerTraits traits) {}

    /** The error that refuses a request now, or null. */
    @Nullable
    String refusal(Request request);

    /** Sends what the follower lacks, or all data and then every change there is after it, until the connection ends. Returns at once. */
    void follow(FollowerLink link, Request request);

    /** Bytes of changes that wait until those who join have the data. */
    long waitingBytes();

    /** Bytes kept for those who come back. */
    long backlogBytes();

    /** A command that changes no data and is for followers all the same (PUBLISH). */
    void tell(int database, Args args);

    /** How often all data was sent. */
    long fullSyncs();

    /** How often only what was lacking was sent. */
    long partialSyncs();

    /** How often only what was lacking was asked for, and all data had to be sent. */
    long refusedPartialSyncs();

    /** Bytes of the stream so far: whoever acknowledges that many has all changes up to now. */
    long position();

    /** Asks all followers to acknowledge what they have now, soon. */
    void askForAcknowledgements();

    /** How many have acknowledged that position; with {@code durable}, that they have it on disk. */
    int acknowledged(long position, boolean durable);

    /** Runs {@code action} at each acknowledgement of any follower, and when one leaves, on any event loop; must be cheap. One action. */
    void onAcknowledge(Runnable action);
}

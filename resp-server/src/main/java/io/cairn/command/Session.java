package io.cairn.command;

import io.cairn.acl.User;

/**
 * What commands may know and change of the connection they came on. Confined to its event loop; what other connections
 * may see of it is {@link Client}.
 */
public interface Session {
    /** CLIENT REPLY. */
    enum ReplyMode {
        ON,
        /** No reply until ON. */
        OFF,
        /** No reply to the next command. */
        SKIP
    }

    long id();

    /** The view that CLIENT INFO shows. */
    Client client();

    int database();

    void select(int database);

    boolean readonly();

    /** READONLY and READWRITE. */
    void readonly(boolean readonly);

    /** ASKING: holds for the next command. */
    void asking();

    boolean authenticated();

    /** Logs in as {@code user}. */
    void authenticated(User user);

    boolean resp3();

    /** HELLO: the protocol version of this reply and all later ones. */
    void resp3(boolean resp3);

    /** CLIENT SETNAME; empty for none. */
    void name(String name);

    /** CLIENT SETINFO LIB-NAME. */
    void libraryName(String name);

    /** CLIENT SETINFO LIB-VER. */
    void libraryVersion(String version);

    void replyMode(ReplyMode mode);

    /** CLIENT NO-EVICT. */
    void noEvict(boolean noEvict);

    /** CLIENT NO-TOUCH. */
    void noTouch(boolean noTouch);

    /** Sends what was replied so far and closes (QUIT, CLIENT KILL of oneself). */
    void closeAfterReply();

    /** RESET: leaves MULTI, WATCH and all channels, logs out where a password is set, database 0, RESP2, no name. */
    void reset();

    /** What it listens to. */
    Subscriptions subscriptions();

    /** Makes the connection one that gets a stream of bytes besides replies (SYNC). */
    FollowerLink follow();

    /** A follower has all changes up to there, and on disk up to {@code onDisk} if that is not 0 (REPLCONF ACK); nothing for who is none. */
    void acknowledges(long offset, long onDisk);

    /** CLIENT TRACKING of it. */
    ClientTracking tracking();

    /** Shows it all commands from now on (MONITOR); false if they are shown to it already. */
    boolean monitor();

    /** Whether it follows the node's changes. */
    boolean follows();

    /** What it has said of itself as a follower. */
    FollowerTraits followerTraits();

    void followerTraits(FollowerTraits traits);

    /** Where its last write ended in the stream of changes, 0 before. Redis: woff. */
    long wrotePosition();

    /** The state of MULTI and WATCH of this connection. */
    Transaction transaction();
}

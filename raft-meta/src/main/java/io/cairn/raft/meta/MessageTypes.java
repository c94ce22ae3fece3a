package io.cairn.raft.meta;

/** The types of the messages that the cluster layers send over the Raft port; part of the wire format. */
public final class MessageTypes {
    /** A meta command for the meta group's leader; answered by its result. */
    public static final byte META_PROPOSE = 16;
    /** "Form this cluster with me": a layout. */
    public static final byte FORM = 17;
    /** "You take the place of a wiped node": cluster id and the meta group's members. */
    public static final byte ADOPT = 18;
    /** "I lead this shard from this term on." */
    public static final byte LEADER = 19;

    /** "Was I removed from this cluster?" */
    public static final byte STANDING = 40;

    /** "Which cluster are you in, and how large is it?" */
    public static final byte MEET_ASK = 20;
    /** "Join my cluster." */
    public static final byte MEET_JOIN = 21;
    /** "I sealed my own cluster: take me and my slots into yours." */
    public static final byte MEET_ADMIT = 22;
    /** "No group counts on you any more; your removal is decided." */
    public static final byte FAREWELL = 23;

    /** Between the leaders of the two shards of an atomic migration. */
    public static final byte MIGRATION = 24;

    /** "Do you live?" Asked when gossip doubts it; answered with nothing. */
    public static final byte ALIVE = 25;

    /** "Up to which version can your build?" Builds of the first version do not know it. */
    public static final byte FORMAT = 26;

    /** Steps of a rollout from gossip to raft and back. */
    public static final byte ROLLOUT = 27;

    private MessageTypes() {}
}

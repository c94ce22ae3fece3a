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

    private MessageTypes() {}
}

package io.cairn.raft.shards;

/** What a shard may do with a slot, as its own log says (SAFETY 13). */
public enum SlotState {
    /** Not this shard's. */
    ABSENT(0),
    /** Read and written here. */
    SERVING(1),
    /** On its way to another shard: reads and writes wait, then get -TRYAGAIN (SAFETY 14). */
    FROZEN(2),
    /** On its way here key by key (SETSLOT IMPORTING): answers clients that say ASKING. */
    IMPORTING(3),
    /** Given away key by key (SETSLOT MIGRATING): keys that are here are read and written here, for others clients are sent on. */
    MIGRATING(4),
    /** On its way here as a whole: what has come of it is hidden from everybody until it is activated (SAFETY 15). */
    RECEIVING(5),
    /** Not this shard's any more: keys that are still here are hidden, and on their way out. */
    DROPPED(6),
    /** The shard's before most of its voters were lost: served by nobody until the meta group grants it anew. */
    HELD(7);

    private final byte code;

    SlotState(int code) {
        this.code = (byte) code;
    }

    /** Its number in the formats. */
    byte code() {
        return code;
    }
}

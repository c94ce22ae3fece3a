package io.cairn.raft.shards;

/** What a shard may do with a slot, as its own log says (SAFETY 13). */
public enum SlotState {
    /** Not this shard's. */
    ABSENT(0),
    /** Read and written here. */
    SERVING(1),
    /** On its way to another shard: reads and writes wait, then get -TRYAGAIN (SAFETY 14). */
    FROZEN(2),
    /** On its way here: hidden from clients until it is activated (SAFETY 15). */
    IMPORTING(3);

    private final byte code;

    SlotState(int code) {
        this.code = (byte) code;
    }

    /** Its number in the formats. */
    byte code() {
        return code;
    }
}

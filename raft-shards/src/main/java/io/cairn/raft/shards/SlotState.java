package io.cairn.raft.shards;

/** What a shard may do with a slot, as its own log says (SAFETY 13). */
public enum SlotState {
    /** Not this shard's. */
    ABSENT,
    /** Read and written here. */
    SERVING,
    /** On its way to another shard: reads and writes wait, then get -TRYAGAIN (SAFETY 14). */
    FROZEN,
    /** On its way here: hidden from clients until it is activated (SAFETY 15). */
    IMPORTING
}

package io.cairn.raft.meta;

/**
 * A slot opened by SETSLOT for a move key by key; ids of shards, empty where nothing was said.
 *
 * @param migratingTo where the owner sends clients for keys that it does not have
 * @param importingAt who answers clients that say ASKING
 * @param importingFrom what it was told to be the slot's owner
 */
public record OpenSlot(String migratingTo, String importingAt, String importingFrom) {
    static final OpenSlot CLOSED = new OpenSlot("", "", "");

    boolean isClosed() {
        return equals(CLOSED);
    }

    boolean names(String shardId) {
        return migratingTo.equals(shardId) || importingAt.equals(shardId) || importingFrom.equals(shardId);
    }
}

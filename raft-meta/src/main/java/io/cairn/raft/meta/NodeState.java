package io.cairn.raft.meta;

/** Where a node id stands in its life; it only ever moves downwards (SAFETY 5: removal is permanent). */
public enum NodeState {
    /** A member of the cluster. */
    ACTIVE(0),
    /** Its disk was wiped: another node id took its place at its address. */
    REPLACED(1),
    /** Forgotten by an operator. */
    REMOVED(2);

    private final int code;

    NodeState(int code) {
        this.code = code;
    }

    /** Its number in the formats. */
    int code() {
        return code;
    }

    /** @throws FormatException for a number of no state */
    static NodeState of(int code) {
        for (NodeState state : values()) {
            if (state.code == code) {
                return state;
            }
        }
        throw new FormatException("unknown node state " + code);
    }
}

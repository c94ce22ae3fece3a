package io.cairn.cluster;

/** What the failure detector thinks of a node; it hints, it never decides. Any thread. */
public interface NodeHealth {
    /** Alive, as far as this node knows; true for this node. */
    boolean alive(String nodeId);

    /** Suspected but not yet given up. */
    boolean suspected(String nodeId);

    /** Milliseconds of the Unix epoch when the node was last heard of, 0 when never or for this node. */
    long lastHeardMillis(String nodeId);
}

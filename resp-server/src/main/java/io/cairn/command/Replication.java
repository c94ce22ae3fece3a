package io.cairn.command;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A node's part in replication as INFO and ROLE show it. Any thread. */
@FunctionalInterface
public interface Replication {
    View view();

    /**
     * What holds at one moment.
     *
     * @param id 40 hex digits that name the history (INFO's master_replid)
     * @param offset how far it got: not 0 in a cluster, where Lettuce takes 0 for "no data"
     * @param primary the primary this node follows, null when it is one itself
     * @param replicas who follows this node
     */
    record View(String id, long offset, @Nullable Primary primary, List<Replica> replicas) {}

    /**
     * The primary that a replica follows.
     *
     * @param linkUp entries arrive from it
     * @param lastHeardSeconds since the last message from it, -1 when there was none
     */
    record Primary(String host, int port, boolean linkUp, long lastHeardSeconds) {}

    /**
     * A follower.
     *
     * @param lagSeconds since it acknowledged something
     */
    record Replica(String host, int port, long offset, long lagSeconds) {}

    /** A node that nobody follows and that follows nobody. */
    static Replication alone(String id) {
        View view = new View(id, 0, null, List.of());
        return () -> view;
    }
}

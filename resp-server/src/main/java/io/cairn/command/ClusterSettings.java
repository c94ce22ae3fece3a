package io.cairn.command;

import java.util.List;
import java.util.function.Consumer;

/** The settings on which the nodes of a cluster agree. Any thread. */
public interface ClusterSettings {
    /** True while this node is in a cluster. */
    boolean isShared();

    /**
     * Sets them on every node, all pairs or none; checked before.
     *
     * @param pairs name, value, name, value ...
     * @param done told once, a bounded time later: an empty text once this node has them, or why not
     */
    void set(List<String> pairs, Consumer<String> done);
}

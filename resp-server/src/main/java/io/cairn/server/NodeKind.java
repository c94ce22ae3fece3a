package io.cairn.server;

import io.cairn.command.Command;
import java.util.List;
import java.util.function.Supplier;

/** What a node is: on its own, or a member of a cluster. Chosen by the configuration, once per process. */
public interface NodeKind {
    /**
     * What the node of a directory is, which may go by what the directory holds.
     *
     * @throws StartException when it holds what this kind cannot go on with
     */
    default NodeKind at(NodeDirectory directory) throws StartException {
        return this;
    }

    /** INFO's redis_mode and HELLO's mode: "standalone" or "cluster". */
    String redisMode();

    /** Number of databases. */
    int databases(io.cairn.config.Config config);

    /**
     * Command families beside those that every node has.
     *
     * @param backend the node's, asked at each call: it is made after the commands
     */
    List<List<Command>> commands(Supplier<NodeBackend> backend);

    /**
     * Makes what runs the node's commands and keeps its data, without starting it.
     *
     * @throws StartException when its directory or configuration does not allow it
     */
    NodeBackend backend(NodeParts parts) throws StartException;

    /** Gives back what the nodes of the process shared; after the last node is closed. */
    default void close() {}
}

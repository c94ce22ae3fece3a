package io.cairn.command;

/** Makes a node a replica or a primary. Any thread. */
public interface RoleChange {
    /** Becomes a replica; false when it follows that primary already. */
    boolean follow(String host, int port);

    /** Becomes a primary; false when it is one. */
    boolean lead();
}

package io.cairn.server;

import io.cairn.acl.SharedUsers;
import io.cairn.command.ClusterSettings;
import io.cairn.command.Command;
import io.cairn.command.Persistence;
import io.cairn.command.Replication;
import io.cairn.command.RoleChange;
import io.cairn.command.Scripts;
import io.cairn.command.ServerState;
import io.cairn.keyspace.DataLimits;
import io.cairn.mode.ChangeStream;
import io.cairn.mode.Mode;
import io.cairn.mode.ReplicationRole;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import org.jspecify.annotations.Nullable;

/** What runs a node's commands and keeps its data. */
public interface NodeBackend {
    Mode mode();

    Persistence persistence();

    /** INFO's and ROLE's view of replication. */
    Replication replication();

    /** Gives the node's history another id; false when it has one that does not change. */
    default boolean changeReplicationId() {
        return false;
    }

    /** How the node's part in replication is changed and watched; null in raft mode. */
    default @Nullable ReplicationRole replicationRole() {
        return null;
    }

    /** How REPLICAOF changes it; null where it may not. */
    default @Nullable RoleChange roleChange() {
        return null;
    }

    /** The error that refuses any command of this kind now, or null. */
    default @Nullable String refusal(Command command) {
        return null;
    }

    /** "master" or "replica". */
    String role();

    /**
     * Brings the data in, before the node listens. Blocks.
     *
     * @throws StartException when it cannot
     */
    void load() throws StartException;

    /** The settings on which the node's cluster agrees; null where there is none. */
    default @Nullable ClusterSettings clusterSettings() {
        return null;
    }

    /** The users on which the nodes of the node's cluster agree; null where there is none. */
    default @Nullable SharedUsers sharedUsers() {
        return null;
    }

    /** The node's scripts. */
    default Scripts scripts() {
        return Scripts.NONE;
    }

    /** Who follows the node's changes is to be told of them; called once, before {@link #load}. */
    default void follow(ChangeStream changes) {}

    /** What the settings say of limits that are part of the data; after {@link #load} and at each change. Any thread. */
    void limits(DataLimits limits);

    /** The node listens now. */
    default void started(ServerState server) {}

    /** True when the node answers its clients as it should: /readyz. */
    default boolean ready() {
        return true;
    }

    /** Adds meters of the node's log or groups to the process's registry; once, after {@link #load}. */
    default void bindMetrics(MeterRegistry registry, Tags tags) {}

    /** About {@code hz} times a second, on the process's cron thread; must not block. */
    void tick(long nowMillis);

    /**
     * Before a stop, while clients are still served: gives others what they can go on with. Blocks a bounded time; called
     * for the nodes of a process side by side.
     *
     * @return whether others serve something now that this node served
     */
    default boolean leave() {
        return false;
    }

    /**
     * Before a stop: saves what is to be saved. Blocks.
     *
     * @return null, or why the node should not stop
     */
    @Nullable
    String prepareStop(ServerState.Shutdown how);

    /** Gives everything back. Blocks until logs are closed. */
    void close();
}

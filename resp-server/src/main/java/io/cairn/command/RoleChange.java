package io.cairn.command;

import org.jspecify.annotations.Nullable;

/** Makes a node a replica or a primary. Any thread. */
public interface RoleChange {
    /** Becomes a replica; false when it follows that primary already. */
    boolean follow(String host, int port);

    /** Becomes a primary; false when it is one. */
    boolean lead();

    /**
     * FAILOVER: begins to make a replica the primary, and this node its replica; it goes on by itself.
     *
     * @param host of the replica, null for any
     * @param timeoutMillis longest time until a replica has all writes, 0 for none
     * @param force goes on after that time with whatever the replica has
     * @return the error, or null when it has begun
     */
    @Nullable
    String failOver(@Nullable String host, int port, long timeoutMillis, boolean force);

    /** FAILOVER ABORT; false when there is none under way. */
    boolean abortFailover();

    /** INFO's master_failover_state: no-failover, waiting-for-sync, failover-in-progress. */
    String failoverState();

    /**
     * PSYNC id ... FAILOVER: a primary wants this node to lead.
     *
     * @param id history of the primary
     * @return the error, or null when this node leads
     */
    @Nullable
    String promote(String id);
}

package io.cairn.gossip.claims;

/** Settings that may change at any time. Any thread. */
public interface ClaimSettings {
    /** cluster-node-timeout. */
    long nodeTimeoutMillis();

    /** cluster-replica-validity-factor; 0: however old a replica's data is, it may stand for election. */
    long validityFactor();

    /** repl-ping-replica-period. */
    long replicaPingMillis();

    /** cluster-migration-barrier: replicas that a primary keeps when one of them goes to a primary without. */
    long migrationBarrier();

    /** cluster-allow-replica-migration. */
    boolean allowReplicaMigration();
}

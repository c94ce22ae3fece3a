package io.cairn.command;

import io.cairn.acl.Acl;
import io.cairn.acl.SharedUsers;
import io.cairn.config.Config;
import io.cairn.keyspace.Keyspace;
import java.io.IOException;

/** What session commands may reach of the node they run on. Any thread. */
public interface ServerState {
    /** The Redis version whose behaviour this is; HELLO and INFO say it. */
    String REDIS_VERSION = "7.0.15";

    CommandTable commands();

    Keyspace keyspace();

    /** This node's view of the configuration. */
    Config config();

    Clients clients();

    Stats stats();

    PubSub pubSub();

    /** Who watches all commands. */
    default Monitors monitors() {
        return clients().monitors();
    }

    /** Who follows the node's changes. */
    Followers followers();

    Persistence persistence();

    /** The error that refuses any command of this kind now, or null: a replica without its primary, or one that loads. */
    default @org.jspecify.annotations.Nullable String refusal(Command command) {
        return null;
    }

    /** How REPLICAOF makes the node a replica or a primary; null where that is not the operator's to say (a cluster). */
    default @org.jspecify.annotations.Nullable RoleChange roleChange() {
        return null;
    }

    /** LASTSAVE: when the last snapshot was done, or the start before the first; seconds of the Unix epoch. */
    default long lastSaveSeconds() {
        return Math.max(persistence().status().lastSaveSeconds(), identity().startMillis() / 1000);
    }

    /** DEBUG CHANGE-REPL-ID: false when the node's history has an id that does not change. */
    default boolean changeReplicationId() {
        return false;
    }

    /** Where MIGRATE is done. */
    default Migrations migrations() {
        return (request, later) -> later.complete(reply -> reply.error("ERR MIGRATE is not supported here"));
    }

    /** Milliseconds in all, up to now, that more than maxmemory was used because eviction could not keep up. */
    default long evictionExceededMillis() {
        return 0;
    }

    /** Milliseconds since eviction cannot keep up, 0 when it does. */
    default long evictionExceededNowMillis() {
        return 0;
    }

    /** Where CONFIG SET goes for keys on which a cluster agrees; null where there is none. */
    default @org.jspecify.annotations.Nullable ClusterSettings clusterSettings() {
        return null;
    }

    /** The scripts of the node. */
    default Scripts scripts() {
        return Scripts.NONE;
    }

    SlowLog slowLog();

    LatencyEvents latency();

    /** Who and where the node is. */
    Identity identity();

    /** "master" or "replica", as HELLO says it. */
    String role();

    /** The wall clock, milliseconds of the Unix epoch, microseconds below: {@code micros() / 1000}. */
    long micros();

    /** Where ACL SETUSER goes in a cluster whose nodes agree on users; null where there is none. */
    default @org.jspecify.annotations.Nullable SharedUsers sharedUsers() {
        return null;
    }

    /** The users, and what they may do. */
    Acl acl();

    /**
     * SHUTDOWN: begins to stop the process.
     *
     * @return null when it stops, else the error line that says why not
     */
    @org.jspecify.annotations.Nullable
    String shutdown(Shutdown how, boolean now);

    /**
     * CLUSTER RESET: the node closes soon after this returns, and begins anew with nothing and a new id.
     *
     * @throws IOException when that could not be written down; nothing has changed then
     */
    void reset() throws IOException;

    /** SHUTDOWN ABORT: true if one was under way. */
    boolean abortShutdown();

    /** How to stop. */
    enum Shutdown {
        /** Saves when save points are configured. */
        DEFAULT,
        SAVE,
        NOSAVE,
        /** As DEFAULT, even when saving fails. */
        FORCE
    }

    /**
     * Who and where a node is.
     *
     * @param nodeId 40 hex digits, for the life of its data directory
     * @param runId 40 hex digits, new at each start
     * @param mode "standalone" or "cluster", as INFO's redis_mode
     * @param host address it listens on
     * @param startMillis milliseconds of the Unix epoch
     * @param configFile absolute path, empty when none
     */
    record Identity(
            String nodeId,
            String runId,
            String mode,
            String host,
            int port,
            long startMillis,
            String executable,
            String configFile) {}
}

package io.cairn.mode;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A node's part in replication as Redis does it, outside of raft mode: primary, or replica of one other node. REPLICAOF and gossip mode change it by
 * this. Any thread; none of the methods waits for another node. Redis: replicationSetMaster, replicationUnsetMaster.
 */
public interface ReplicationRole {
    /**
     * Becomes a replica. What the node holds is served as stale data until the primary's data is wholly there; if the primary can, only what is missing is
     * fetched (PSYNC). Following the same address already, it changes nothing but the label. Returns once no local write is accepted any more.
     *
     * @param port 1 to 65535
     * @param label whom the caller means, as a cluster's node id; null for none. Comes back in {@link State} and is sent to nobody
     */
    void follow(String host, int port, @Nullable String label);

    /**
     * Becomes a primary with the data applied so far, under a new replication id; replicas of the old primary may go on here by PSYNC with its id. Nothing
     * of the old primary is applied once this returns, and writes are accepted. A primary stays as it is.
     */
    void lead();

    /** While on, a primary takes no writes of clients; when this returns none is under way. May wait for a script. */
    void stopWrites(boolean on);

    /** What holds now. */
    State state();

    /** Told of every later change; listeners cannot be taken back. */
    void listen(Listener listener);

    /** What a replica's link to its primary does. */
    enum Link {
        /** Not connected; connecting is tried again after a pause. Also a primary's. */
        DOWN,
        /** Connecting, or the handshake is under way. */
        HANDSHAKE,
        /** All data is being received or loaded. */
        SYNCING,
        /** Changes arrive. Redis: master_link_status up. */
        UP
    }

    /**
     * What holds at one moment.
     *
     * @param primary whom the node follows, null when it is a primary itself
     * @param replicationId 40 hex digits that name the history of the data
     * @param secondId history that this one continues, 40 zeros for none; {@code secondOffset}: first position that is not part of it, -1 for none
     * @param offset bytes of the history that the data contains (INFO: master_repl_offset): of a replica, what it applied. Compare only
     *     between nodes of one history
     * @param replicas who follows this node
     */
    record State(
            @Nullable Upstream primary,
            String replicationId,
            String secondId,
            long secondOffset,
            long offset,
            List<Downstream> replicas) {
        public boolean isPrimary() {
            return primary == null;
        }
    }

    /**
     * The primary of a replica.
     *
     * @param lastContactMillis when something came from it last, milliseconds of the Unix epoch; 0 for never since it is followed
     * @param downSinceMillis since when the link is not UP; 0 while it is. At the start of following: that start
     * @param loading the primary's data is being loaded: the node has neither the old data nor the new
     */
    record Upstream(
            String host,
            int port,
            @Nullable String label,
            Link link,
            long lastContactMillis,
            long downSinceMillis,
            boolean loading) {}

    /**
     * A replica of this node.
     *
     * @param host its address, or what it announces
     * @param port the port it serves clients on, 0 if it told none
     * @param online it has the data and gets the changes
     * @param ackedOffset position that it said it has applied
     * @param durableOffset position that it said its log has on disk; 0 if it tells none (Redis before 7.2)
     * @param lagMillis since it last said so
     */
    record Downstream(String host, int port, boolean online, long ackedOffset, long durableOffset, long lagMillis) {}

    /** Told of changes, one after the other, on any thread and without locks; must not block. */
    interface Listener {
        /** The node became a replica, of another primary perhaps, or a primary; {@link ReplicationRole#state} says which. */
        void roleChanged();

        /** The link to the primary came up, went down, or began to receive all data. */
        default void linkChanged(Link link) {}
    }
}

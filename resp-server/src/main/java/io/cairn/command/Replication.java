package io.cairn.command;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A node's part in replication as INFO and ROLE show it. Any thread. */
@FunctionalInterface
public interface Replication {
    String NO_ID = "0".repeat(40);

    View view();

    /**
     * What holds at one moment.
     *
     * @param id 40 hex digits that name the history (INFO's master_replid)
     * @param offset how far it got: not 0 in a cluster, where Lettuce takes 0 for "no data"
     * @param primary the primary this node follows, null when it is one itself
     * @param replicas who follows this node
     * @param secondId the history that this one continues, 40 zeros for none
     * @param secondOffset first position that is not part of that, -1 for none
     * @param good replicas that count for min-replicas-to-write
     */
    record View(
            String id,
            long offset,
            @Nullable Primary primary,
            List<Replica> replicas,
            String secondId,
            long secondOffset,
            Kept backlog,
            int good) {
        public View(String id, long offset, @Nullable Primary primary, List<Replica> replicas) {
            this(id, offset, primary, replicas, NO_ID, -1, Kept.NOTHING, replicas.size());
        }
    }

    /**
     * What is kept of the stream of changes.
     *
     * @param size most bytes
     * @param first position of the first byte kept
     */
    record Kept(boolean active, long size, long first, long length) {
        static final Kept NOTHING = new Kept(false, 0, 0, 0);
    }

    /**
     * The primary that a replica follows.
     *
     * @param linkUp entries arrive from it
     * @param lastHeardSeconds since the last message from it, -1 when there was none
     * @param state ROLE's word: connect, connecting, handshake, sync, connected
     * @param readOffset bytes of the stream received, of which a part may not be applied yet
     * @param transfer the data that is on its way, or null
     * @param downSeconds since when the link is down, -1 when it never was up
     */
    record Primary(
            String host,
            int port,
            boolean linkUp,
            long lastHeardSeconds,
            String state,
            long readOffset,
            @Nullable Transfer transfer,
            long downSeconds) {
        public Primary(String host, int port, boolean linkUp, long lastHeardSeconds) {
            this(host, port, linkUp, lastHeardSeconds, linkUp ? "connected" : "connect", -1, null, -1);
        }
    }

    /**
     * A transfer of all data.
     *
     * @param totalBytes 0 when it is not known
     */
    record Transfer(long totalBytes, long readBytes, long idleSeconds) {}

    /**
     * A follower.
     *
     * @param offset that it acknowledged
     * @param lagSeconds since it acknowledged something
     * @param state INFO's word: wait_bgsave, send_bulk, online
     * @param durable position that it acknowledged as on its disk
     */
    record Replica(String host, int port, long offset, long lagSeconds, String state, long durable, long lagMillis) {
        public Replica(String host, int port, long offset, long lagSeconds) {
            this(host, port, offset, lagSeconds, "online", offset, lagSeconds * 1000);
        }
    }

    /** A node that nobody follows and that follows nobody. */
    static Replication alone(String id) {
        View view = new View(id, 0, null, List.of());
        return () -> view;
    }
}

package io.cairn.raft.group;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One node's part in Raft: its peer port, its connections to the other nodes, the threads and timers that its groups
 * share, and the groups. Every Cairn node has one; several live in one process. All methods may be called from any
 * thread and do not block unless they say so.
 */
public final class RaftHost implements AutoCloseable {
    /** Bound of a custom message's payload and of its answer. */
    public static final int MAX_MESSAGE_BYTES = 4 << 20;

    /** How long {@link #send} waits for an answer, milliseconds. */
    public static final int SEND_TIMEOUT_MILLIS = 2_000;

    private RaftHost() {}

    /** Binds the peer port and starts; blocks until it listens. */
    public static RaftHost start(HostOptions options) throws IOException {
        if (options.bind().isUnresolved()) {
            throw new IOException("cannot resolve " + options.bind());
        }
        return new RaftHost();
    }

    public String nodeId() {
        return "";
    }

    /** Where this host listens. */
    public InetSocketAddress address() {
        return new InetSocketAddress(0);
    }

    /** The cluster this node belongs to, or null in unformed mode. */
    public @Nullable String clusterId() {
        return null;
    }

    /**
     * Leaves the unformed mode, once; the same id again is fine.
     *
     * @throws IllegalStateException when the node is in another cluster
     */
    public void setClusterId(String clusterId) {
        if (clusterId.isEmpty()) {
            throw new IllegalStateException("a cluster id is not empty");
        }
    }

    /**
     * Opens this node's replica of a group; blocks while the log is read. The group id starts with a letter and has
     * letters, digits, '-' and '_'.
     *
     * @throws IOException when the log, vote or snapshot cannot be opened
     */
    public RaftGroup open(GroupOptions options, StateMachine machine) throws IOException {
        if (options.groupId().isEmpty()) {
            throw new IOException("a group id is not empty");
        }
        throw new UnsupportedOperationException("the first slice has signatures only " + machine);
    }

    /**
     * Registers who answers messages of {@code type} (0..127), before the first arrives.
     *
     * @param whileUnformed whether the type is accepted while this node is in no cluster, and from nodes that are in
     *     none; the other types and all of Raft need equal cluster ids
     */
    public void handle(byte type, boolean whileUnformed, Handler handler) {}

    /** Sends to a node of the cluster; fails with {@link PeerException}. */
    public CompletableFuture<byte[]> send(String nodeId, byte type, byte[] payload) {
        return CompletableFuture.failedFuture(new PeerException(nodeId));
    }

    /** Sends to whoever listens at an address, over a connection of its own that is closed when idle. */
    public CompletableFuture<byte[]> send(InetSocketAddress address, byte type, byte[] payload) {
        return CompletableFuture.failedFuture(new PeerException("not built yet"));
    }

    /** Tells every group of this host that a node seems gone ({@link RaftGroup#suspect}). */
    public void suspect(String nodeId) {}

    /** Stops the groups that are still open and closes the port; blocks until their logs are closed. */
    @Override
    public void close() {}
}

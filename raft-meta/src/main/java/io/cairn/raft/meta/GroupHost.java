package io.cairn.raft.meta;

import io.cairn.raft.group.GroupOptions;
import io.cairn.raft.group.RaftGroup;
import io.cairn.raft.group.StateMachine;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;

/** What the layers above need of a node's Raft host; a port so that tests run without sockets. Any thread. */
public interface GroupHost {
    /** Opens this node's replica of a group; blocks while its log is read. */
    RaftGroup open(GroupOptions options, StateMachine machine) throws IOException;

    /** Registers who answers messages of a type; see RaftHost. */
    void handle(byte type, boolean whileUnformed, MessageHandler handler);

    /** Sends to a node of the cluster; the answer, or a failed future. */
    CompletableFuture<byte[]> send(String nodeId, byte type, byte[] payload);

    /** As {@link #send(String, byte, byte[])}, for what may be much: it stands before no heartbeat. In the order sent. */
    default CompletableFuture<byte[]> sendBulk(String nodeId, byte type, byte[] payload) {
        return send(nodeId, type, payload);
    }

    /** Sends to whoever listens at an address. */
    CompletableFuture<byte[]> send(InetSocketAddress address, byte type, byte[] payload);

    /** Sends to whoever listens at an address, in whatever cluster it is; only types open to nodes in none are heard. */
    CompletableFuture<byte[]> sendAsStranger(InetSocketAddress address, byte type, byte[] payload);

    /** This node belongs to this cluster from now on. */
    void setClusterId(String clusterId);

    /** This node, the only one of the cluster {@code from}, belongs to another from now on. */
    void moveCluster(String from, String to);

    /** Closes what connections a node that left the cluster for good still has here. */
    void disconnect(String nodeId);

    /** Answers messages; must not wait for another message. */
    interface MessageHandler {
        CompletableFuture<byte[]> handle(String fromNodeId, byte[] payload);
    }
}

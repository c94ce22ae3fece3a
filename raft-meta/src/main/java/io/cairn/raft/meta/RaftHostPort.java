package io.cairn.raft.meta;

import io.cairn.raft.group.GroupOptions;
import io.cairn.raft.group.RaftGroup;
import io.cairn.raft.group.RaftHost;
import io.cairn.raft.group.StateMachine;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;

/** The real Raft host behind {@link GroupHost}. */
public final class RaftHostPort implements GroupHost {
    private final RaftHost host;

    public RaftHostPort(RaftHost host) {
        this.host = host;
    }

    @Override
    public RaftGroup open(GroupOptions options, StateMachine machine) throws IOException {
        return host.open(options, machine);
    }

    @Override
    public void handle(byte type, boolean whileUnformed, MessageHandler handler) {
        host.handle(type, whileUnformed, (from, payload) -> handler.handle(from.nodeId(), payload));
    }

    @Override
    public CompletableFuture<byte[]> send(String nodeId, byte type, byte[] payload) {
        return host.send(nodeId, type, payload);
    }

    @Override
    public CompletableFuture<byte[]> sendBulk(String nodeId, byte type, byte[] payload) {
        return host.sendBulk(nodeId, type, payload);
    }

    @Override
    public CompletableFuture<byte[]> send(InetSocketAddress address, byte type, byte[] payload) {
        return host.send(address, type, payload);
    }

    @Override
    public CompletableFuture<byte[]> sendAsStranger(InetSocketAddress address, byte type, byte[] payload) {
        return host.sendAsStranger(address, type, payload);
    }

    @Override
    public void setClusterId(String clusterId) {
        host.setClusterId(clusterId);
    }

    @Override
    public void moveCluster(String from, String to) {
        host.moveCluster(from, to);
    }

    @Override
    public void disconnect(String nodeId) {
        host.disconnect(nodeId);
    }
}

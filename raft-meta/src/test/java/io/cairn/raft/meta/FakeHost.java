package io.cairn.raft.meta;

import io.cairn.raft.group.GroupOptions;
import io.cairn.raft.group.PeerException;
import io.cairn.raft.group.RaftGroup;
import io.cairn.raft.group.StateMachine;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** One node's host in a {@link FakeNetwork}. */
public final class FakeHost implements GroupHost {
    final String nodeId;
    final InetSocketAddress address;
    private final FakeNetwork network;
    private final Map<Byte, MessageHandler> handlers = new ConcurrentHashMap<>();
    private final Map<Byte, Boolean> whileUnformed = new ConcurrentHashMap<>();
    private volatile @Nullable String clusterId;

    FakeHost(FakeNetwork network, String nodeId, InetSocketAddress address) {
        this.network = network;
        this.nodeId = nodeId;
        this.address = address;
    }

    @Override
    public RaftGroup open(GroupOptions options, StateMachine machine) throws IOException {
        Files.createDirectories(options.directory());
        Files.writeString(options.directory().resolve("log"), options.groupId());
        return network.call(() -> {
            FakeConsensus group = network.groups.computeIfAbsent(options.groupId(), FakeConsensus::new);
            return group.open(network, nodeId, options, machine);
        });
    }

    @Override
    public void handle(byte type, boolean unformed, MessageHandler handler) {
        handlers.put(type, handler);
        whileUnformed.put(type, unformed);
    }

    @Override
    public CompletableFuture<byte[]> send(String target, byte type, byte[] payload) {
        return CompletableFuture.supplyAsync(() -> network.hosts.get(target), network.world)
                .thenCompose(host -> deliver(host, type, payload));
    }

    @Override
    public CompletableFuture<byte[]> send(InetSocketAddress target, byte type, byte[] payload) {
        return CompletableFuture.supplyAsync(() -> network.at(target), network.world)
                .thenCompose(host -> deliver(host, type, payload));
    }

    private CompletableFuture<byte[]> deliver(@Nullable FakeHost target, byte type, byte[] payload) {
        if (target == null) {
            return CompletableFuture.failedFuture(new PeerException("nobody there"));
        }
        MessageHandler handler = target.handlers.get(type);
        String theirs = target.clusterId;
        boolean allowed =
                Boolean.TRUE.equals(target.whileUnformed.get(type)) || (theirs != null && theirs.equals(clusterId));
        if (handler == null || !allowed) {
            return CompletableFuture.failedFuture(new PeerException("refused"));
        }
        return handler.handle(nodeId, payload);
    }

    @Override
    public CompletableFuture<byte[]> sendAsStranger(InetSocketAddress target, byte type, byte[] payload) {
        return send(target, type, payload);
    }

    @Override
    public void moveCluster(String from, String to) {
        clusterId = to;
    }

    @Override
    public void setClusterId(String id) {
        String known = clusterId;
        if (known != null && !known.equals(id)) {
            throw new IllegalStateException("in cluster " + known);
        }
        clusterId = id;
    }

    @Override
    public void disconnect(String gone) {}
}

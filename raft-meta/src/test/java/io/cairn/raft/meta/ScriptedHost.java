package io.cairn.raft.meta;

import io.cairn.raft.group.GroupOptions;
import io.cairn.raft.group.RaftGroup;
import io.cairn.raft.group.StateMachine;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A host that records what is sent and answers what the test put up. */
final class ScriptedHost implements GroupHost {
    final List<String> sent = new ArrayList<>();
    final Deque<CompletableFuture<byte[]>> answers = new ArrayDeque<>();

    private CompletableFuture<byte[]> send(String to, byte type) {
        sent.add(type + " " + to);
        CompletableFuture<byte[]> answer = answers.pollFirst();
        return answer != null ? answer : CompletableFuture.failedFuture(new IOException("no answer"));
    }

    @Override
    public synchronized CompletableFuture<byte[]> send(String nodeId, byte type, byte[] payload) {
        return send(nodeId, type);
    }

    @Override
    public synchronized CompletableFuture<byte[]> send(InetSocketAddress address, byte type, byte[] payload) {
        return send(":" + address.getPort(), type);
    }

    @Override
    public RaftGroup open(GroupOptions options, StateMachine machine) throws IOException {
        throw new IOException("no group " + options.groupId());
    }

    @Override
    public void handle(byte type, boolean whileUnformed, MessageHandler handler) {
        sent.add("handles " + type);
    }

    @Override
    public CompletableFuture<byte[]> sendAsStranger(InetSocketAddress address, byte type, byte[] payload) {
        return send(address, type, payload);
    }

    @Override
    public void moveCluster(String from, String to) {
        sent.add("cluster " + from + " -> " + to);
    }

    @Override
    public void setClusterId(String clusterId) {
        sent.add("cluster " + clusterId);
    }

    @Override
    public void disconnect(String nodeId) {
        sent.add("disconnects " + nodeId);
    }
}

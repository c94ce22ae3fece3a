package io.cairn.raft.group;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Who sent a message, as its connection's handshake proved it.
 *
 * @param clusterId null while the sender is in no cluster
 * @param address where the sender listens for peers: the host it announced, unresolved, or its address as seen here; with the port
 *     it announced
 */
public record Sender(String nodeId, @Nullable String clusterId, InetSocketAddress address) {}

package io.cairn.raft.group;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.function.Function;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * How to start a node's Raft host.
 *
 * @param nodeId 40 lower-case hex digits
 * @param bind address and port to listen on; port 0 takes a free one
 * @param source local address that connections to peers are made from; null leaves it to the kernel
 * @param announced host at which peers find this node; null where they see it is right
 * @param addresses where the other nodes listen
 * @param clusterId at most 64 ASCII characters; null for a node that is in no cluster yet ({@link RaftHost#setClusterId})
 * @param secret shared by all nodes of the cluster, at most 256 bytes; empty for none
 * @param threads shared by the hosts of a process, closed by who made them; null for threads of its own
 * @param tls makes the TLS engine of a connection, true for the side that connects; both sides must prove themselves by a
 *     certificate then. Null for plain connections
 */
public record HostOptions(
        String nodeId,
        InetSocketAddress bind,
        @Nullable InetAddress source,
        @Nullable String announced,
        PeerAddresses addresses,
        @Nullable String clusterId,
        byte[] secret,
        @Nullable RaftThreads threads,
        @Nullable Function<Boolean, SSLEngine> tls) {
    public HostOptions {
        if (!nodeId.matches("[0-9a-f]{40}")) {
            throw new IllegalArgumentException("a node id has 40 lower-case hex digits: " + nodeId);
        }
        if (secret.length > 256) {
            throw new IllegalArgumentException("a peer secret has at most 256 bytes");
        }
        if (announced != null && !announced.matches("[!-~]{1," + Handshake.MAX_HOST_BYTES + "}")) {
            throw new IllegalArgumentException("not a host that can be announced: " + announced);
        }
        checkClusterId(clusterId);
    }

    public HostOptions(
            String nodeId, InetSocketAddress bind, PeerAddresses addresses, @Nullable String clusterId, byte[] secret) {
        this(nodeId, bind, null, null, addresses, clusterId, secret, null, null);
    }

    public HostOptions(
            String nodeId,
            InetSocketAddress bind,
            PeerAddresses addresses,
            @Nullable String clusterId,
            byte[] secret,
            @Nullable RaftThreads threads) {
        this(nodeId, bind, null, null, addresses, clusterId, secret, threads, null);
    }

    static void checkClusterId(@Nullable String clusterId) {
        if (clusterId != null && !clusterId.matches("[!-~]{1,64}")) {
            throw new IllegalArgumentException("a cluster id has 1 to 64 printable ASCII characters: " + clusterId);
        }
    }
}

package io.cairn.gossip;

import java.net.InetAddress;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * How one node gossips.
 *
 * @param threads shared by all nodes of the process
 * @param bindHost address to listen on; must be loopback unless there is a secret or TLS
 * @param bindPort port to listen on
 * @param source local address that connections to other nodes are made from; null leaves it to the kernel
 * @param self what to tell others; its host and bus port are where they dial
 * @param seeds asked again and again until each is a member; this node itself may be among them
 * @param secret cluster-peer-secret, empty for none
 * @param tls makes the TLS engine of a connection, true for the side that dials; both sides prove themselves by a
 *     certificate then. Null for plain connections
 * @param state asked about every {@value #STATE_INTERVAL_MILLIS} ms, on thread {@code gossip-events}; must not block
 */
public record GossipOptions(
        GossipThreads threads,
        String bindHost,
        int bindPort,
        @Nullable InetAddress source,
        NodeInfo self,
        List<SeedAddress> seeds,
        String secret,
        @Nullable Function<Boolean, SSLEngine> tls,
        Supplier<SoftState> state) {
    /** Milliseconds between two publications of soft state. */
    public static final int STATE_INTERVAL_MILLIS = 500;

    public GossipOptions(
            GossipThreads threads,
            String bindHost,
            int bindPort,
            NodeInfo self,
            List<SeedAddress> seeds,
            String secret,
            Supplier<SoftState> state) {
        this(threads, bindHost, bindPort, null, self, seeds, secret, null, state);
    }
}

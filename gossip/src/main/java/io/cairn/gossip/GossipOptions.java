package io.cairn.gossip;

import java.net.InetAddress;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How one node gossips.
 *
 * @param threads shared by all nodes of the process
 * @param bindHost address to listen on; must be loopback unless there is a secret
 * @param bindPort port to listen on
 * @param source local address that connections to other nodes are made from; null leaves it to the kernel
 * @param self what to tell others; its host and bus port are where they dial
 * @param seeds asked again and again until each is a member; this node itself may be among them
 * @param secret cluster-peer-secret, empty for none
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
        this(threads, bindHost, bindPort, null, self, seeds, secret, state);
    }
}

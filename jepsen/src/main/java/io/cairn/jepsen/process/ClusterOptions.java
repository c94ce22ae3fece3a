package io.cairn.jepsen.process;

import java.util.ArrayList;
import java.util.List;

/**
 * How a cluster is laid out and started.
 *
 * @param start which consensus it begins with
 * @param processes 3, or 9 of one node each
 * @param nodesPerProcess 1 to 9
 * @param throughNetwork whether all connections pass a {@link io.cairn.jepsen.net.Network}
 * @param seed what the network's losses and delays are drawn from
 * @param heapMegabytes most heap of each process
 * @param extra added to each server's command line
 */
public record ClusterOptions(
        Start start,
        int processes,
        int nodesPerProcess,
        boolean throughNetwork,
        long seed,
        int heapMegabytes,
        List<String> extra) {
    /** As {@code cairn demo}: three nodes a process, direct connections, raft mode. */
    public static final ClusterOptions DEMO = new ClusterOptions(Start.RAFT, 3, 3, false, 1, 256, List.of());

    /** What a cluster is when the harness gets it. */
    public enum Start {
        /** It was formed with cluster-consensus raft. */
        RAFT,
        /** The default: cluster-enabled yes alone. */
        GOSSIP,
        /** It was formed in gossip mode and was then taken over to raft. */
        ROLLED
    }

    public ClusterOptions {
        if (nodesPerProcess < 1 || nodesPerProcess > 9) {
            throw new IllegalArgumentException("a process has one to nine nodes, not " + nodesPerProcess);
        }
        extra = List.copyOf(extra);
    }

    public ClusterOptions withNodesPerProcess(int nodes) {
        return new ClusterOptions(start, processes, nodes, throughNetwork, seed, heapMegabytes, extra);
    }

    public ClusterOptions withStart(Start other) {
        return new ClusterOptions(other, processes, nodesPerProcess, throughNetwork, seed, heapMegabytes, extra);
    }

    /** Nine processes of one node each. */
    public ClusterOptions apart() {
        return new ClusterOptions(start, 9, 1, throughNetwork, seed, heapMegabytes, extra);
    }

    public ClusterOptions withNetwork(long networkSeed) {
        return new ClusterOptions(start, processes, nodesPerProcess, true, networkSeed, heapMegabytes, extra);
    }

    public ClusterOptions withHeap(int megabytes) {
        return new ClusterOptions(start, processes, nodesPerProcess, throughNetwork, seed, megabytes, extra);
    }

    public ClusterOptions withExtra(String... arguments) {
        List<String> all = new ArrayList<>(extra);
        all.addAll(List.of(arguments));
        return new ClusterOptions(start, processes, nodesPerProcess, throughNetwork, seed, heapMegabytes, all);
    }
}

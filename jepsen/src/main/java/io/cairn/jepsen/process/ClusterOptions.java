package io.cairn.jepsen.process;

import java.util.ArrayList;
import java.util.List;

/**
 * How a cluster is laid out and started.
 *
 * @param nodesPerProcess 1 to 9
 * @param throughNetwork whether all connections pass a {@link io.cairn.jepsen.net.Network}
 * @param seed what the network's losses and delays are drawn from
 * @param heapMegabytes most heap of each process
 * @param extra added to each server's command line
 */
public record ClusterOptions(
        int nodesPerProcess, boolean throughNetwork, long seed, int heapMegabytes, List<String> extra) {
    /** As {@code cairn demo}: three nodes a process, direct connections. */
    public static final ClusterOptions DEMO = new ClusterOptions(3, false, 1, 256, List.of());

    public ClusterOptions {
        if (nodesPerProcess < 1 || nodesPerProcess > 9) {
            throw new IllegalArgumentException("a process has one to nine nodes, not " + nodesPerProcess);
        }
        extra = List.copyOf(extra);
    }

    public ClusterOptions withNodesPerProcess(int nodes) {
        return new ClusterOptions(nodes, throughNetwork, seed, heapMegabytes, extra);
    }

    public ClusterOptions withNetwork(long networkSeed) {
        return new ClusterOptions(nodesPerProcess, true, networkSeed, heapMegabytes, extra);
    }

    public ClusterOptions withHeap(int megabytes) {
        return new ClusterOptions(nodesPerProcess, throughNetwork, seed, megabytes, extra);
    }

    public ClusterOptions withExtra(String... arguments) {
        List<String> all = new ArrayList<>(extra);
        all.addAll(List.of(arguments));
        return new ClusterOptions(nodesPerProcess, throughNetwork, seed, heapMegabytes, all);
    }
}

package io.cairn.jepsen.process;

import io.cairn.jepsen.net.Endpoint;
import io.cairn.jepsen.net.Network;
import io.cairn.jepsen.resp.Address;
import java.util.Collection;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Where the nodes of a cluster listen: node {@code i} of process {@code p} on {@code basePort +
 * nodesPerProcess * p + i}, at 127.0.0.1 or, with a network, at the process's own addresses.
 */
final class Layout implements AutoCloseable {
    /** Gossip and Redis's cluster bus. */
    static final int BUS_PORT_OFFSET = 10_000;

    private final int basePort;
    private final int processes;
    private final int nodesPerProcess;
    private final @Nullable Network network;

    Layout(int basePort, ClusterOptions options) {
        this.basePort = basePort;
        this.processes = options.processes();
        this.nodesPerProcess = options.nodesPerProcess();
        this.network = options.throughNetwork() ? new Network(processes, options.seed()) : null;
    }

    @Nullable
    Network network() {
        return network;
    }

    int processes() {
        return processes;
    }

    int nodesPerProcess() {
        return nodesPerProcess;
    }

    int port(int process, int node) {
        return basePort + process * nodesPerProcess + node;
    }

    List<Integer> ports(int process, int offset) {
        return IntStream.range(0, nodesPerProcess)
                .mapToObj(node -> port(process, node) + offset)
                .toList();
    }

    /** Has the network serve these ports of each process. */
    void serve(Collection<Integer> offsets) {
        if (network != null) {
            for (int process = 0; process < processes; process++) {
                for (int offset : offsets) {
                    network.serve(process, ports(process, offset));
                }
            }
        }
    }

    List<Address> nodes(int process) {
        String host = network == null ? "127.0.0.1" : Endpoint.announced(process);
        return ports(process, 0).stream().map(port -> new Address(host, port)).toList();
    }

    Address direct(Address node) {
        int process = (node.port() - basePort) / nodesPerProcess;
        return network == null ? node : new Address(Endpoint.bound(process), node.port());
    }

    /** What a server of this process is told about its addresses; Cairn and Redis have the same words for it. */
    List<String> arguments(int process) {
        return network == null
                ? List.of("--bind", "127.0.0.1")
                : List.of(
                        "--bind",
                        Endpoint.bound(process),
                        "--bind-source-addr",
                        Endpoint.bound(process),
                        "--cluster-announce-ip",
                        Endpoint.announced(process));
    }

    @Override
    public void close() {
        if (network != null) {
            network.close();
        }
    }
}

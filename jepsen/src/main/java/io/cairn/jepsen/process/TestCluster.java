package io.cairn.jepsen.process;

import io.cairn.jepsen.net.Network;
import io.cairn.jepsen.resp.Address;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A cluster of processes, each hosting one or more nodes, that faults can strike. One thread only. */
public interface TestCluster extends AutoCloseable {
    /** How many processes there are. */
    int processes();

    /** The nodes that a process hosts, as they announce themselves: through the network, where there is one. */
    List<Address> nodes(int process);

    /** A way to a node that no fault of the network touches; what the harness itself looks at goes there. */
    default Address direct(Address node) {
        return node;
    }

    /** The network that all its connections pass; null when they are made directly. */
    default @Nullable Network network() {
        return null;
    }

    /** The operating system's processes that a process is made of, as they were last started. */
    List<ServerProcess> servers(int process);

    /** Where a process keeps its data. */
    List<Path> homes(int process);

    /** Starts a process with whatever its directory holds; nothing happens when it runs. */
    void start(int process);

    /** {@code kill -9} of all these at the same moment. */
    void kill9(List<Integer> processes);

    /** SIGSTOP. */
    void pause(int process);

    /** SIGCONT. */
    void resume(int process);

    /** Deletes everything a stopped process has on disk. */
    void wipe(int process);

    /** All nodes, those of different processes in turn. */
    default List<Address> nodes() {
        List<Address> all = new ArrayList<>();
        for (int i = 0; i < nodes(0).size(); i++) {
            for (int process = 0; process < processes(); process++) {
                all.add(nodes(process).get(i));
            }
        }
        return all;
    }

    /** The process that hosts each node. */
    default Map<Address, Integer> processOfNode() {
        Map<Address, Integer> map = new HashMap<>();
        for (int process = 0; process < processes(); process++) {
            for (Address node : nodes(process)) {
                map.put(node, process);
            }
        }
        return map;
    }

    @Override
    void close();
}

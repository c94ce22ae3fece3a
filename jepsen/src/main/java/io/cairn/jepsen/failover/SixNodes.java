package io.cairn.jepsen.failover;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.ServerProcess;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.HashSlot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Three primaries and three replicas, made one cluster by redis-cli: Cairn's nodes in gossip mode, or redis-server's. */
public final class SixNodes implements AutoCloseable {
    static final int NODES = 6;
    private static final int BUS_OFFSET = 20;
    private static final int SECONDS = 120;

    private final int firstPort;
    private final List<ServerProcess> processes = new ArrayList<>();

    private SixNodes(int firstPort) {
        this.firstPort = firstPort;
    }

    /**
     * Cairn's nodes.
     *
     * @param apart each in a process of its own; else only the first, which is to be killed
     * @param timeoutMillis cluster-node-timeout
     */
    public static SixNodes ofCairn(Path directory, int firstPort, long timeoutMillis, boolean apart) {
        SixNodes nodes = new SixNodes(firstPort);
        Distribution distribution = Distribution.find();
        for (int first = 0; first < NODES; ) {
            int last = apart || first == 0 ? first : NODES - 1;
            List<String> ports = new ArrayList<>();
            List<String> buses = new ArrayList<>();
            for (int i = first; i <= last; i++) {
                ports.add(Integer.toString(firstPort + i));
                buses.add(Integer.toString(firstPort + i + BUS_OFFSET));
            }
            List<String> arguments = List.of(
                    "server",
                    "--port",
                    String.join(",", ports),
                    "--cluster-port",
                    String.join(",", buses),
                    "--bind",
                    "127.0.0.1",
                    "--dir",
                    directory.toString(),
                    "--cluster-enabled",
                    "yes",
                    "--cluster-node-timeout",
                    Long.toString(timeoutMillis));
            nodes.start(distribution.command(List.of("-Xmx256m"), arguments), directory, "cairn-" + first);
            first = last + 1;
        }
        return nodes;
    }

    static SixNodes ofRedis(Path directory, int firstPort, long timeoutMillis) {
        SixNodes nodes = new SixNodes(firstPort);
        for (int i = 0; i < NODES; i++) {
            String port = Integer.toString(firstPort + i);
            List<String> command = List.of(
                    "redis-server",
                    "--port",
                    port,
                    "--cluster-port",
                    Integer.toString(firstPort + i + BUS_OFFSET),
                    "--bind",
                    "127.0.0.1",
                    "--dir",
                    directory.toString(),
                    "--dbfilename",
                    "dump-" + port + ".rdb",
                    "--cluster-config-file",
                    "nodes-" + port + ".conf",
                    "--cluster-enabled",
                    "yes",
                    "--cluster-node-timeout",
                    Long.toString(timeoutMillis));
            nodes.start(command, directory, "redis-" + port);
        }
        return nodes;
    }

    private void start(List<String> command, Path directory, String name) {
        processes.add(ServerProcess.start(command, directory, directory.resolve(name + ".log")));
    }

    Address node(int i) {
        return new Address("127.0.0.1", firstPort + i);
    }

    /** All of them, primaries first. */
    public List<Address> nodes() {
        List<Address> nodes = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            nodes.add(node(i));
        }
        return nodes;
    }

    /** {@code redis-cli --cluster create}, then waits until every replica has its primary's data. */
    public void create(Path directory) {
        for (Address node : nodes()) {
            Await.until(node + " answers", SECONDS, () -> ClusterState.answers(node));
        }
        List<String> create = new ArrayList<>(List.of("redis-cli", "--cluster", "create"));
        nodes().forEach(node -> create.add(node.toString()));
        create.addAll(List.of("--cluster-replicas", "1", "--cluster-yes"));
        try (ServerProcess cli = ServerProcess.start(create, directory, directory.resolve("create.log"))) {
            if (!cli.awaitExit(SECONDS) || cli.exitCode() != 0) {
                throw new IllegalStateException("redis-cli --cluster create failed: " + cli.output());
            }
        }
        for (int i = NODES / 2; i < NODES; i++) {
            Address replica = node(i);
            Await.until(
                    replica + " follows",
                    SECONDS,
                    () -> ClusterState.ask(replica, "INFO", "replication")
                            .text()
                            .contains("master_link_status:up"));
        }
        for (Address node : nodes()) {
            Await.until(
                    node + " finds the cluster well",
                    SECONDS,
                    () -> ClusterState.ask(node, "CLUSTER", "INFO").text().contains("cluster_state:ok"));
        }
    }

    /** {@code kill -9} of the first node, a primary; the key is in one of its slots. */
    public void killFirst() {
        processes.get(0).kill9();
    }

    /** A key of the first node. */
    static String keyOfFirst(int number) {
        for (int i = 0; ; i++) {
            String key = "k" + number + "-" + i;
            if (HashSlot.of(key) < 5_000) {
                return key;
            }
        }
    }

    /** Names of the threads of a process, as the kernel has them: 15 characters at most. */
    List<String> threads(int process) throws IOException {
        try (Stream<Path> tasks =
                Files.list(Path.of("/proc", Long.toString(processes.get(process).pid()), "task"))) {
            List<String> names = new ArrayList<>();
            for (Path task : tasks.toList()) {
                names.add(Files.readString(task.resolve("comm")).strip());
            }
            return names;
        }
    }

    @Nullable
    String reply(Address node, String... words) {
        try {
            return ClusterState.ask(node, words).text();
        } catch (Exception e) {
            return null;
        }
    }

    @Override
    public void close() {
        processes.forEach(ServerProcess::close);
    }
}

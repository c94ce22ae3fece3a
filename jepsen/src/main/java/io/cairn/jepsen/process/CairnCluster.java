package io.cairn.jepsen.process;

import io.cairn.jepsen.resp.Address;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A raft cluster as {@code cairn demo} lays it out: three processes of three nodes, three shards with a replica in each
 * process. Node {@code i} of process {@code p} listens on {@code basePort + 3p + i}.
 */
public final class CairnCluster implements TestCluster {
    private static final int PROCESSES = 3;
    private static final int NODES_PER_PROCESS = 3;
    /** The default, 20000, reaches into the range that the kernel gives to outgoing connections. */
    private static final int RAFT_PORT_OFFSET = 50;

    private static final int ADMIN_PORT_OFFSET = 90;

    private static final int START_SECONDS = 120;
    private static final List<String> HEAP = List.of("-Xms96m", "-Xmx256m");

    private final Distribution distribution;
    private final Path directory;
    private final int basePort;
    private final List<String> extra;
    private final ServerProcess[] servers = new ServerProcess[PROCESSES];

    /** Starts the processes and creates the cluster; {@code extra} goes to each server's command line. */
    public CairnCluster(Distribution distribution, Path directory, int basePort, String... extra) {
        this.distribution = distribution;
        this.directory = directory;
        this.basePort = basePort;
        this.extra = List.of(extra);
        try {
            create();
        } catch (IllegalStateException e) {
            close();
            throw e;
        }
    }

    @Override
    public int processes() {
        return PROCESSES;
    }

    @Override
    public List<Address> nodes(int process) {
        return IntStream.range(0, NODES_PER_PROCESS)
                .mapToObj(node -> Address.local(basePort + process * NODES_PER_PROCESS + node))
                .toList();
    }

    @Override
    public void start(int process) {
        List<String> arguments = new ArrayList<>(List.of(
                "server",
                "--port",
                ports(process, 0),
                "--cluster-raft-port",
                ports(process, RAFT_PORT_OFFSET),
                "--admin-port",
                Integer.toString(admin(process).port()),
                "--dir",
                home(process).toString(),
                "--cluster-enabled",
                "yes",
                "--cluster-consensus",
                "raft",
                "--cluster-seeds",
                seeds()));
        arguments.addAll(extra);
        Disk.makeDirectory(home(process));
        servers[process] = ServerProcess.start(distribution.command(HEAP, arguments), directory, log(process));
    }

    @Override
    public void kill9(List<Integer> processes) {
        processes.forEach(process -> servers[process].signalKill9());
        processes.forEach(process -> servers[process].kill9());
    }

    @Override
    public void pause(int process) {
        servers[process].pause();
    }

    @Override
    public void resume(int process) {
        servers[process].resume();
    }

    @Override
    public void wipe(int process) {
        Disk.delete(home(process));
    }

    /** The running process of this number. */
    public ServerProcess server(int process) {
        return servers[process];
    }

    /** Where a process answers /metrics, /healthz and /readyz. */
    public Address admin(int process) {
        return Address.local(basePort + ADMIN_PORT_OFFSET + process);
    }

    /** Where the nodes of a process keep their data. */
    public Path home(int process) {
        return directory.resolve("process-" + process);
    }

    @Override
    public void close() {
        for (ServerProcess server : servers) {
            if (server != null) {
                server.close();
            }
        }
    }

    private void create() {
        for (int process = 0; process < PROCESSES; process++) {
            start(process);
        }
        for (Address node : nodes()) {
            Await.until(node + " answers", START_SECONDS, () -> ClusterState.answers(node));
        }
        List<String> arguments = new ArrayList<>(List.of("cluster", "create"));
        nodes().forEach(node -> arguments.add(node.toString()));
        arguments.addAll(List.of("--replicas", "2"));
        ServerProcess create = ServerProcess.start(
                distribution.command(List.of("-Xmx128m", "-XX:TieredStopAtLevel=1"), arguments),
                directory,
                directory.resolve("create.log"));
        if (!create.awaitExit(START_SECONDS) || create.exitCode() != 0) {
            create.close();
            throw new IllegalStateException("cairn cluster create failed: " + create.output());
        }
        ClusterState.awaitHealthy(nodes(), START_SECONDS);
    }

    private String ports(int process, int offset) {
        return nodes(process).stream()
                .map(node -> Integer.toString(node.port() + offset))
                .collect(Collectors.joining(","));
    }

    private String seeds() {
        return IntStream.range(0, PROCESSES)
                .mapToObj(process -> nodes(process).get(0).toString())
                .collect(Collectors.joining(","));
    }

    private Path log(int process) {
        return directory.resolve("process-" + process + ".log");
    }
}

package io.cairn.jepsen.process;

import io.cairn.jepsen.net.Network;
import io.cairn.jepsen.process.ClusterOptions.Start;
import io.cairn.jepsen.resp.Address;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of three processes. With three nodes each it is laid out as {@code cairn demo} does: three shards with a
 * replica in each process; with one node each it is one shard. Or of nine processes with one node of three shards each. How it
 * begins, and with which consensus, is in its options.
 */
public final class CairnCluster implements TestCluster {
    /** The default, 20000, reaches into the range that the kernel gives to outgoing connections. */
    private static final int RAFT_PORT_OFFSET = 50;

    private static final int ADMIN_PORT_OFFSET = 90;

    private static final int START_SECONDS = 120;

    private static final String RAFT = "raft";
    private static final String GOSSIP = "gossip";
    /** Of gossip mode; the default, 15 s, would make each failover that long. */
    private static final int NODE_TIMEOUT_MILLIS = 1_500;

    private static final int REPLICAS_AND_PRIMARY = 3;

    private final Distribution distribution;
    private final Distribution[] distributions;
    private final String[] consensus;
    private final Path directory;
    private final int basePort;
    private final ClusterOptions options;
    private final Layout layout;
    private final @Nullable ServerProcess[] servers;

    /** As {@code cairn demo}; {@code extra} goes to each server's command line. */
    public CairnCluster(Distribution distribution, Path directory, int basePort, String... extra) {
        this(distribution, directory, basePort, ClusterOptions.DEMO.withExtra(extra));
    }

    /** Starts the processes and creates the cluster; uses ports from {@code basePort}, those + 10000, + 50 and + 90. */
    public CairnCluster(Distribution distribution, Path directory, int basePort, ClusterOptions options) {
        this.distribution = distribution;
        this.distributions = new Distribution[options.processes()];
        this.consensus = new String[options.processes()];
        this.servers = new ServerProcess[options.processes()];
        Arrays.fill(distributions, distribution);
        Arrays.fill(consensus, options.start() == Start.RAFT ? RAFT : GOSSIP);
        this.directory = directory;
        this.basePort = basePort;
        this.options = options;
        this.layout = new Layout(basePort, options);
        try {
            layout.serve(List.of(0, Layout.BUS_PORT_OFFSET, RAFT_PORT_OFFSET));
            for (int process = 0; process < processes(); process++) {
                start(process);
            }
            for (Address node : nodes()) {
                Await.until(node + " answers", START_SECONDS, () -> ClusterState.answers(direct(node)));
            }
            switch (options.start()) {
                case RAFT -> createRaft();
                case GOSSIP -> createGossip();
                case ROLLED -> {
                    createGossip();
                    new RollingChange(this, line -> {}).toRaft();
                    ClusterState.awaitHealthy(nodes(), START_SECONDS);
                }
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    @Override
    public int processes() {
        return options.processes();
    }

    @Override
    public List<Address> nodes(int process) {
        return layout.nodes(process);
    }

    @Override
    public Address direct(Address node) {
        return layout.direct(node);
    }

    @Override
    public @Nullable Network network() {
        return layout.network();
    }

    @Override
    public void start(int process) {
        startWith(process, List.of());
    }

    /** Starts a process by way of a command such as {@code env NAME=value}, which must become the server itself. */
    public void startWith(int process, List<String> prefix) {
        List<String> arguments = new ArrayList<>(List.of(
                "server",
                "--port",
                joined(layout.ports(process, 0)),
                "--admin-port",
                Integer.toString(admin(process).port()),
                "--dir",
                home(process).toString(),
                "--cluster-enabled",
                "yes"));
        if (consensus[process].equals(RAFT)) {
            arguments.addAll(List.of(
                    "--cluster-consensus",
                    RAFT,
                    "--cluster-raft-port",
                    joined(layout.ports(process, RAFT_PORT_OFFSET))));
        }
        if (options.start() == Start.RAFT) {
            arguments.addAll(List.of("--cluster-seeds", seeds()));
        } else {
            arguments.addAll(List.of("--cluster-node-timeout", Integer.toString(NODE_TIMEOUT_MILLIS)));
        }
        arguments.addAll(layout.arguments(process));
        arguments.addAll(options.extra());
        Disk.makeDirectory(home(process));
        List<String> heap = List.of("-Xms96m", "-Xmx" + options.heapMegabytes() + "m");
        List<String> command = new ArrayList<>(prefix);
        command.addAll(distributions[process].command(heap, arguments));
        servers[process] = ServerProcess.again(servers[process], command, directory, log(process));
    }

    /** Later starts of a process are of another distribution. */
    public void use(int process, Distribution other) {
        distributions[process] = other;
    }

    /** Later starts of a process are with {@code cluster-consensus} gossip, the default, or raft. */
    public void use(int process, String clusterConsensus) {
        consensus[process] = clusterConsensus;
    }

    /** How the cluster was begun. */
    public Start began() {
        return options.start();
    }

    @Override
    public void kill9(List<Integer> processes) {
        processes.forEach(process -> server(process).signalKill9());
        processes.forEach(process -> server(process).kill9());
    }

    @Override
    public void pause(int process) {
        server(process).pause();
    }

    @Override
    public void resume(int process) {
        server(process).resume();
    }

    @Override
    public void wipe(int process) {
        Disk.delete(home(process));
    }

    /** Runs {@code cairn log repair} on what a stopped process has on disk, and returns what it said. */
    public String repairLogs(int process) {
        ServerProcess repair = ServerProcess.start(
                distribution.command(
                        List.of("-Xmx128m", "-XX:TieredStopAtLevel=1"),
                        List.of("log", "repair", home(process).toString())),
                directory,
                directory.resolve("repair.log"));
        if (!repair.awaitExit(START_SECONDS) || repair.exitCode() != 0) {
            repair.close();
            throw new IllegalStateException("cairn log repair failed: " + repair.output());
        }
        return repair.output();
    }

    /** The process of this number as it was last started. */
    public ServerProcess server(int process) {
        ServerProcess server = servers[process];
        if (server == null) {
            throw new IllegalStateException("process " + process + " was never started");
        }
        return server;
    }

    @Override
    public List<ServerProcess> servers(int process) {
        return List.of(server(process));
    }

    @Override
    public List<Path> homes(int process) {
        return List.of(home(process));
    }

    /** Where a process answers /metrics, /healthz and /readyz. */
    public Address admin(int process) {
        return Address.local(basePort + ADMIN_PORT_OFFSET + process);
    }

    /** Where the nodes of a process keep their data. */
    public Path home(int process) {
        return directory.resolve("process-" + process);
    }

    /** What a process prints, over all its starts. */
    public Path log(int process) {
        return directory.resolve("process-" + process + ".log");
    }

    @Override
    public void close() {
        for (ServerProcess server : servers) {
            if (server != null) {
                server.close();
            }
        }
        layout.close();
    }

    private void createRaft() {
        List<String> arguments = new ArrayList<>(List.of("cluster", "create"));
        nodes().forEach(node -> arguments.add(node.toString()));
        arguments.addAll(List.of("--replicas", "2"));
        run("create", distribution.command(List.of("-Xmx128m", "-XX:TieredStopAtLevel=1"), arguments));
        ClusterState.awaitHealthy(nodes(), START_SECONDS);
    }

    /**
     * By redis-cli. It spreads replicas over addresses, and knows of no processes: where a process has several nodes it is asked for the
     * primaries only, and each replica is told its primary.
     */
    private void createGossip() {
        List<Address> nodes = nodes();
        boolean apart = layout.nodesPerProcess() == 1;
        int primaries = nodes.size() / REPLICAS_AND_PRIMARY;
        List<String> create = new ArrayList<>(List.of("redis-cli", "--cluster", "create"));
        nodes.subList(0, apart ? nodes.size() : primaries).forEach(node -> create.add(node.toString()));
        create.addAll(List.of("--cluster-replicas", apart ? "2" : "0", "--cluster-yes"));
        run("create", create);
        if (!apart) {
            for (int replica = primaries; replica < nodes.size(); replica++) {
                int primary = (replica + replica / primaries) % primaries;
                follow(nodes.get(replica), nodes.get(primary));
            }
        }
        for (Address node : nodes.subList(primaries, nodes.size())) {
            Await.until(
                    node + " follows",
                    START_SECONDS,
                    () -> ClusterState.ask(direct(node), "INFO", "replication")
                            .text()
                            .contains("master_link_status:up"));
        }
        ClusterState.awaitHealthy(nodes, START_SECONDS);
    }

    private void follow(Address replica, Address primary) {
        int bus = primary.port() + Layout.BUS_PORT_OFFSET;
        Await.until(replica + " follows " + primary, START_SECONDS, () -> {
            String id = ClusterState.ask(direct(primary), "CLUSTER", "MYID").text();
            ClusterState.ask(
                    direct(replica),
                    "CLUSTER",
                    "MEET",
                    primary.host(),
                    Integer.toString(primary.port()),
                    Integer.toString(bus));
            return ClusterState.ask(direct(replica), "CLUSTER", "REPLICATE", id)
                    .text()
                    .equals("OK");
        });
    }

    private void run(String name, List<String> command) {
        try (ServerProcess create = ServerProcess.start(command, directory, directory.resolve(name + ".log"))) {
            if (!create.awaitExit(START_SECONDS) || create.exitCode() != 0) {
                throw new IllegalStateException(String.join(" ", command) + " failed: " + create.output());
            }
        }
    }

    private static String joined(Collection<Integer> ports) {
        return ports.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    private String seeds() {
        return IntStream.range(0, processes())
                .mapToObj(process -> nodes(process).get(0).toString())
                .collect(Collectors.joining(","));
    }
}

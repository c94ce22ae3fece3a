package io.cairn.jepsen.process;

import io.cairn.jepsen.net.Network;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.Reply;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of real redis-servers, three of which count as one process. It shows that the harness can see what it
 * looks for: Redis Cluster replicates asynchronously and loses acknowledged writes at a failover.
 */
public final class RedisCluster implements TestCluster {
    private static final int PROCESSES = 3;
    private static final int NODES_PER_PROCESS = 3;

    private final Path directory;
    private final List<String> extra;
    private final Layout layout;
    private final @Nullable ServerProcess[] servers = new ServerProcess[PROCESSES * NODES_PER_PROCESS];

    /** Starts nine servers on nine ports from {@code basePort} and joins them: three primaries, six replicas. */
    public RedisCluster(Path directory, int basePort) {
        this(directory, basePort, ClusterOptions.DEMO);
    }

    /**
     * The same, perhaps through the harness's network. There are always three servers a process: with one each there would
     * be no replica to fail over to.
     */
    public RedisCluster(Path directory, int basePort, ClusterOptions options) {
        this.directory = directory;
        this.extra = options.extra();
        this.layout = new Layout(basePort, options.withNodesPerProcess(NODES_PER_PROCESS));
        try {
            layout.serve(List.of(0, Layout.BUS_PORT_OFFSET));
            for (int process = 0; process < PROCESSES; process++) {
                start(process);
            }
            create();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void create() {
        List<String> create = new ArrayList<>(List.of("redis-cli", "--cluster", "create"));
        nodes().forEach(node -> create.add(node.toString()));
        create.addAll(List.of("--cluster-replicas", "2", "--cluster-yes"));
        ServerProcess cli = ServerProcess.start(create, directory, directory.resolve("create.log"));
        if (!cli.awaitExit(60) || cli.exitCode() != 0) {
            cli.close();
            throw new IllegalStateException("redis-cli --cluster create failed: " + cli.output());
        }
        for (Address node : nodes()) {
            Await.until(node + " replicates", 60, () -> replicates(direct(node)));
        }
    }

    @Override
    public int processes() {
        return PROCESSES;
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
        for (int node = 0; node < NODES_PER_PROCESS; node++) {
            int port = layout.port(process, node);
            Path home = home(port);
            List<String> command = new ArrayList<>(List.of("redis-server", "--port", Integer.toString(port)));
            command.addAll(layout.arguments(process));
            // Of the loopback network it takes only 127.0.0.1 for this machine.
            command.addAll(List.of("--protected-mode", "no"));
            command.addAll(List.of("--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--save", ""));
            command.addAll(List.of("--appendonly", "yes", "--appendfsync", "always", "--dir", home.toString()));
            command.addAll(List.of("--repl-diskless-sync-delay", "0"));
            command.addAll(extra);
            int server = process * NODES_PER_PROCESS + node;
            servers[server] = ServerProcess.again(servers[server], command, home, directory.resolve(port + ".log"));
        }
        for (Address node : nodes(process)) {
            Await.until(node + " answers", 20, () -> ClusterState.answers(direct(node)));
        }
    }

    @Override
    public void kill9(List<Integer> processes) {
        for (int process : processes) {
            servers(process).forEach(ServerProcess::signalKill9);
        }
        for (int process : processes) {
            servers(process).forEach(ServerProcess::kill9);
        }
    }

    @Override
    public void pause(int process) {
        servers(process).forEach(ServerProcess::pause);
    }

    @Override
    public void resume(int process) {
        servers(process).forEach(ServerProcess::resume);
    }

    @Override
    public void wipe(int process) {
        homes(process).forEach(Disk::delete);
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

    private static boolean replicates(Address node) throws NotSentException, OutcomeUnknownException {
        List<Reply> role = ClusterState.ask(node, "ROLE").items();
        return role.get(0).text().equals("slave")
                ? role.get(3).text().equals("connected")
                : role.get(2).items().size() == NODES_PER_PROCESS - 1;
    }

    @Override
    public List<ServerProcess> servers(int process) {
        return IntStream.range(process * NODES_PER_PROCESS, (process + 1) * NODES_PER_PROCESS)
                .mapToObj(server -> Objects.requireNonNull(servers[server], "never started"))
                .toList();
    }

    @Override
    public List<Path> homes(int process) {
        return layout.ports(process, 0).stream().map(this::home).toList();
    }

    private Path home(int port) {
        return directory.resolve(Integer.toString(port));
    }
}

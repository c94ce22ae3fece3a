package io.cairn.jepsen.process;

import io.cairn.jepsen.resp.Address;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A cluster of real redis-servers, three of which count as one process. It shows that the harness can see what it
 * looks for: Redis Cluster replicates asynchronously and loses acknowledged writes at a failover.
 */
public final class RedisCluster implements TestCluster {
    private static final int PROCESSES = 3;
    private static final int NODES_PER_PROCESS = 3;

    private final Path directory;
    private final int basePort;
    private final ServerProcess[] servers = new ServerProcess[PROCESSES * NODES_PER_PROCESS];

    /** Starts nine servers on nine ports from {@code basePort} and joins them: three primaries, six replicas. */
    public RedisCluster(Path directory, int basePort) {
        this.directory = directory;
        this.basePort = basePort;
        for (int process = 0; process < PROCESSES; process++) {
            start(process);
        }
        List<String> create = new ArrayList<>(List.of("redis-cli", "--cluster", "create"));
        nodes().forEach(node -> create.add(node.toString()));
        create.addAll(List.of("--cluster-replicas", "2", "--cluster-yes"));
        ServerProcess cli = ServerProcess.start(create, directory, directory.resolve("create.log"));
        if (!cli.awaitExit(60) || cli.exitCode() != 0) {
            cli.close();
            close();
            throw new IllegalStateException("redis-cli --cluster create failed: " + cli.output());
        }
    }

    @Override
    public int processes() {
        return PROCESSES;
    }

    @Override
    public List<Address> nodes(int process) {
        return servers(process)
                .mapToObj(server -> Address.local(basePort + server))
                .toList();
    }

    @Override
    public void start(int process) {
        servers(process).forEach(server -> {
            int port = basePort + server;
            Path home = directory.resolve(Integer.toString(port));
            List<String> command = List.of(
                    "redis-server --port %d --bind 127.0.0.1 --cluster-enabled yes --cluster-node-timeout 1000 --save "
                            .formatted(port)
                            .trim()
                            .split(" "));
            List<String> all = new ArrayList<>(command);
            all.addAll(List.of("", "--appendonly", "yes", "--appendfsync", "always"));
            all.addAll(List.of("--dir", home.toString()));
            servers[server] = ServerProcess.start(all, home, directory.resolve(port + ".log"));
        });
        servers(process)
                .forEach(server -> Await.until(
                        "port " + (basePort + server) + " answers",
                        20,
                        () -> ClusterState.answers(Address.local(basePort + server))));
    }

    @Override
    public void kill9(List<Integer> processes) {
        for (int process : processes) {
            servers(process).forEach(server -> servers[server].signalKill9());
        }
        for (int process : processes) {
            servers(process).forEach(server -> servers[server].kill9());
        }
    }

    @Override
    public void pause(int process) {
        servers(process).forEach(server -> servers[server].pause());
    }

    @Override
    public void resume(int process) {
        servers(process).forEach(server -> servers[server].resume());
    }

    @Override
    public void wipe(int process) {
        nodes(process).forEach(node -> Disk.delete(directory.resolve(Integer.toString(node.port()))));
    }

    @Override
    public void close() {
        for (ServerProcess server : servers) {
            if (server != null) {
                server.close();
            }
        }
    }

    private static IntStream servers(int process) {
        return IntStream.range(process * NODES_PER_PROCESS, (process + 1) * NODES_PER_PROCESS);
    }
}

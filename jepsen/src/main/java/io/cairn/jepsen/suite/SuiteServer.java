package io.cairn.jepsen.suite;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterOptions;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.ServerProcess;
import io.cairn.jepsen.process.StandaloneServer;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Timeouts;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * The server under the suite.
 *
 * @param address where the suite connects
 */
record SuiteServer(TestCluster servers, Address address, Mode mode) implements AutoCloseable {
    private static final List<String> HEAP = List.of("-Xms128m", "-Xmx512m");
    private static final int HEAP_MEGABYTES = 512;
    private static final int RAFT_PORT_OFFSET = 50;
    private static final int START_SECONDS = 120;
    private static final int LAST_SLOT = 16383;
    /**
     * Tests count on what one connection sent being done before what another sent a moment later, without waiting for it: redis-server has one thread. One event loop
     * promises as much.
     */
    private static final String[] ONE_LOOP = {"--io-threads", "1"};

    /** Nobody is to be elected because the machine is busy: that is not what these tests are about. */
    private static final String[] CLUSTERED = {ONE_LOOP[0], ONE_LOOP[1], "--cluster-election-timeout", "5000"};

    /** What kind of server, and how the suite speaks to it. */
    enum Mode {
        /** One server outside of a cluster. */
        STANDALONE,
        /** One node that owns all slots, and {@code --cluster-mode}. */
        CLUSTER,
        /** Three nodes in three processes, one shard with two replicas, and {@code --cluster-mode}. */
        RAFT;

        boolean clustered() {
            return this != STANDALONE;
        }
    }

    /** Starts Cairn. */
    static SuiteServer cairn(Mode mode, Path directory, int port) {
        Distribution distribution = Distribution.find();
        if (!distribution.present()) {
            throw new IllegalStateException("the distribution is not built: make dist");
        }
        SuiteServer server = start(mode, distribution, directory, port);
        // Tests give the first script 200 ms to run, in which a JVM that has the cores to share may not even have the
        // interpreter.
        ask(server.address, "EVAL", "return 1", "0");
        return server;
    }

    private static SuiteServer start(Mode mode, Distribution distribution, Path directory, int port) {
        return switch (mode) {
            case STANDALONE -> one(StandaloneServer.cairn(distribution, HEAP, directory, port, ONE_LOOP), mode);
            case CLUSTER -> one(single(distribution, directory, port), mode);
            case RAFT -> {
                CairnCluster cluster = new CairnCluster(
                        distribution,
                        directory,
                        port,
                        ClusterOptions.DEMO
                                .withNodesPerProcess(1)
                                .withHeap(HEAP_MEGABYTES)
                                .withExtra(CLUSTERED));
                yield new SuiteServer(
                        cluster,
                        Objects.requireNonNull(ClusterState.primaryOf(0, cluster.nodes()), "no primary"),
                        mode);
            }
        };
    }

    /** Starts the real redis-server; its cluster has one node in both clustered modes. */
    static SuiteServer redis(Mode mode, Path directory, int port) {
        String clustered = mode.clustered() ? "yes" : "no";
        StandaloneServer server = StandaloneServer.redis(directory, port, "--save", "", "--cluster-enabled", clustered);
        if (mode.clustered()) {
            ask(server, "CLUSTER", "ADDSLOTSRANGE", "0", Integer.toString(LAST_SLOT));
            awaitCluster(server);
        }
        return one(server, mode);
    }

    @Override
    public void close() {
        servers.close();
    }

    /** Whether all its processes live. */
    boolean alive() {
        for (int process = 0; process < servers.processes(); process++) {
            if (!servers.servers(process).stream().allMatch(ServerProcess::alive)) {
                return false;
            }
        }
        return true;
    }

    private static SuiteServer one(StandaloneServer server, Mode mode) {
        return new SuiteServer(server, server.address(), mode);
    }

    private static StandaloneServer single(Distribution distribution, Path directory, int port) {
        StandaloneServer server = StandaloneServer.cairn(
                distribution,
                HEAP,
                directory,
                port,
                "--cluster-enabled",
                "yes",
                "--cluster-consensus",
                "raft",
                "--cluster-raft-port",
                Integer.toString(port + RAFT_PORT_OFFSET),
                CLUSTERED[0],
                CLUSTERED[1],
                CLUSTERED[2],
                CLUSTERED[3]);
        ServerProcess create = ServerProcess.start(
                distribution.command(
                        List.of("-Xmx128m", "-XX:TieredStopAtLevel=1"),
                        List.of("cluster", "create", server.address().toString(), "--replicas", "0")),
                directory,
                directory.resolve("create.log"));
        if (!create.awaitExit(START_SECONDS) || create.exitCode() != 0) {
            create.close();
            server.close();
            throw new IllegalStateException("cairn cluster create failed: " + create.output());
        }
        awaitCluster(server);
        return server;
    }

    private static void awaitCluster(StandaloneServer server) {
        Await.until(
                "the cluster is whole",
                START_SECONDS,
                () -> ask(server, "CLUSTER", "INFO").text().contains("cluster_state:ok"));
    }

    private static Reply ask(StandaloneServer server, String... words) {
        return ask(server.address(), words);
    }

    private static Reply ask(Address address, String... words) {
        try (RawClient client = RawClient.connect(address, Timeouts.PATIENT)) {
            return client.call(words);
        } catch (Exception e) {
            throw new IllegalStateException(String.join(" ", words) + ": " + e.getMessage(), e);
        }
    }
}

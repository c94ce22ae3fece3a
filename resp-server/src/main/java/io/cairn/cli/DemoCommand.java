package io.cairn.cli;

import io.cairn.config.Config;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cairn demo}: a Raft cluster of three processes with three nodes each, on loopback, from one command. */
@Command(
        name = "demo",
        description =
                "Start a three-shard, nine-node Raft cluster in three processes and keep it running until Ctrl-C.",
        mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {
    private static final int PROCESSES = 3;
    private static final int NODES_PER_PROCESS = 3;
    private static final int ADMIN_PORT_OFFSET = 100;
    private static final int LAST_PORT = 65_535 - Config.RAFT_PORT_OFFSET - PROCESSES * NODES_PER_PROCESS + 1;
    private static final int HEAP_MEGABYTES = 256;
    private static final long START_MILLIS = 90_000;
    private static final long POLL_MILLIS = 100;
    private static final int RESTARTS = 5;

    @Option(
            names = "--dir",
            defaultValue = "cairn-data/demo",
            description = "Data directory, kept and found again (default: ${DEFAULT-VALUE}).")
    Path dir;

    @Option(
            names = "--port",
            defaultValue = "7001",
            description = "First of nine client ports (default: ${DEFAULT-VALUE}).")
    int port;

    @Spec
    CommandSpec spec;

    private final List<ServerProcess> processes = new ArrayList<>();
    private final CountDownLatch stop = new CountDownLatch(1);

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        checkPorts();
        Path root = dir.toAbsolutePath().normalize();
        Thread mainThread = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> shutDown(mainThread), "demo-stop"));
        out.printf("Starting %d processes with %d nodes each in %s ...%n", PROCESSES, NODES_PER_PROCESS, root);
        out.flush();
        for (int i = 0; i < PROCESSES; i++) {
            Files.createDirectories(home(i, root));
            ServerProcess process =
                    new ServerProcess(arguments(i, root), root.resolve("process-" + (i + 1) + ".log"), HEAP_MEGABYTES);
            processes.add(process);
            process.start();
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(START_MILLIS);
        awaitNodes(deadline);
        ClusterClient cluster = new ClusterClient(addresses(), Login.none());
        boolean fresh = cluster.createUnlessFormed(NODES_PER_PROCESS - 1, line -> {
            out.println(line);
            out.flush();
        });
        cluster.awaitOk(deadline);
        if (fresh) {
            cluster.awaitPlaced();
        }
        printTable(out, cluster.okTable(deadline));
        watch(out);
        return 0;
    }

    private List<String> arguments(int process, Path root) {
        StringBuilder ports = new StringBuilder();
        StringBuilder seeds = new StringBuilder();
        for (int i = 0; i < NODES_PER_PROCESS; i++) {
            ports.append(i == 0 ? "" : ",").append(nodePort(process, i));
        }
        for (int i = 0; i < PROCESSES; i++) {
            seeds.append(i == 0 ? "" : ",").append("127.0.0.1:").append(nodePort(i, 0));
        }
        return List.of(
                "--port", ports.toString(),
                "--dir", home(process, root).toString(),
                "--cluster-enabled", "yes",
                "--cluster-consensus", "raft",
                "--cluster-seeds", seeds.toString(),
                "--admin-port", Integer.toString(adminPort(process)));
    }

    private static Path home(int process, Path root) {
        return root.resolve("process-" + (process + 1));
    }

    private int nodePort(int process, int node) {
        return port + process * NODES_PER_PROCESS + node;
    }

    private int adminPort(int process) {
        return port + ADMIN_PORT_OFFSET + process;
    }

    private List<InetSocketAddress> addresses() {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (int i = 0; i < PROCESSES * NODES_PER_PROCESS; i++) {
            addresses.add(new InetSocketAddress(InetAddress.getLoopbackAddress(), port + i));
        }
        return addresses;
    }

    /** All ports must be free, and exist: a node's bus and raft ports lie far above its client port. */
    private void checkPorts() throws IOException {
        if (port < 1 || port > LAST_PORT) {
            throw new IOException("--port must be from 1 to " + LAST_PORT + ": the nodes use port + "
                    + Config.RAFT_PORT_OFFSET + " too");
        }
        for (int i = 0; i < PROCESSES * NODES_PER_PROCESS; i++) {
            checkFree(port + i, "client port");
            checkFree(port + i + Config.BUS_PORT_OFFSET, "bus port of node " + (port + i));
            checkFree(port + i + Config.RAFT_PORT_OFFSET, "raft port of node " + (port + i));
        }
        for (int i = 0; i < PROCESSES; i++) {
            checkFree(adminPort(i), "admin port");
        }
    }

    private static void checkFree(int port, String use) throws IOException {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        } catch (IOException e) {
            throw new IOException(
                    "port " + port + " (" + use + ") is in use; choose another range with --port: " + e.getMessage(),
                    e);
        }
    }

    private void awaitNodes(long deadline) throws IOException, InterruptedException {
        for (InetSocketAddress address : addresses()) {
            while (!ClusterClient.answers(address)) {
                for (ServerProcess process : processes) {
                    if (!process.alive()) {
                        throw new IOException(
                                "a node process ended with code " + process.exitCode() + "; see " + process.output());
                    }
                }
                if (System.nanoTime() > deadline) {
                    throw new IOException(
                            "no answer from 127.0.0.1:" + address.getPort() + " within " + START_MILLIS / 1000
                                    + " s; see " + processes.get(0).output().getParent());
                }
                if (stop.await(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                    throw new InterruptedException("stopped while starting");
                }
            }
        }
    }

    private void printTable(PrintWriter out, String table) {
        out.println();
        out.print(table);
        out.println();
        for (int i = 0; i < processes.size(); i++) {
            out.printf(
                    "process %d: pid %d, metrics http://127.0.0.1:%d/metrics, log %s%n",
                    i + 1,
                    processes.get(i).pid(),
                    adminPort(i),
                    processes.get(i).output());
        }
        out.println();
        out.println("The cluster is ok. Talk to it:");
        out.printf("  redis-cli -c -p %d set greeting hello%n", port);
        out.printf("  ./cairn cluster status 127.0.0.1:%d%n", port);
        out.println("Try kill -9 on a process: the demo starts it again. Ctrl-C stops the cluster; the data stays.");
        out.flush();
    }

    /** Starts a process again that ended, at most a few times, until the demo is stopped. */
    private void watch(PrintWriter out) throws InterruptedException, IOException {
        int restarts = 0;
        while (!stop.await(1, TimeUnit.SECONDS)) {
            for (int i = 0; i < processes.size(); i++) {
                ServerProcess process = processes.get(i);
                if (process.alive() || stop.getCount() == 0) {
                    continue;
                }
                if (++restarts > RESTARTS * PROCESSES) {
                    throw new IOException("processes end again and again; see " + process.output());
                }
                out.printf("process %d ended with code %d: starting it again%n", i + 1, process.exitCode());
                out.flush();
                process.start();
            }
        }
    }

    private void shutDown(Thread mainThread) {
        stop.countDown();
        processes.forEach(ServerProcess::terminate);
        try {
            for (ServerProcess process : processes) {
                process.awaitEnd();
            }
        } catch (InterruptedException e) {
            mainThread.interrupt();
        }
    }
}

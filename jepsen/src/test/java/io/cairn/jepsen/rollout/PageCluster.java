package io.cairn.jepsen.rollout;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.ServerProcess;
import io.cairn.jepsen.resp.Address;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The cluster of docs/rollout.md on other ports, and a shell in which its commands run as they are written: {@code cairn} is the
 * distribution's, {@code systemctl restart cairn@a} has the test start that process again.
 */
final class PageCluster implements AutoCloseable {
    private static final List<String> NAMES = List.of("a", "b", "c");
    private static final int NODES_EACH = 3;
    private static final int PAGE_PORT = 7001;
    private static final int BUS_OFFSET = 20;
    private static final int RAFT_OFFSET = 40;
    private static final int SECONDS = 60;
    private static final int BLOCK_SECONDS = 120;

    private final Path directory;
    private final int basePort;
    private final Distribution distribution = Distribution.find();
    private final Map<String, ServerProcess> processes = new TreeMap<>();
    private final Thread system = new Thread(this::restarts, "systemctl");
    private volatile boolean running = true;

    /** Starts the processes and makes them the page's cluster, in gossip mode. */
    PageCluster(Path directory, int basePort) throws IOException {
        this.directory = directory;
        this.basePort = basePort;
        Path bin = Files.createDirectory(directory.resolve("bin"));
        List<String> cairn = distribution.command(List.of("-Xmx128m", "-XX:TieredStopAtLevel=1"), List.of());
        script(bin.resolve("cairn"), "exec " + quoted(cairn) + " \"$@\"");
        script(
                bin.resolve("systemctl"),
                "touch \"" + directory + "/${2#cairn@}.restart\"; while [ -e \"" + directory
                        + "/${2#cairn@}.restart\" ]; do sleep 0.05; done");
        for (String name : NAMES) {
            int first = basePort + NODES_EACH * NAMES.indexOf(name);
            Files.writeString(
                    directory.resolve(name + ".conf"),
                    String.join(
                            "\n",
                            "port " + ports(first),
                            "cluster-port " + ports(first + BUS_OFFSET),
                            "cluster-raft-port " + ports(first + RAFT_OFFSET),
                            "bind 127.0.0.1",
                            "dir " + directory.resolve("data-" + name),
                            "cluster-enabled yes",
                            "cluster-node-timeout 1500",
                            ""));
            Files.createDirectory(directory.resolve("data-" + name));
            start(name);
        }
        for (int node = 0; node < NAMES.size() * NODES_EACH; node++) {
            Address address = node(node);
            Await.until(address + " answers", SECONDS, () -> ClusterState.answers(address));
        }
        system.setDaemon(true);
        system.start();
    }

    private static String ports(int first) {
        return first + "," + (first + 1) + "," + (first + 2);
    }

    /** The page's node 7001 is number 0. */
    Address node(int number) {
        return Address.local(basePort + number);
    }

    /** Primaries 7001, 7004, 7007 with the replicas that the page names. */
    void create() throws Exception {
        run("redis-cli --cluster create 127.0.0.1:7001 127.0.0.1:7004 127.0.0.1:7007 --cluster-yes");
        follow(5, 0);
        follow(7, 0);
        follow(1, 3);
        follow(8, 3);
        follow(2, 6);
        follow(4, 6);
        awaitWhole();
    }

    private void follow(int replica, int primary) {
        Await.until("a replica follows", SECONDS, () -> {
            String id = ClusterState.ask(node(primary), "CLUSTER", "MYID").text();
            int port = node(primary).port();
            ClusterState.ask(
                    node(replica),
                    "CLUSTER",
                    "MEET",
                    "127.0.0.1",
                    Integer.toString(port),
                    Integer.toString(port + BUS_OFFSET));
            return ClusterState.ask(node(replica), "CLUSTER", "REPLICATE", id)
                    .text()
                    .equals("OK");
        });
    }

    /** Waits until every node sees all others, and every replica follows. */
    void awaitWhole() {
        List<Address> nodes = new ArrayList<>();
        for (int node = 0; node < NAMES.size() * NODES_EACH; node++) {
            nodes.add(node(node));
        }
        ClusterState.awaitHealthy(nodes, SECONDS);
        for (Address node : nodes) {
            Await.until(node + " follows", SECONDS, () -> {
                String info = ClusterState.ask(node, "INFO", "replication").text();
                return info.contains("role:master") || info.contains("master_link_status:up");
            });
        }
    }

    /** Runs a block of the page; its output. Fails unless every command succeeds. */
    String run(String block) throws Exception {
        String text = block;
        for (int node = NAMES.size() * NODES_EACH - 1; node >= 0; node--) {
            text = text.replaceAll("\\b" + (PAGE_PORT + node) + "\\b", Integer.toString(basePort + node));
        }
        Path script = Files.createTempFile(directory, "block", ".sh");
        Files.writeString(script, text);
        ProcessBuilder builder = new ProcessBuilder("bash", "-eu", "-o", "pipefail", script.toString())
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("output").toFile());
        builder.environment().merge("PATH", "", (path, none) -> directory.resolve("bin") + ":" + path);
        Process shell = builder.start();
        boolean ended = shell.waitFor(BLOCK_SECONDS, TimeUnit.SECONDS);
        String output = Files.readString(directory.resolve("output"));
        if (!ended) {
            shell.descendants().forEach(ProcessHandle::destroyForcibly);
            shell.destroyForcibly();
            throw new AssertionError("does not end: " + text + "\n" + output);
        }
        if (shell.exitValue() != 0) {
            throw new AssertionError("exit code " + shell.exitValue() + " of\n" + text + "\n" + output);
        }
        return output;
    }

    /** Does to another process what the page shows for one. */
    void restart(String name, String setting) throws Exception {
        run("sed -i '/^cluster-consensus /d' " + name + ".conf\n"
                + (setting.isEmpty() ? "" : "echo 'cluster-consensus " + setting + "' >> " + name + ".conf\n")
                + "systemctl restart cairn@" + name);
    }

    private void restarts() {
        while (running) {
            for (String name : NAMES) {
                Path asked = directory.resolve(name + ".restart");
                if (Files.exists(asked)) {
                    Objects.requireNonNull(processes.get(name)).stop(SECONDS);
                    start(name);
                    try {
                        Files.delete(asked);
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }
            }
            try {
                TimeUnit.MILLISECONDS.sleep(20);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void start(String name) {
        List<String> command = distribution.command(List.of("-Xms96m", "-Xmx256m"), List.of("server", name + ".conf"));
        processes.put(name, ServerProcess.start(command, directory, directory.resolve(name + ".log")));
    }

    private static void script(Path file, String text) throws IOException {
        Files.writeString(file, "#!/bin/bash\n" + text + "\n");
        if (!file.toFile().setExecutable(true)) {
            throw new IOException("cannot make " + file + " executable");
        }
    }

    private static String quoted(List<String> words) {
        StringBuilder text = new StringBuilder();
        for (String word : words) {
            text.append('\'').append(word).append("' ");
        }
        return text.toString().strip();
    }

    /** The blocks of a page that begin with {@code ```sh}, in order. */
    static List<String> blocks(Path page) throws IOException {
        List<String> blocks = new ArrayList<>();
        try (Stream<String> lines = Files.lines(page)) {
            StringBuilder block = null;
            for (String line : lines.toList()) {
                if (line.equals("```sh")) {
                    block = new StringBuilder();
                } else if (line.startsWith("```") && block != null) {
                    blocks.add(block.toString());
                    block = null;
                } else if (block != null) {
                    block.append(line).append('\n');
                }
            }
        }
        return blocks;
    }

    @Override
    public void close() {
        running = false;
        system.interrupt();
        processes.values().forEach(ServerProcess::close);
    }
}

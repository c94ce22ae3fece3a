package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.config.Config;
import io.cairn.raft.meta.DurableFile;
import io.cairn.server.CairnProcess;
import io.cairn.server.NodeKinds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Nodes in raft mode in this JVM, each a process of its own as far as Cairn sees, that know each other by seeds. */
final class SeededNodes implements AutoCloseable {
    /** A node of port p has its bus at p + this and its Raft port at p + twice this. */
    static final int PORT_STEP = 10;

    private static final long SECONDS = 60;
    private static final String ELECTS = "-CLUSTERDOWN The shard of this slot has no leader right now";

    final int firstPort;
    final int count;
    private final Path directory;
    private final Map<Integer, CairnProcess> running = new TreeMap<>();
    private final Map<Integer, RespConnection> connections = new TreeMap<>();
    private int last;

    SeededNodes(Path directory, int firstPort, int count) {
        this.directory = directory;
        this.firstPort = firstPort;
        this.count = count;
    }

    /** Starts all and makes a cluster of them. */
    static SeededNodes form(Path directory, int firstPort, int count, int replicas) throws Exception {
        SeededNodes nodes = new SeededNodes(directory, firstPort, count);
        boolean formed = false;
        try {
            for (int i = 0; i < count; i++) {
                nodes.start(firstPort + i);
            }
            String all = IntStream.range(firstPort, firstPort + count)
                    .mapToObj(port -> "127.0.0.1:" + port)
                    .collect(Collectors.joining(" "));
            nodes.await(
                    "\\+OK|-ERR This node is already in cluster.*",
                    firstPort,
                    "cairn form " + replicas + " spread " + all);
            nodes.awaitOk();
            formed = true;
            return nodes;
        } finally {
            if (!formed) {
                nodes.close();
            }
        }
    }

    Path home(int port) {
        return directory.resolve(Integer.toString(port));
    }

    /** The node's own directory. */
    Path data(int port) {
        return home(port).resolve(Integer.toString(port));
    }

    void start(int port, String... more) throws Exception {
        Files.createDirectories(home(port));
        Path file = home(port).resolve("cairn.conf");
        Files.writeString(file, "bind 127.0.0.1\n");
        String seeds = IntStream.range(firstPort, firstPort + Math.min(3, count))
                .mapToObj(seed -> "127.0.0.1:" + seed + "@" + (seed + PORT_STEP))
                .collect(Collectors.joining(","));
        List<String> words = new ArrayList<>(List.of(
                "--port",
                Integer.toString(port),
                "--dir",
                home(port).toString(),
                "--cluster-enabled",
                "yes",
                "--cluster-consensus",
                "raft",
                "--cluster-port",
                Integer.toString(port + PORT_STEP),
                "--cluster-raft-port",
                Integer.toString(port + 2 * PORT_STEP),
                "--cluster-seeds",
                seeds));
        words.addAll(List.of(more));
        Config config = Config.load(file, words);
        CairnProcess process = new CairnProcess(config, NodeKinds.of(config));
        process.start();
        running.put(port, process);
    }

    void stop(int port) {
        CairnProcess process = running.remove(port);
        if (process != null) {
            process.close();
        }
    }

    /** Takes the node's disk away. */
    void destroy(int port) throws IOException {
        stop(port);
        DurableFile.deleteTree(home(port));
    }

    List<Integer> running() {
        return List.copyOf(running.keySet());
    }

    /** The raw reply of one node. */
    synchronized String at(int port, String line) throws IOException {
        RespConnection to = connections.get(port);
        if (to == null) {
            to = new RespConnection(port);
            connections.put(port, to);
        }
        try {
            return to.line(line);
        } catch (IOException e) {
            connections.remove(port);
            to.close();
            throw e;
        }
    }

    /** The raw reply of the node that MOVED names; while its shard elects, as a client library does, again: such a call was not taken. */
    synchronized String follow(String line) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        if (!running.containsKey(last)) {
            last = running().get(0);
        }
        String reply = at(last, line);
        for (int hop = 0; hop < 3; ) {
            if (reply.startsWith("-MOVED")) {
                last = Integer.parseInt(
                        reply.substring(reply.lastIndexOf(':') + 1).strip());
                hop++;
            } else if (reply.startsWith(ELECTS) && System.nanoTime() < deadline) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            } else {
                break;
            }
            reply = at(last, line);
        }
        return reply;
    }

    /** Waits until one node's reply, in one line, matches. */
    String await(String pattern, int port, String line) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        String reply = "";
        while (System.nanoTime() < deadline) {
            try {
                reply = at(port, line);
            } catch (IOException e) {
                reply = e.toString();
            }
            if (reply.replace("\r\n", " ").replace("\n", " ").strip().matches(pattern)) {
                return reply;
            }
            Thread.sleep(100);
        }
        assertThat(reply).as(line + " at " + port).matches(pattern);
        return reply;
    }

    /** Waits until the reply of whoever serves it begins like this. */
    void awaitFollow(String start, String line) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (true) {
            String reply;
            try {
                reply = follow(line);
            } catch (IOException e) {
                reply = e.toString();
            }
            if (reply.startsWith(start)) {
                return;
            }
            assertThat(System.nanoTime()).as(line + ": " + reply).isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    /** Waits until every running node says that the cluster is ok. */
    void awaitOk() throws Exception {
        for (int port : running()) {
            await(".*cluster_state:ok.*", port, "cluster info");
        }
    }

    @Override
    public void close() {
        for (RespConnection connection : connections.values()) {
            try {
                connection.close();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
        connections.clear();
        running.values().forEach(CairnProcess::close);
        running.clear();
    }
}

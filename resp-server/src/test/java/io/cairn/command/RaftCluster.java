package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.config.Config;
import io.cairn.server.CairnProcess;
import io.cairn.server.NodeKinds;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A cluster of three nodes in raft mode, in this JVM. */
final class RaftCluster implements AutoCloseable {
    static final int NODES = 3;

    final int firstPort;
    private final CairnProcess process;

    private RaftCluster(CairnProcess process, int firstPort) {
        this.process = process;
        this.firstPort = firstPort;
    }

    /** Forms a cluster on nine ports; {@code replicas} of each shard beside its primary: 0 gives three shards, 2 gives one. */
    static RaftCluster form(Path directory, int firstPort, int replicas) throws Exception {
        Files.createDirectories(directory);
        Config config = Config.load(
                null,
                List.of(
                        "--port",
                        ports(firstPort),
                        "--dir",
                        directory.toString(),
                        "--bind",
                        "127.0.0.1",
                        "--cluster-enabled",
                        "yes",
                        "--cluster-consensus",
                        "raft",
                        "--cluster-port",
                        ports(firstPort + NODES),
                        "--cluster-raft-port",
                        ports(firstPort + 2 * NODES),
                        "--cluster-seeds",
                        "127.0.0.1:" + firstPort + "@" + (firstPort + NODES)));
        CairnProcess process = new CairnProcess(config, NodeKinds.of(config));
        process.start();
        RaftCluster cluster = new RaftCluster(process, firstPort);
        boolean formed = false;
        try {
            cluster.form(replicas);
            formed = true;
            return cluster;
        } finally {
            if (!formed) {
                process.close();
            }
        }
    }

    private void form(int replicas) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        String nodes = IntStream.range(firstPort, firstPort + NODES)
                .mapToObj(port -> "127.0.0.1:" + port)
                .collect(Collectors.joining(" "));
        String answer = "";
        while (!answer.equals("+OK\r\n") && !answer.startsWith("-ERR This node is already in cluster")) {
            assertThat(System.nanoTime()).as(answer).isLessThan(deadline);
            Thread.sleep(100);
            try (RespConnection first = new RespConnection(firstPort)) {
                answer = first.line("cairn form " + replicas + " shared " + nodes);
            } catch (SocketTimeoutException e) {
                answer = "it takes long";
            }
        }
        try (Client client = client()) {
            for (int i = 0; i < 40; i++) {
                client.await("none" + i, deadline);
            }
        }
    }

    private static String ports(int from) {
        return from + "," + (from + 1) + "," + (from + 2);
    }

    Client client() {
        return new Client();
    }

    /** Follows MOVED. One thread's. */
    final class Client implements AutoCloseable {
        private final Map<Integer, RespConnection> connections = new HashMap<>();
        private int last = firstPort;

        /** The port of the node that answered last. */
        int port() {
            return last;
        }

        RespConnection at(int port) throws IOException {
            RespConnection there = connections.get(port);
            if (there == null) {
                there = new RespConnection(port);
                connections.put(port, there);
            }
            return there;
        }

        String line(String line) throws IOException {
            return run(line.split(" ", -1));
        }

        String run(String... words) throws IOException {
            List<byte[]> all = new ArrayList<>();
            for (String word : words) {
                all.add(word.getBytes(StandardCharsets.ISO_8859_1));
            }
            return run(all);
        }

        String run(List<byte[]> words) throws IOException {
            String reply = at(last).run(words);
            for (int i = 0; i < NODES && reply.startsWith("-MOVED "); i++) {
                last = Integer.parseInt(
                        reply.substring(reply.lastIndexOf(':') + 1).strip());
                reply = at(last).run(words);
            }
            return reply;
        }

        /** The port of the node that takes writes to a key. */
        int owner(String key) throws IOException {
            assertThat(run("exists", key)).startsWith(":");
            return last;
        }

        private void await(String key, long deadline) throws Exception {
            while (!run("del", key).startsWith(":")) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                Thread.sleep(50);
            }
        }

        @Override
        public void close() throws IOException {
            for (RespConnection connection : connections.values()) {
                connection.close();
            }
        }
    }

    @Override
    public void close() {
        process.close();
    }
}

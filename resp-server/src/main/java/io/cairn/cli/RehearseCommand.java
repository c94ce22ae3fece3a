package io.cairn.cli;

import io.cairn.config.Config;
import io.cairn.server.CairnProcess;
import io.cairn.server.NodeKinds;
import io.cairn.server.ProcessLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/**
 * {@code cairn rehearse}: a node alone, and a Raft cluster of a few nodes that is formed and then started once more from
 * its snapshots, on loopback, in a directory of their own, for some seconds. The launcher runs it with {@code -XX:ArchiveClassesAtExit}: what a server loads is then in the JVM's
 * archive of classes, and servers start in two thirds of the time.
 */
@Command(name = "rehearse", hidden = true, description = "Start and stop nodes, for the archive of classes.")
final class RehearseCommand implements Callable<Integer> {
    private static final int FIRST_PORT = 11_000;
    private static final int LAST_PORT = 12_700;
    private static final long FORM_SECONDS = 60;
    private static final int TIMEOUT_MILLIS = 10_000;
    private static final int RAFT_NODES = 3;

    @Override
    public Integer call() throws Exception {
        Path directory = Files.createTempDirectory("cairn-rehearse-");
        try {
            int port = freePort();
            nodes(directory, port, 1, List.of("--appendonly", "yes"), () -> calls(port));
            List<String> raft = List.of(
                    "--cluster-enabled", "yes", "--cluster-consensus", "raft", "--cluster-seeds", "127.0.0.1:" + port);
            nodes(directory, port, RAFT_NODES, raft, () -> {
                form(port);
                for (int i = 0; i < RAFT_NODES; i++) {
                    try {
                        calls(port + i);
                    } catch (RespClient.ErrorReply redirect) {
                        save(port + i); // A replica; the calls end with a save themselves.
                    }
                }
            });
            nodes(directory, port, RAFT_NODES, raft, () -> form(port));
        } finally {
            delete(directory);
        }
        return 0;
    }

    private static void form(int port) throws IOException, InterruptedException {
        ClusterClient cluster = new ClusterClient(
                IntStream.range(port, port + RAFT_NODES)
                        .mapToObj(each -> new InetSocketAddress(InetAddress.getLoopbackAddress(), each))
                        .toList(),
                Login.none());
        cluster.createUnlessFormed(RAFT_NODES - 1, line -> {});
        cluster.awaitOk(System.nanoTime() + TimeUnit.SECONDS.toNanos(FORM_SECONDS));
    }

    private interface Scene {
        void play() throws IOException, InterruptedException;
    }

    /** Each in a {@link CairnProcess} of its own, as replicas of a shard must be. */
    private static void nodes(Path root, int firstPort, int count, List<String> more, Scene scene) throws Exception {
        List<CairnProcess> processes = new ArrayList<>();
        try {
            for (int port = firstPort; port < firstPort + count; port++) {
                Path directory = root.resolve(count + "-" + port);
                Files.createDirectories(directory);
                List<String> words =
                        new ArrayList<>(List.of("--port", Integer.toString(port), "--dir", directory.toString()));
                words.addAll(List.of("--save", "", "--loglevel", "warning"));
                words.addAll(more);
                Config config = Config.load(null, words);
                ProcessLog.configure(config);
                CairnProcess process = new CairnProcess(config, NodeKinds.of(config));
                processes.add(process);
                process.start();
            }
            scene.play();
        } finally {
            processes.forEach(CairnProcess::stop);
        }
    }

    private static void calls(int port) throws IOException {
        try (RespClient client = new RespClient("127.0.0.1", port, TIMEOUT_MILLIS)) {
            client.call("SET", "{k}string", "v");
            client.call("GET", "{k}string");
            client.call("EXPIRE", "{k}string", "100");
            client.call("HSET", "{k}hash", "f", "v");
            client.call("RPUSH", "{k}list", "v");
            client.call("SADD", "{k}set", "v");
            client.call("ZADD", "{k}zset", "1", "v");
            client.call("XADD", "{k}stream", "*", "f", "v");
            client.call("EVAL", "return redis.call('get', KEYS[1])", "1", "{k}string");
            client.call("INFO");
            client.call("SAVE");
        }
    }

    private static void save(int port) throws IOException {
        try (RespClient client = new RespClient("127.0.0.1", port, TIMEOUT_MILLIS)) {
            client.call("SAVE");
        }
    }

    /** The first of {@value #RAFT_NODES} ports whose bus and raft ports, far above them, are free too. */
    private static int freePort() throws IOException {
        for (int port = FIRST_PORT; port <= LAST_PORT; port += 10) {
            if (IntStream.range(port, port + RAFT_NODES)
                    .allMatch(each -> isFree(each)
                            && isFree(each + Config.BUS_PORT_OFFSET)
                            && isFree(each + Config.RAFT_PORT_OFFSET))) {
                return port;
            }
        }
        throw new IOException("no free port from " + FIRST_PORT + " to " + LAST_PORT);
    }

    private static boolean isFree(int port) {
        try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return probe.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.deleteIfExists(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}

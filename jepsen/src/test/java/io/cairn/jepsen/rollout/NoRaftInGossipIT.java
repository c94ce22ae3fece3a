package io.cairn.jepsen.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.ServerProcess;
import io.cairn.jepsen.resp.Address;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** In the default mode of a cluster nothing of Raft is there: no port, no thread, no file, and nothing of its library is loaded. */
class NoRaftInGossipIT {
    private static final int PORT = 27_700;
    private static final int BUS = 27_710;
    private static final int SECONDS = 60;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory;

    @Test
    void aGossipNodeHasNoPortThreadOrFileOfRaft() throws Exception {
        Path classes = directory.resolve("classes.log");
        Path data = Files.createDirectory(directory.resolve("data"));
        List<String> command = Distribution.find()
                .command(
                        List.of("-Xmx256m", "-Xlog:class+load=info:file=" + classes + ":none:filesize=0"),
                        List.of(
                                "server",
                                "--port",
                                Integer.toString(PORT),
                                "--cluster-port",
                                Integer.toString(BUS),
                                "--bind",
                                "127.0.0.1",
                                "--cluster-enabled",
                                "yes",
                                "--appendonly",
                                "yes",
                                "--dir",
                                data.toString()));
        try (ServerProcess server = ServerProcess.start(command, directory, directory.resolve("server.log"))) {
            Address node = Address.local(PORT);
            Await.until("it answers", SECONDS, () -> ClusterState.answers(node));
            ClusterState.ask(node, "CLUSTER", "ADDSLOTSRANGE", "0", "16383");
            Await.until(
                    "it serves",
                    SECONDS,
                    () -> ClusterState.ask(node, "SET", "k", "v").text().equals("OK"));
            ClusterState.ask(node, "BGSAVE");
            for (String about : List.of("INFO", "NODES", "SHARDS", "SLOTS")) {
                assertThat(ClusterState.ask(node, "CLUSTER", about).failed()).isFalse();
            }

            assertThat(listening(server.pid())).containsExactly(PORT, BUS);
            assertThat(threads(server.pid()))
                    .contains("claims")
                    .noneMatch(name -> name.contains("raft") || name.contains("meta") || name.contains("bolt"));
            assertThat(files(data.resolve(Integer.toString(PORT))))
                    .contains("nodes.conf", "node.conf")
                    .noneMatch(name -> name.startsWith("meta") || name.contains("raft") || name.contains("vote"))
                    .doesNotContain("cluster.conf", "shard/base");
            try (Stream<String> loaded = Files.lines(classes)) {
                assertThat(loaded.filter(line -> line.startsWith("com.alipay")).toList())
                        .isEmpty();
            }
        }
    }

    /** TCP ports on which a process listens: its sockets' inodes in the kernel's tables. */
    private static Set<Integer> listening(long pid) throws IOException {
        Set<String> own = new HashSet<>();
        try (Stream<Path> open = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            for (Path file : open.toList()) {
                String target = readLink(file);
                if (target.startsWith("socket:[")) {
                    own.add(target.substring("socket:[".length(), target.length() - 1));
                }
            }
        }
        Set<Integer> ports = new TreeSet<>();
        for (String table : List.of("tcp", "tcp6")) {
            for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "net", table))) {
                String[] fields = line.strip().split("\\s+", -1);
                // Redis has no such state: 0A is LISTEN (include/net/tcp_states.h).
                if (fields.length > 9 && fields[3].equals("0A") && own.contains(fields[9])) {
                    ports.add(Integer.parseInt(fields[1].substring(fields[1].lastIndexOf(':') + 1), 16));
                }
            }
        }
        return ports;
    }

    private static String readLink(Path file) {
        try {
            return Files.readSymbolicLink(file).toString();
        } catch (IOException e) {
            return ""; // It was closed meanwhile.
        }
    }

    /** Names of all threads: what the kernel has, cut to 15 characters, and what the JVM says, in lower case. */
    private static Set<String> threads(long pid) throws Exception {
        Set<String> names = new TreeSet<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
            for (Path task : tasks.toList()) {
                names.add(Files.readString(task.resolve("comm")).strip().toLowerCase(Locale.ROOT));
            }
        }
        Process jstack = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jstack")
                                .toString(),
                        Long.toString(pid))
                .redirectErrorStream(true)
                .start();
        String dump = new String(jstack.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(jstack.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(dump).contains("\"claims\"");
        dump.lines()
                .filter(line -> line.startsWith("\""))
                .forEach(line ->
                        names.add(line.substring(1, line.indexOf('"', 1)).toLowerCase(Locale.ROOT)));
        return names;
    }

    /** Everything below a directory, with slashes. */
    private static Set<String> files(Path home) throws IOException {
        try (Stream<Path> all = Files.walk(home)) {
            return all.map(path -> home.relativize(path).toString()).collect(Collectors.toCollection(TreeSet::new));
        }
    }
}

package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.jepsen.process.Disk;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.ServerProcess;
import io.cairn.jepsen.process.StandaloneServer;
import io.cairn.jepsen.resp.RawClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts that must fail do so with one clear line and a non-zero exit; a stock redis.conf starts. */
class StartupIT {
    private static final int PORT = 21450;
    private static final int END_SECONDS = 30;
    private static final List<String> HEAP = List.of("-Xmx128m");
    private static final Path STOCK = Path.of("/etc/redis/redis.conf");
    /** Keys of the stock file that mean nothing to Cairn. */
    private static final List<String> MEANINGLESS =
            List.of("always-show-logo", "set-proc-title", "oom-score-adj", "jemalloc-bg-thread", "activerehashing");

    @TempDir
    Path directory;

    @Test
    void unknownKeyStopsTheStart() throws IOException {
        assertThat(refusal("--no-such-key", "1")).contains("no-such-key");
        Path file = Files.writeString(directory.resolve("bad.conf"), "port 21450\n\nno-such-key yes\n");
        assertThat(refusal(file.toString()))
                .contains("no-such-key")
                .contains("bad.conf")
                .contains("3");
    }

    @Test
    void badValueStopsTheStart() {
        assertThat(refusal("--port", "many")).contains("port").contains("many");
        assertThat(refusal("--port", "65536")).contains("port").contains("65536");
        assertThat(refusal("--appendfsync", "sometimes"))
                .contains("appendfsync")
                .contains("sometimes");
        assertThat(refusal("--maxmemory", "-1")).contains("maxmemory");
    }

    @Test
    void aSourceAddressThatIsNotOursStopsTheStart() {
        String[] raft = {"--port", Integer.toString(PORT), "--cluster-enabled", "yes", "--cluster-consensus", "raft"};
        List<String> arguments = new ArrayList<>(Arrays.asList(raft));
        arguments.addAll(List.of("--bind-source-addr", "192.0.2.7"));
        assertThat(refusal(arguments.toArray(new String[0])))
                .contains("bind-source-addr")
                .contains("192.0.2.7");
    }

    @Test
    void missingFileStopsTheStart() {
        assertThat(refusal(directory.resolve("nowhere.conf").toString())).contains("nowhere.conf");
    }

    @Test
    void portInUseStopsTheStart() throws IOException {
        try (ServerSocket taken = new ServerSocket(PORT, 1, InetAddress.getLoopbackAddress())) {
            assertThat(refusal("--port", Integer.toString(taken.getLocalPort())))
                    .contains(Integer.toString(PORT))
                    .containsIgnoringCase("in use");
        }
    }

    @Test
    void directoryInUseStopsTheStart() throws Exception {
        try (StandaloneServer server = cairn(PORT + 1, "--appendonly", "yes")) {
            assertThat(server.process().alive()).isTrue();
            Path data = directory.resolve("data");
            Path other = directory.resolve("other");
            Files.createDirectories(other);
            Files.createSymbolicLink(
                    other.resolve(Integer.toString(PORT + 2)), data.resolve(Integer.toString(PORT + 1)));
            assertThat(refusalIn(other, "--port", Integer.toString(PORT + 2), "--appendonly", "yes"))
                    .contains("in use by process")
                    .contains(Long.toString(server.process().pid()));
        }
    }

    @Test
    void directoryOfAnotherNodeStopsTheStart() throws Exception {
        try (StandaloneServer server = cairn(PORT + 3, "--appendonly", "yes")) {
            try (RawClient client = server.connect()) {
                client.call("SET", "k", "v");
            }
            server.process().stop(20);
        }
        Path data = directory.resolve("data");
        Files.move(data.resolve(Integer.toString(PORT + 3)), data.resolve(Integer.toString(PORT + 4)));
        assertThat(refusalIn(data, "--port", Integer.toString(PORT + 4), "--appendonly", "yes"))
                .contains("belongs to")
                .contains(Integer.toString(PORT + 3));
    }

    @Test
    void newerFormatStopsTheStart() throws Exception {
        try (StandaloneServer server = cairn(PORT + 5, "--appendonly", "yes")) {
            server.process().stop(20);
        }
        Path home = directory.resolve("data").resolve(Integer.toString(PORT + 5));
        Path conf = home.resolve("node.conf");
        String text = Files.readString(conf);
        assertThat(text).containsPattern("(?m)^format[ =]\\d+$");
        Files.writeString(conf, text.replaceAll("(?m)^(format[ =])\\d+$", "$1999"));
        assertThat(refusalIn(directory.resolve("data"), "--port", Integer.toString(PORT + 5), "--appendonly", "yes"))
                .contains("999")
                .contains("format");
    }

    @Test
    void stockRedisConfStartsWithAWarningForEachMeaninglessKey() throws Exception {
        assumeTrue(Files.isReadable(STOCK), "no " + STOCK + " (Debian: redis-server)");
        List<String> arguments = new ArrayList<>(List.of("server", STOCK.toString()));
        arguments.addAll(List.of("--port", Integer.toString(PORT + 6), "--daemonize", "no", "--logfile", ""));
        arguments.addAll(List.of("--pidfile", directory.resolve("pid").toString()));
        arguments.addAll(List.of("--dir", directory.toString()));
        try (StandaloneServer server =
                StandaloneServer.command(Distribution.find().command(HEAP, arguments), directory, PORT + 6)) {
            String output = server.process().output();
            for (String key : MEANINGLESS) {
                assertThat(output.lines().filter(line -> line.contains("'" + key + "'")))
                        .as("warnings for %s in: %s", key, output)
                        .hasSize(1);
            }
            try (RawClient client = server.connect()) {
                assertThat(client.call("CONFIG", "GET", "always-show-logo").text())
                        .contains("no");
                assertThat(client.call("SET", "k", "v").text()).isEqualTo("OK");
            }
        }
    }

    private StandaloneServer cairn(int port, String... arguments) {
        return StandaloneServer.cairn(Distribution.find(), HEAP, directory, port, arguments);
    }

    @Test
    void missingDirectoryStopsTheStartAndIsNotMade() {
        Path missing = directory.resolve("missing");
        assertThat(refusalIn(missing, "--port", Integer.toString(PORT + 7)))
                .contains("Can't chdir to '" + missing + "': No such file or directory");
        assertThat(missing).doesNotExist();
    }

    private String refusal(String... arguments) {
        Disk.makeDirectory(directory.resolve("data"));
        return refusalIn(directory.resolve("data"), arguments);
    }

    /** Starts a server that must refuse to, and returns the one line that says why. */
    private String refusalIn(Path data, String... arguments) {
        List<String> all = new ArrayList<>(List.of("server"));
        all.addAll(Arrays.asList(arguments));
        all.addAll(List.of("--dir", data.toString(), "--save", ""));
        Path output = directory.resolve("refusal-" + System.nanoTime() + ".log");
        ServerProcess server = ServerProcess.start(Distribution.find().command(HEAP, all), directory, output);
        boolean ended = server.awaitExit(END_SECONDS);
        server.close();
        assertThat(ended)
                .as("a start with %s ends; it printed: %s", all, server.output())
                .isTrue();
        assertThat(server.exitCode()).as(server.output()).isNotZero();
        List<String> lines = server.output()
                .lines()
                .filter(line -> !line.isBlank() && !line.contains(" INFO "))
                .toList();
        assertThat(lines).as("one clear line").hasSize(1);
        return lines.get(0);
    }
}

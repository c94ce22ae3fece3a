package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.Disk;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nothing connects anywhere by itself. The server runs in a network namespace that has only a loopback device, where
 * the kernel counts each packet that would have gone elsewhere, be it a connection or the question to a name server.
 */
class QuietIT {
    private static final int PORT = 21480;

    @TempDir
    Path directory;

    @Test
    void counterSeesAnAttempt() {
        List<String> python = List.of(
                "/usr/bin/python3",
                "-c",
                "import socket, time; s = socket.socket(); s.connect_ex(('192.0.2.1', 80)); print('tried', flush=True); "
                        + "time.sleep(20)");
        assumeNamespaces();
        assumeTrue(Files.exists(Path.of("/usr/bin/python3")), "no /usr/bin/python3");
        try (ServerProcess tried = inNewNetwork("attempt", python)) {
            Await.until("the attempt was made", 20, () -> tried.output().contains("tried"));
            assertThat(packetsWithoutRoute(tried)).isPositive();
        }
    }

    @Test
    void standaloneServerConnectsNowhere() {
        assertQuiet("--appendonly", "yes");
    }

    @Test
    void clusterNodesConnectNowhereButToTheirSeeds() {
        assertQuiet("--cluster-enabled", "yes", "--cluster-consensus", "raft", "--cluster-seeds", "127.0.0.1:" + PORT);
    }

    private void assertQuiet(String... arguments) {
        assumeNamespaces();
        List<String> all = new ArrayList<>(List.of("server", "--port", Integer.toString(PORT)));
        Disk.makeDirectory(directory.resolve("data"));
        all.addAll(List.of("--dir", directory.resolve("data").toString()));
        all.addAll(Arrays.asList(arguments));
        List<String> command = Distribution.find().command(List.of("-Xmx128m"), all);
        try (ServerProcess server = inNewNetwork("server", command)) {
            Await.until("it listens", 30, () -> listening(server));
            // Chronicle's analytics would have asked a name server while the first map was made, before this; whatever
            // else waits for a timer gets three seconds. There is no event to wait for: nothing is to happen.
            pause(3_000);
            assertThat(server.alive()).as(server.output()).isTrue();
            assertThat(packetsWithoutRoute(server))
                    .as("packets that had no way out")
                    .isZero();
        }
    }

    private ServerProcess inNewNetwork(String name, List<String> command) {
        List<String> all =
                new ArrayList<>(List.of("unshare", "-rn", "sh", "-c", "ip link set lo up && exec \"$@\"", "--"));
        all.addAll(command);
        return ServerProcess.start(all, directory, directory.resolve(name + ".log"));
    }

    /** IPv4 and IPv6 packets of the process's namespace that no route led out of. */
    private static long packetsWithoutRoute(ServerProcess process) {
        try {
            Path net = Path.of("/proc", Long.toString(process.pid()), "net");
            List<String> ip = Files.readAllLines(net.resolve("snmp")).stream()
                    .filter(line -> line.startsWith("Ip:"))
                    .toList();
            List<String> names = List.of(ip.get(0).split(" "));
            long count = Long.parseLong(ip.get(1).split(" ")[names.indexOf("OutNoRoutes")]);
            for (String line : Files.readAllLines(net.resolve("snmp6"))) {
                if (line.startsWith("Ip6OutNoRoutes")) {
                    count += Long.parseLong(line.replaceAll("^\\S+\\s+", ""));
                }
            }
            return count;
        } catch (IOException e) {
            throw new IllegalStateException("cannot read the counters", e);
        }
    }

    private static boolean listening(ServerProcess process) throws IOException {
        if (!process.alive()) {
            throw new IllegalStateException("it ended: " + process.output());
        }
        String port = ":%04X ".formatted(PORT);
        Path net = Path.of("/proc", Long.toString(process.pid()), "net");
        List<String> sockets = new ArrayList<>(Files.readAllLines(net.resolve("tcp")));
        sockets.addAll(Files.readAllLines(net.resolve("tcp6")));
        return sockets.stream().anyMatch(line -> line.contains(port) && line.contains(" 0A "));
    }

    private void assumeNamespaces() {
        assumeTrue(Tools.onPath("unshare") && Tools.onPath("ip"), "unshare or ip is missing (util-linux, iproute2)");
        ServerProcess probe = inNewNetwork("probe", List.of("true"));
        boolean ended = probe.awaitExit(20);
        probe.close();
        assumeTrue(ended && probe.exitCode() == 0, "this kernel or container allows no network namespaces");
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.ServerProcess;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Timeouts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command that the README begins with. */
class DemoIT {
    /** Its bus ports and raft ports, 10000 and 20000 above, stay below what the kernel gives to outgoing connections. */
    private static final int PORT = 11_800;

    private static final int PROCESSES = 3;
    private static final int START_SECONDS = 120;
    private static final int STOP_SECONDS = 30;
    private static final Pattern PID = Pattern.compile("process \\d: pid (\\d+)");

    /** A build that a shell started in the background ignores SIGINT, and so would all that it starts. */
    private static final List<String> SIGINT_AS_IN_A_TERMINAL = List.of("env", "--default-signal=INT");

    @TempDir
    Path directory;

    @Test
    void demoFormsAClusterEndsOnInterruptAndFindsItsDataAgain() throws Exception {
        try (ServerProcess demo = demo("first", PORT)) {
            awaitCluster(demo);
            assertThat(call("SET", "greeting", "hello").text()).isEqualTo("OK");
            assertThat(call("GET", "greeting").text()).isEqualTo("hello");
            interrupt(demo);
        }
        try (ServerProcess demo = demo("second", PORT)) {
            awaitCluster(demo);
            assertThat(demo.output()).contains("state ok").doesNotContain("state fail");
            assertThat(call("GET", "greeting").text()).isEqualTo("hello");
            interrupt(demo);
        }
    }

    @Test
    void demoNamesThePortThatIsInUse() throws IOException {
        for (int offset : new int[] {8, 101, 10_002, 20_004}) {
            int taken = PORT + 100 + offset;
            try (ServerSocket other = new ServerSocket(taken, 1, InetAddress.getLoopbackAddress())) {
                assertThat(refusal(PORT + 100)).contains("port " + other.getLocalPort(), "in use");
            }
        }
    }

    @Test
    void demoRefusesPortsThatLeaveNoRoomForTheRaftPorts() throws IOException {
        assertThat(refusal(60_000)).contains("--port must be from 1 to 45527");
        assertThat(refusal(0)).contains("--port must be from 1 to 45527");
    }

    private ServerProcess demo(String name, int port) {
        List<String> arguments =
                List.of("demo", "--dir", directory.resolve("data").toString(), "--port", Integer.toString(port));
        List<String> command = new ArrayList<>();
        if (Tools.works(SIGINT_AS_IN_A_TERMINAL, "true")) {
            command.addAll(SIGINT_AS_IN_A_TERMINAL);
        }
        command.addAll(Distribution.find().command(List.of("-Xmx128m", "-XX:TieredStopAtLevel=1"), arguments));
        return ServerProcess.start(command, directory, directory.resolve(name + ".log"));
    }

    private String refusal(int port) throws IOException {
        try (ServerProcess demo = demo("refusal-" + System.nanoTime(), port)) {
            assertThat(demo.awaitExit(STOP_SECONDS)).as(demo.output()).isTrue();
            assertThat(demo.exitCode()).isEqualTo(1);
            assertThat(demo.output().lines()).hasSize(1);
            return demo.output();
        }
    }

    private static void awaitCluster(ServerProcess demo) {
        Await.until("the demo says that the cluster is ok", START_SECONDS, () -> {
            assertThat(demo.alive()).as(demo.output()).isTrue();
            return demo.output().contains("The cluster is ok");
        });
    }

    /** Ctrl-C ends the demo and all that it started. */
    private static void interrupt(ServerProcess demo) {
        List<ProcessHandle> servers = new ArrayList<>();
        Matcher pid = PID.matcher(demo.output());
        while (pid.find()) {
            ProcessHandle.of(Long.parseLong(pid.group(1))).ifPresent(servers::add);
        }
        assertThat(servers).hasSize(PROCESSES).allMatch(ProcessHandle::isAlive);
        demo.interrupt();
        assertThat(demo.awaitExit(STOP_SECONDS)).as(demo.output()).isTrue();
        assertThat(servers).noneMatch(ProcessHandle::isAlive);
    }

    /** Follows the redirect, as redis-cli -c does. */
    private static Reply call(String... words) throws Exception {
        Address address = Address.local(PORT);
        while (true) {
            try (RawClient client = RawClient.connect(address, Timeouts.PATIENT)) {
                Reply reply = client.call(words);
                if (!reply.text().startsWith("MOVED ")) {
                    return reply;
                }
                address = Address.parse(Arrays.asList(reply.text().split(" ")).get(2));
            }
        }
    }
}

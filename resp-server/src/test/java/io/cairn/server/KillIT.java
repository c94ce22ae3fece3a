package io.cairn.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.resp.RawClient;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes, killed with kill -9 while clients write: nothing acknowledged is lost. */
class KillIT {
    /** 50 in the long run: -Dcairn.kill.rounds=50. */
    private static final int ROUNDS = Integer.getInteger("cairn.kill.rounds", 3);

    private static final int CLIENTS = 4;

    @TempDir
    Path directory;

    @Test
    void nothingAcknowledgedIsLostByKillWithAlways() throws Exception {
        int port = TestServer.freePort();
        long[] acknowledged = new long[CLIENTS];
        long[] attempted = new long[CLIENTS];
        Random random = new Random(17);
        for (int round = 0; round < ROUNDS; round++) {
            Process process = start(port, "--appendonly", "yes", "--appendfsync", "always");
            check(port, acknowledged, attempted);
            write(process, port, acknowledged, attempted, 500 + random.nextInt(1500));
            if (round == 1) {
                Process rewritten = start(port, "--appendonly", "yes", "--appendfsync", "always");
                try (RawClient client = new RawClient(port)) {
                    assertThat(client.call("BGREWRITEAOF")).startsWith("+Background");
                }
                check(port, acknowledged, attempted);
                write(rewritten, port, acknowledged, attempted, 500);
            }
        }
        Process process = start(port, "--appendonly", "yes", "--appendfsync", "always");
        check(port, acknowledged, attempted);
        stop(process);
    }

    @Test
    void aCleanStopSavesWhatSavePointsAskFor() throws Exception {
        int port = TestServer.freePort();
        Process process = start(port, "--save", "3600 1");
        try (RawClient client = new RawClient(port)) {
            for (int i = 0; i < 1000; i++) {
                client.call("SET", "k" + i, "v" + i);
            }
            client.call("SET", "t", "x", "EX", "1000");
        }
        stop(process);
        assertThat(process.exitValue()).isZero();
        process = start(port, "--save", "3600 1");
        try (RawClient client = new RawClient(port)) {
            assertThat(client.call("DBSIZE")).isEqualTo(":1001\r\n");
            assertThat(client.call("GET", "k999")).isEqualTo("$4\r\nv999\r\n");
            assertThat(client.call("TTL", "t")).matches(":(9[0-9][0-9]|1000)\r\n");
            client.send(RawClient.request("SHUTDOWN", "NOSAVE"));
            assertThat(client.reply()).isEmpty();
        }
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
    }

    @Test
    void eachReasonNotToStartIsOneLineAndANonZeroExit() throws Exception {
        int port = TestServer.freePort();
        Process running = start(port);
        Path elsewhere = directory.resolve("elsewhere");
        assertThat(refusal(port, elsewhere)).contains("Can't chdir to '" + elsewhere + "': No such file or directory");
        Files.createDirectory(elsewhere);
        assertThat(refusal(port, elsewhere)).contains("Address already in use");
        assertThat(refusal(TestServer.freePort(), directory, "--port", Integer.toString(port)))
                .contains("in use");
        stop(running);
        assertThat(refusal(port, directory, "--no-such-key", "1")).contains("no-such-key");
        assertThat(refusal(port, directory, "--maxclients", "many")).contains("maxclients");
        Path conf = directory.resolve(Integer.toString(port)).resolve("node.conf");
        String text = Files.readString(conf);
        Files.writeString(conf, text.replace("format 1", "format 2"));
        assertThat(refusal(port, directory)).contains("format 2");
        Files.writeString(conf, text.replace("port " + port, "port 1"));
        assertThat(refusal(port, directory)).contains("belongs to the node of port 1");
        Files.writeString(conf, "");
        assertThat(refusal(port, directory)).contains("damaged");
    }

    private void write(Process process, int port, long[] acknowledged, long[] attempted, long millis)
            throws InterruptedException {
        AtomicLongArray done = new AtomicLongArray(acknowledged);
        AtomicLongArray tried = new AtomicLongArray(attempted);
        List<Thread> threads = new ArrayList<>();
        for (int c = 0; c < CLIENTS; c++) {
            int id = c;
            Thread thread = new Thread(() -> count(port, id, done, tried));
            thread.start();
            threads.add(thread);
        }
        process.waitFor(millis, TimeUnit.MILLISECONDS);
        process.destroyForcibly().waitFor();
        for (Thread thread : threads) {
            thread.join();
        }
        for (int c = 0; c < CLIENTS; c++) {
            assertThat(done.get(c)).as("client %s wrote something", c).isGreaterThan(acknowledged[c]);
            acknowledged[c] = done.get(c);
            attempted[c] = tried.get(c);
        }
    }

    private static void count(int port, int id, AtomicLongArray done, AtomicLongArray tried) {
        try (RawClient client = new RawClient(port)) {
            while (true) {
                long next = tried.incrementAndGet(id);
                String reply = client.call("INCR", "counter" + id);
                if (reply.isEmpty()) {
                    return;
                }
                assertThat(reply).startsWith(":");
                done.set(id, Long.parseLong(reply.strip().substring(1)));
                client.call("SET", "last" + id, Long.toString(next) + "x".repeat((int) (next % 3000)));
            }
        } catch (IOException e) {
            // The server was killed: what was not answered counts as unknown.
            assertThat(tried.get(id)).isPositive();
        }
    }

    private static void check(int port, long[] acknowledged, long[] attempted) throws IOException {
        try (RawClient client = new RawClient(port)) {
            for (int c = 0; c < CLIENTS; c++) {
                String reply = client.call("GET", "counter" + c);
                long value = reply.equals("$-1\r\n") ? 0 : Long.parseLong(reply.split("\r\n")[1]);
                assertThat(value).isBetween(acknowledged[c], acknowledged[c] + 2);
                attempted[c] = value;
                acknowledged[c] = value;
            }
        }
    }

    private List<String> command(int port, Path root, String... more) {
        List<String> words = new ArrayList<>();
        words.add(ProcessHandle.current().info().command().orElse("java"));
        for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (flag.startsWith("--") || flag.startsWith("-D")) {
                words.add(flag);
            }
        }
        words.addAll(List.of(
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "io.cairn.cli.Main",
                "server",
                "--dir",
                root.toString(),
                "--bind",
                "127.0.0.1",
                "--save",
                ""));
        if (!List.of(more).contains("--port")) {
            words.addAll(List.of("--port", Integer.toString(port)));
        }
        words.addAll(List.of(more));
        return words;
    }

    private Process start(int port, String... more) throws Exception {
        Path log = directory.resolve("server-" + port + ".log");
        Process process = new ProcessBuilder(command(port, directory, more))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            try (RawClient client = new RawClient(port)) {
                assertThat(client.call("PING")).isEqualTo("+PONG\r\n");
                return process;
            } catch (IOException e) {
                if (System.nanoTime() > deadline || process.waitFor(50, TimeUnit.MILLISECONDS)) {
                    throw new IOException("the server did not start: " + Files.readString(log), e);
                }
            }
        }
    }

    private String refusal(int port, Path root, String... more) throws Exception {
        Path err = Files.createTempFile(directory, "refusal", ".txt");
        Process process = new ProcessBuilder(command(port, root, more))
                .redirectError(err.toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isNotZero();
        List<String> lines = Files.readAllLines(err).stream()
                .filter(line -> line.startsWith("cairn:"))
                .toList();
        assertThat(lines).as("stderr %s", Files.readString(err)).hasSize(1);
        return lines.get(0);
    }

    private static void stop(Process process) throws InterruptedException {
        process.destroy();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
}

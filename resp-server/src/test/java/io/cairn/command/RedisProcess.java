package io.cairn.command;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A real redis-server of its own and one connection to it. */
final class RedisProcess implements AutoCloseable {
    /** Of this JVM: tests run in two at a time. */
    private static final int FIRST_PORT = 24_800 + 100 * Integer.getInteger("cairn.fork", 0);

    private static final int LAST_PORT = FIRST_PORT + 99;
    private static final Duration START_TIMEOUT = Duration.ofSeconds(20);

    final int port;
    private final Process process;
    private final RespConnection connection;

    private RedisProcess(Process process, int port, RespConnection connection) {
        this.process = process;
        this.port = port;
        this.connection = connection;
    }

    /** True if the machine has a redis-server in its path. */
    static boolean available() {
        for (String directory : System.getenv("PATH").split(":", -1)) {
            if (Files.isExecutable(Path.of(directory, "redis-server"))) {
                return true;
            }
        }
        return false;
    }

    /** Starts a server without persistence in {@code directory}. */
    static RedisProcess start(Path directory) throws IOException, InterruptedException {
        int port = freePort();
        Process process = new ProcessBuilder(
                        "redis-server",
                        "--port",
                        Integer.toString(port),
                        "--bind",
                        "127.0.0.1",
                        "--save",
                        "",
                        "--appendonly",
                        "no",
                        "--enable-debug-command",
                        "yes",
                        "--dir",
                        directory.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("redis.log").toFile())
                .start();
        return new RedisProcess(process, port, connect(process, port));
    }

    /** A port of this JVM's range that nobody listens on. */
    static int freePort() throws IOException {
        for (int port = FIRST_PORT; port <= LAST_PORT; port++) {
            if (isFree(port)) {
                return port;
            }
        }
        throw new IOException("no free port between " + FIRST_PORT + " and " + LAST_PORT);
    }

    private static boolean isFree(int port) {
        try (ServerSocket probe = new ServerSocket()) {
            probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static RespConnection connect(Process process, int port) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
        while (true) {
            try {
                return new RespConnection(port);
            } catch (IOException e) {
                if (!process.isAlive() || System.nanoTime() > deadline) {
                    process.destroy();
                    throw e;
                }
                process.waitFor(20, TimeUnit.MILLISECONDS);
            }
        }
    }

    String run(String... words) throws IOException {
        return connection.run(words);
    }

    String run(List<byte[]> arguments) throws IOException {
        return connection.run(arguments);
    }

    @Override
    public void close() throws IOException {
        connection.close();
        process.destroy();
    }
}

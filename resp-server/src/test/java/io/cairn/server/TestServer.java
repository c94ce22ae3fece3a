package io.cairn.server;

import io.cairn.config.Config;
import io.cairn.config.ConfigException;
import io.cairn.resp.RawClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A standalone node in this JVM. */
public final class TestServer implements AutoCloseable {
    private static final int FIRST_PORT = 20_610;
    private static final int PORTS = 90;
    /** Another one each time: what was asked for may not be taken yet. */
    private static final AtomicInteger NEXT = new AtomicInteger();

    private final CairnProcess process;
    private final int port;

    public TestServer(Path directory, String... more) throws IOException, ConfigException, StartException {
        port = freePort();
        Files.createDirectories(directory);
        List<String> words = new ArrayList<>(List.of(
                "--port", Integer.toString(port), "--dir", directory.toString(), "--bind", "127.0.0.1", "--save", ""));
        words.addAll(List.of(more));
        Config config = Config.of(words.toArray(new String[0]));
        process = new CairnProcess(config, new Standalone());
        process.start();
    }

    /** A port that nobody listens on now. */
    public static int freePort() throws IOException {
        IOException last = new IOException("no free port");
        for (int tries = 0; tries < PORTS; tries++) {
            int candidate = FIRST_PORT + Math.floorMod(NEXT.getAndIncrement(), PORTS);
            try (ServerSocket probe = new ServerSocket(candidate, 1, InetAddress.getLoopbackAddress())) {
                return probe.getLocalPort();
            } catch (IOException e) {
                last = e;
            }
        }
        throw last;
    }

    public int port() {
        return port;
    }

    public CairnProcess process() {
        return process;
    }

    public RawClient client() throws IOException {
        return new RawClient(port);
    }

    @Override
    public void close() {
        process.close();
    }
}

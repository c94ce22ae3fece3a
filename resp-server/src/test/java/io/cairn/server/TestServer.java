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

/** A standalone node in this JVM. */
public final class TestServer implements AutoCloseable {
    private static final int PORTS = 200;
    /** Of this JVM: tests run in two at a time. */
    private static final int FIRST_PORT = 24_000 + PORTS * Integer.getInteger("cairn.fork", 0);

    private static final int SECOND_PORT = FIRST_PORT + PORTS / 2;

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

    /** The first port that nobody listens on now: of two servers in turn over one directory, which is named after it, the same. */
    public static int freePort() throws IOException {
        return freePort(FIRST_PORT);
    }

    /** One for something else of a server: its own port may not be taken yet. */
    public static int secondPort() throws IOException {
        return freePort(SECOND_PORT);
    }

    private static int freePort(int from) throws IOException {
        IOException last = new IOException("no free port");
        for (int candidate = from; candidate < from + PORTS / 2; candidate++) {
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

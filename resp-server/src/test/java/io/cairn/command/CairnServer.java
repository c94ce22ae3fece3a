package io.cairn.command;

import io.cairn.config.Config;
import io.cairn.server.CairnProcess;
import io.cairn.server.NodeKinds;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A standalone server in this JVM. */
final class CairnServer implements AutoCloseable {
    final int port;
    private final CairnProcess process;

    private CairnServer(CairnProcess process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Starts a server without persistence; {@code options} as on the command line. */
    static CairnServer start(Path directory, String... options) throws Exception {
        return start(RedisProcess.freePort(), directory, options);
    }

    /** As {@link #start(Path, String...)}, on a port: a directory belongs to one. */
    static CairnServer start(int port, Path directory, String... options) throws Exception {
        Files.createDirectories(directory);
        List<String> commandLine =
                new ArrayList<>(List.of("--port", Integer.toString(port), "--dir", directory.toString(), "--save", ""));
        commandLine.addAll(List.of(options));
        Config config = Config.load(null, commandLine);
        CairnProcess process = new CairnProcess(config, NodeKinds.of(config));
        process.start();
        return new CairnServer(process, port);
    }

    /** Tells somebody of what happens to keys. */
    void listener(KeyEvents events) {
        process.nodes().get(0).keyEvents().add(events);
    }

    RespConnection connect() throws Exception {
        return new RespConnection(port);
    }

    /** As SIGTERM does. */
    void stop() {
        process.stop();
    }

    @Override
    public void close() {
        process.close();
    }
}

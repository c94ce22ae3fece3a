package io.cairn.cli;

import io.cairn.config.Config;
import io.cairn.config.ConfigException;
import io.cairn.config.Keys;
import io.cairn.server.CairnProcess;
import io.cairn.server.NodeKinds;
import io.cairn.server.ProcessLog;
import io.cairn.server.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cairn server [file] [--key value ...]}: any configuration key can be given, as redis-server takes them. */
@Command(
        name = "server",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "Starts the server in the foreground.",
        footer = {
            "",
            "Every configuration key can be given as --key value, over the file's:",
            "  cairn server cairn.conf --port 7001,7002,7003 --appendonly yes --save \"\"",
            "'cairn config reference' lists the keys."
        })
final class ServerCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(ServerCommand.class);

    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "0..*",
            paramLabel = "FILE | --KEY VALUE...",
            description = "Configuration file in redis.conf syntax, then keys and values over it.")
    private List<String> words = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        Config config;
        try {
            boolean file = !words.isEmpty() && !words.get(0).startsWith("--");
            config = Config.load(file ? Path.of(words.get(0)) : null, file ? words.subList(1, words.size()) : words);
        } catch (ConfigException e) {
            return refuse(e.getMessage());
        }
        try {
            ProcessLog.configure(config);
        } catch (IOException e) {
            return refuse(e.getMessage());
        }
        config.warnings().forEach(LOG::warn);
        CairnProcess process;
        try {
            process = new CairnProcess(config, NodeKinds.of(config));
            process.start();
        } catch (StartException e) {
            LOG.debug("start failed", e);
            return refuse(e.getMessage());
        }
        Path pidFile = writePidFile(config);
        Thread stop = new Thread(() -> stopBySignal(process), "stop");
        Runtime.getRuntime().addShutdownHook(stop);
        int code = process.awaitStop();
        if (pidFile != null) {
            Files.deleteIfExists(pidFile);
        }
        return code;
    }

    private int refuse(@org.jspecify.annotations.Nullable String message) {
        spec.commandLine().getErr().println("cairn: " + message);
        return 1;
    }

    /**
     * SIGTERM and SIGINT: saves if save points are set, then closes. The exit code is Redis's 0 instead of the JVM's 143.
     */
    private static void stopBySignal(CairnProcess process) {
        process.stop();
        Runtime.getRuntime().halt(process.exitCode());
    }

    private static @org.jspecify.annotations.Nullable Path writePidFile(Config config) throws IOException {
        String name = config.get(Keys.PIDFILE);
        if (name.isEmpty()) {
            return null;
        }
        Path path = Path.of(name);
        try {
            Files.writeString(path, ProcessHandle.current().pid() + "\n");
            return path;
        } catch (IOException e) {
            LOG.warn("cannot write the pidfile {}: {}", path, e.toString());
            return null;
        }
    }
}

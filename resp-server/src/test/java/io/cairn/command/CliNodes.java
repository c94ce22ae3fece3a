package io.cairn.command;

import io.cairn.config.Config;
import io.cairn.server.CairnProcess;
import io.cairn.server.NodeKinds;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Nodes in raft mode and in no cluster, each a process of its own as far as Cairn sees, and redis-cli to make one of them. */
final class CliNodes implements AutoCloseable {
    /** A node of port p has its bus at p + this and its Raft port at p + twice this. */
    static final int PORT_STEP = 20;

    /** The long form moves a thousand slots, by eight commands each, on the cores that all nodes, redis-cli and the traffic share. */
    private static final int CLI_SECONDS = Boolean.getBoolean("cairn.cli.long") ? 600 : 150;

    private final Path directory;
    private final Map<Integer, CairnProcess> running = new TreeMap<>();

    private final String consensus;

    CliNodes(Path directory) {
        this(directory, "raft");
    }

    /** @param consensus of nodes that are started without another word */
    CliNodes(Path directory, String consensus) {
        this.directory = directory;
        this.consensus = consensus;
    }

    /** What redis-cli said, and whether it ended well. */
    record Said(int exit, String text) {}

    void start(int firstPort, int count) throws Exception {
        for (int port = firstPort; port < firstPort + count; port++) {
            start(port);
        }
    }

    /** Starts a node, or starts it again with what it has on disk; {@code settings} are further options and their values. */
    void start(int port, String... settings) throws Exception {
        start(Integer.toString(port), port, settings);
    }

    /** Starts a node on what the directory of this name holds, with further settings such as {@code --appendfsync no}. */
    void start(String name, int port, String... settings) throws Exception {
        Path home = directory.resolve(name);
        Files.createDirectories(home);
        Path file = home.resolve("cairn.conf");
        Files.writeString(file, "bind 127.0.0.1\n");
        List<String> arguments = new ArrayList<>(List.of(
                "--port",
                Integer.toString(port),
                "--dir",
                home.toString(),
                "--cluster-enabled",
                "yes",
                "--cluster-port",
                Integer.toString(port + PORT_STEP)));
        if (consensus.equals("raft")) {
            arguments.addAll(List.of(
                    "--cluster-consensus", "raft", "--cluster-raft-port", Integer.toString(port + 2 * PORT_STEP)));
        }
        arguments.addAll(List.of(settings));
        Config config = Config.load(file, arguments);
        CairnProcess process = new CairnProcess(config, NodeKinds.of(config));
        process.start();
        running.put(port, process);
    }

    void stop(int port) {
        CairnProcess process = running.remove(port);
        if (process != null) {
            process.close();
        }
    }

    /** {@code redis-cli --cluster ...}; whatever it asks is answered with yes. */
    Said cluster(String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("redis-cli", "--cluster"));
        command.addAll(List.of(words));
        command.add("--cluster-yes");
        return run(command);
    }

    Said run(List<String> command) throws IOException, InterruptedException {
        File output = directory.resolve("redis-cli.log").toFile();
        Path yes = directory.resolve("yes");
        Files.writeString(yes, "yes\nyes\n"); // what --cluster-yes does not say
        Process cli = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(yes.toFile())
                .redirectOutput(output)
                .start();
        if (!cli.waitFor(CLI_SECONDS, TimeUnit.SECONDS)) {
            cli.destroyForcibly();
            return new Said(-1, "no end after " + CLI_SECONDS + " s: " + Files.readString(output.toPath()));
        }
        return new Said(cli.exitValue(), Files.readString(output.toPath()));
    }

    static String address(int port) {
        return "127.0.0.1:" + port;
    }

    /** The reply to a command at a node, as redis-cli prints it. */
    String at(int port, String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("redis-cli", "-p", Integer.toString(port)));
        command.addAll(List.of(words));
        return run(command).text().strip();
    }

    /** As {@link #at}, following redirects. */
    String follow(int port, String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("redis-cli", "-c", "-p", Integer.toString(port)));
        command.addAll(List.of(words));
        return run(command).text().strip();
    }

    @Override
    public void close() {
        running.values().forEach(CairnProcess::close);
        running.clear();
    }
}

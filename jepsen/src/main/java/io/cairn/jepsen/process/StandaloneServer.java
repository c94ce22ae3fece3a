package io.cairn.jepsen.process;

import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Timeouts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** One standalone server with one directory, as a cluster of one so that faults and workloads fit it. */
public final class StandaloneServer implements TestCluster {
    private static final int START_SECONDS = 120;

    private final List<String> command;
    private final Path directory;
    private final Address address;
    private ServerProcess server;

    private StandaloneServer(List<String> command, Path directory, Address address) {
        this.command = command;
        this.directory = directory;
        this.address = address;
        server = launch();
        awaitAnswer();
    }

    /** Starts Cairn; {@code arguments} follow the port and the directory. */
    public static StandaloneServer cairn(
            Distribution distribution, List<String> heap, Path directory, int port, String... arguments) {
        List<String> all = new ArrayList<>(List.of("server", "--port", Integer.toString(port)));
        all.addAll(List.of("--dir", directory.resolve("data").toString()));
        all.addAll(List.of(arguments));
        return new StandaloneServer(distribution.command(heap, all), directory, Address.local(port));
    }

    /** Starts a real redis-server; {@code arguments} follow the port and the directory. */
    public static StandaloneServer redis(Path directory, int port, String... arguments) {
        List<String> all = new ArrayList<>(List.of("redis-server", "--port", Integer.toString(port)));
        all.addAll(List.of("--bind", "127.0.0.1", "--dir", directory.toString()));
        all.addAll(List.of(arguments));
        return new StandaloneServer(all, directory, Address.local(port));
    }

    /** Starts any command that serves RESP on a port of this machine. */
    public static StandaloneServer command(List<String> command, Path directory, int port) {
        return new StandaloneServer(command, directory, Address.local(port));
    }

    public Address address() {
        return address;
    }

    public ServerProcess process() {
        return server;
    }

    /** A new connection whose calls may take long. */
    public RawClient connect() throws NotSentException {
        return RawClient.connect(address, Timeouts.PATIENT);
    }

    /** Starts again what was killed or stopped, and waits until it answers. */
    public void restart() {
        server = launch();
        awaitAnswer();
    }

    @Override
    public int processes() {
        return 1;
    }

    @Override
    public List<Address> nodes(int process) {
        return List.of(address);
    }

    @Override
    public List<ServerProcess> servers(int process) {
        return List.of(server);
    }

    @Override
    public List<Path> homes(int process) {
        return List.of(directory.resolve("data"));
    }

    @Override
    public void start(int process) {
        server = launch();
    }

    @Override
    public void kill9(List<Integer> processes) {
        server.kill9();
    }

    @Override
    public void pause(int process) {
        server.pause();
    }

    @Override
    public void resume(int process) {
        server.resume();
    }

    @Override
    public void wipe(int process) {
        Disk.delete(directory.resolve("data"));
    }

    @Override
    public void close() {
        server.close();
    }

    private ServerProcess launch() {
        Disk.makeDirectory(directory.resolve("data"));
        return ServerProcess.start(command, directory, directory.resolve("server.log"));
    }

    private void awaitAnswer() {
        try {
            Await.until(address + " answers", START_SECONDS, () -> {
                if (!server.alive()) {
                    throw new IllegalStateException("ended with code " + server.exitCode());
                }
                return ClusterState.answers(address);
            });
        } catch (IllegalStateException e) {
            String output = server.output();
            server.close();
            throw new IllegalStateException(e.getMessage() + "; it printed: " + output, e);
        }
    }
}

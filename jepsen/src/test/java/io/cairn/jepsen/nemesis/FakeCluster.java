package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.net.Network;
import io.cairn.jepsen.process.ServerProcess;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.Address;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Processes of one node each that were never started; somebody else may answer at their addresses. */
record FakeCluster(@Nullable Network network, List<Address> addresses) implements TestCluster {
    @Override
    public int processes() {
        return addresses.size();
    }

    @Override
    public List<Address> nodes(int process) {
        return List.of(addresses.get(process));
    }

    @Override
    public List<ServerProcess> servers(int process) {
        return List.of();
    }

    @Override
    public List<Path> homes(int process) {
        return List.of();
    }

    @Override
    public void start(int process) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void kill9(List<Integer> processes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void pause(int process) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void resume(int process) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void wipe(int process) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        // Nothing was opened.
    }
}

package io.cairn.raft.group;

/** Lets the tests of the layers above do to a host what a crash does. */
public final class HostFaults {
    private HostFaults() {}

    /** Goes away as a killed process does: the connections first, without a word to the peers. */
    public static void kill(RaftHost host) {
        host.kill();
    }
}

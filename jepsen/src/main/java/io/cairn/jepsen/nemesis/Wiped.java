package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.process.TestCluster;
import java.util.List;

/** {@code kill -9}, the loss of all the process has on disk, and a start. */
record Wiped(int process) implements Fault {
    @Override
    public String kind() {
        return "wipe";
    }

    @Override
    public List<Integer> victims() {
        return List.of(process);
    }

    @Override
    public void strike(TestCluster cluster) {
        Proof.settled(cluster);
        cluster.kill9(victims());
        cluster.wipe(process);
    }

    @Override
    public String confirm(TestCluster cluster) {
        return Proof.gone(cluster, victims()) + "; " + Proof.empty(cluster, process);
    }

    @Override
    public void heal(TestCluster cluster) {
        cluster.start(process);
    }
}

package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.ServerProcess;
import io.cairn.jepsen.process.TestCluster;
import java.util.List;

/** All processes are told to end (SIGTERM) and started again, one after the other, each once the cluster is whole. */
record RollingRestart(List<Integer> victims) implements Fault {
    static final String KIND = "rolling-restart";
    private static final int STOP_SECONDS = 30;
    private static final int WHOLE_SECONDS = 60;

    @Override
    public String kind() {
        return KIND;
    }

    @Override
    public void strike(TestCluster cluster) {
        stop(cluster, victims.get(0));
    }

    private static void stop(TestCluster cluster, int process) {
        for (ServerProcess server : cluster.servers(process)) {
            if (!server.stop(STOP_SECONDS)) {
                throw new IllegalStateException("process " + process + " did not end by itself");
            }
        }
    }

    @Override
    public String confirm(TestCluster cluster) {
        return Proof.gone(cluster, victims.subList(0, 1));
    }

    @Override
    public void heal(TestCluster cluster) {
        cluster.start(victims.get(0));
        for (int process : victims.subList(1, victims.size())) {
            ClusterState.awaitHealthy(cluster.nodes(), WHOLE_SECONDS);
            stop(cluster, process);
            cluster.start(process);
        }
    }
}

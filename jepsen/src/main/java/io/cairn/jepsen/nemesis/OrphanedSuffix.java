package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.Address;
import java.util.List;

/**
 * The majority dies, then the one that is left, perhaps with entries that nobody else has; the majority comes back and goes on
 * without them. The one that comes back last must give them up. Whether there were any is not looked at.
 */
record OrphanedSuffix(int left) implements Fault {
    /** What the schedules of one log and its two peers are made for. */
    static final int PROCESSES = 3;

    /** Longer than an election timeout: what a primary takes without its quorum, it has taken by then. */
    private static final long WITHOUT_QUORUM_MILLIS = 800;
    /** Elections, the primaries' way back to where they are preferred, and some writes. */
    static final long SETTLE_MILLIS = 4_000;

    private static final int UP_SECONDS = 60;

    static int next(int process, int by) {
        return (process + by) % PROCESSES;
    }

    static void startAndAwait(TestCluster cluster, int... processes) {
        for (int process : processes) {
            cluster.start(process);
        }
        for (int process : processes) {
            for (Address node : cluster.nodes(process)) {
                Await.until(node + " answers", UP_SECONDS, () -> ClusterState.answers(node));
            }
        }
    }

    /** Lets processes go on that are stopped, and starts those that are gone. */
    static void bringBack(TestCluster cluster, List<Integer> processes) {
        for (int process : processes) {
            if (Proof.anyStopped(cluster, process)) {
                cluster.resume(process);
            }
            cluster.start(process);
        }
    }

    @Override
    public String confirm(TestCluster cluster) {
        String up = Proof.answering(cluster, List.of(next(left, 1), next(left, 2)));
        return up + "; " + Proof.gone(cluster, List.of(left));
    }

    @Override
    public String kind() {
        return "orphaned-suffix";
    }

    @Override
    public List<Integer> victims() {
        return List.of(left, next(left, 1), next(left, 2));
    }

    @Override
    public void strike(TestCluster cluster) {
        cluster.kill9(List.of(next(left, 1), next(left, 2)));
        Pauses.sleep(WITHOUT_QUORUM_MILLIS);
        cluster.kill9(List.of(left));
        startAndAwait(cluster, next(left, 1), next(left, 2));
    }

    @Override
    public long holdMillis(long drawn) {
        return SETTLE_MILLIS;
    }

    @Override
    public boolean quorumLeft() {
        return false;
    }

    @Override
    public void heal(TestCluster cluster) {
        bringBack(cluster, victims());
    }
}

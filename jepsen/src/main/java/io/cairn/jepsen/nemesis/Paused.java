package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.process.TestCluster;
import java.util.List;

/**
 * SIGSTOP of several processes, and SIGCONT after a while: they wake up with what they believed before.
 *
 * @param kind the name in the catalogue
 * @param holdMillis how long
 * @param quorumLeft whether a majority goes on
 */
public record Paused(String kind, List<Integer> victims, long holdMillis, boolean quorumLeft) implements Fault {
    @Override
    public void strike(TestCluster cluster) {
        victims.forEach(cluster::pause);
    }

    @Override
    public String confirm(TestCluster cluster) {
        return Proof.stopped(cluster, victims);
    }

    @Override
    public long holdMillis(long drawn) {
        return holdMillis;
    }

    @Override
    public void heal(TestCluster cluster) {
        victims.forEach(cluster::resume);
    }
}

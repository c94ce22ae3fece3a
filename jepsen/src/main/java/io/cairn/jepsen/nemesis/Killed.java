package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.process.TestCluster;
import java.util.List;

/**
 * {@code kill -9} of several processes at the same moment, and a start with the same directories.
 *
 * @param kind the name in the catalogue
 * @param quorumLeft whether a majority lives on
 */
public record Killed(String kind, List<Integer> victims, boolean quorumLeft) implements Fault {
    @Override
    public void strike(TestCluster cluster) {
        cluster.kill9(victims);
    }

    @Override
    public String confirm(TestCluster cluster) {
        return Proof.gone(cluster, victims);
    }

    @Override
    public void heal(TestCluster cluster) {
        victims.forEach(cluster::start);
    }
}

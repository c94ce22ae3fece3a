package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.process.TestCluster;
import java.util.List;
import java.util.stream.Stream;

/**
 * Two faults at once.
 *
 * @param first struck first, healed last
 * @param quorumLeft whether a majority of each shard goes on under both
 */
record Both(Fault first, Fault second, boolean quorumLeft) implements Fault {
    @Override
    public String kind() {
        return first.kind() + " + " + second.kind();
    }

    @Override
    public List<Integer> victims() {
        return Stream.concat(first.victims().stream(), second.victims().stream())
                .distinct()
                .toList();
    }

    @Override
    public long holdMillis() {
        return Math.max(first.holdMillis(), second.holdMillis());
    }

    @Override
    public void strike(TestCluster cluster) {
        first.strike(cluster);
        try {
            second.strike(cluster);
        } catch (RuntimeException e) {
            first.heal(cluster);
            throw e;
        }
    }

    @Override
    public String confirm(TestCluster cluster) {
        return first.confirm(cluster) + "; and " + second.confirm(cluster);
    }

    @Override
    public void heal(TestCluster cluster) {
        try {
            second.heal(cluster);
        } finally {
            first.heal(cluster);
        }
    }

    @Override
    public String describe() {
        return first.describe() + " and " + second.describe();
    }
}

package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.process.TestCluster;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Two faults at once: the first is struck, seen, and still in force when the second strikes; it is healed last. Whether a
 * majority of each shard goes on under both is for the maker to say.
 */
final class Both implements Fault {
    private final Fault first;
    private final Fault second;
    private final boolean quorumLeft;
    private String seen = "";
    private @Nullable UnconfirmedException notSeen;

    Both(Fault first, Fault second, boolean quorumLeft) {
        this.first = first;
        this.second = second;
        this.quorumLeft = quorumLeft;
    }

    @Override
    public boolean quorumLeft() {
        return quorumLeft;
    }

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
    public long holdMillis(long drawn) {
        return Math.max(first.holdMillis(drawn), second.holdMillis(drawn));
    }

    @Override
    public void strike(TestCluster cluster) {
        first.strike(cluster);
        try {
            seen = first.confirm(cluster);
        } catch (UnconfirmedException e) {
            notSeen = e;
        }
        try {
            second.strike(cluster);
        } catch (RuntimeException e) {
            first.heal(cluster);
            throw e;
        }
    }

    @Override
    public String confirm(TestCluster cluster) {
        if (notSeen != null) {
            throw notSeen;
        }
        return seen + "; and " + second.confirm(cluster);
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

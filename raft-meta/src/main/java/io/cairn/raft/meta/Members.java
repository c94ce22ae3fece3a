package io.cairn.raft.meta;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Voters and learners of a group, by node id. */
public record Members(List<String> voters, List<String> learners) {
    /** Bound of the members of one group. */
    public static final int MAX_MEMBERS = 1_000;

    public Members {
        voters = List.copyOf(voters);
        learners = List.copyOf(learners);
        check(voters, learners);
    }

    /** True if both have the same voters and learners, in whatever order. */
    public boolean sameAs(Collection<String> otherVoters, Collection<String> otherLearners) {
        return Set.copyOf(voters).equals(Set.copyOf(otherVoters))
                && Set.copyOf(learners).equals(Set.copyOf(otherLearners));
    }

    static void check(List<String> voters, List<String> learners) {
        if (voters.isEmpty()) {
            throw new IllegalArgumentException("a group needs a voter");
        }
        Set<String> seen = new HashSet<>();
        for (List<String> part : List.of(voters, learners)) {
            for (String id : part) {
                Ids.check(id);
                if (!seen.add(id)) {
                    throw new IllegalArgumentException("named twice in one group: " + id);
                }
            }
        }
        if (seen.size() > MAX_MEMBERS) {
            throw new IllegalArgumentException("more than " + MAX_MEMBERS + " members");
        }
    }
}

package io.cairn.raft.group;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A replica's state for INFO, metrics and CLUSTER commands.
 *
 * @param role LEADER, FOLLOWER, CANDIDATE, LEARNER or STOPPED
 * @param matchIndexes on the leader, the last index known to be on each other member, by node id
 * @param voters of the newest configuration in the log, committed or not
 * @param learners as the voters
 * @param oldVoters while that configuration is joint, the voters of the one before; empty otherwise
 * @param membersIndex of the configuration's entry; 0 for the initial one
 * @param elections elections this replica has seen start since the process started
 * @param answering on the leader, itself and the members that answered a request sent within the last two election timeouts
 */
public record GroupStatus(
        String groupId,
        String role,
        long term,
        @Nullable String leader,
        long firstIndex,
        long lastIndex,
        long commitIndex,
        long appliedIndex,
        List<String> voters,
        List<String> learners,
        Map<String, Long> matchIndexes,
        long elections,
        long snapshotIndex,
        List<String> oldVoters,
        long membersIndex,
        Set<String> answering) {
    /** Of a group whose members are settled and all answer. */
    public GroupStatus(
            String groupId,
            String role,
            long term,
            @Nullable String leader,
            long firstIndex,
            long lastIndex,
            long commitIndex,
            long appliedIndex,
            List<String> voters,
            List<String> learners,
            Map<String, Long> matchIndexes,
            long elections,
            long snapshotIndex) {
        this(
                groupId,
                role,
                term,
                leader,
                firstIndex,
                lastIndex,
                commitIndex,
                appliedIndex,
                voters,
                learners,
                matchIndexes,
                elections,
                snapshotIndex,
                List.of(),
                0,
                Stream.concat(voters.stream(), learners.stream()).collect(Collectors.toSet()));
    }

    /** Whether the members are committed and no change of them is under way: what is not a member now counts for nothing. */
    public boolean isSettled() {
        return oldVoters.isEmpty() && membersIndex <= commitIndex;
    }

    /** The same with other progress of the members. */
    public GroupStatus withMatchIndexes(Map<String, Long> others) {
        return new GroupStatus(
                groupId,
                role,
                term,
                leader,
                firstIndex,
                lastIndex,
                commitIndex,
                appliedIndex,
                voters,
                learners,
                others,
                elections,
                snapshotIndex,
                oldVoters,
                membersIndex,
                answering);
    }
}

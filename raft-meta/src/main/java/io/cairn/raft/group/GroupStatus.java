package io.cairn.raft.group;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A replica's state for INFO, metrics and CLUSTER commands.
 *
 * @param role LEADER, FOLLOWER, CANDIDATE, LEARNER or STOPPED
 * @param matchIndexes on the leader, the last index known to be on each other member, by node id
 * @param elections elections this replica has seen start since the process started
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
        long snapshotIndex) {}

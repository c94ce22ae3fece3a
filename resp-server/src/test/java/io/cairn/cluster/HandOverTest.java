package io.cairn.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.GroupStatus;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Whom a node that stops gives its shard's leadership. */
class HandOverTest {
    private static GroupStatus status(Map<String, Long> matches) {
        return new GroupStatus("g", "LEADER", 2, "a", 1, 9, 9, 9, List.of("a", "b", "c"), List.of("d"), matches, 1, 0);
    }

    @Test
    void itIsTheVoterThatHoldsMostNotALearnerThatHoldsMore() {
        GroupStatus status = status(Map.of("b", 7L, "c", 8L, "d", 9L));
        assertThat(RaftNode.heir(status, node -> true)).isEqualTo("c");
    }

    @Test
    void aDeadVoterIsPassedOver() {
        GroupStatus status = status(Map.of("b", 7L, "c", 8L, "d", 9L));
        assertThat(RaftNode.heir(status, node -> !node.equals("c"))).isEqualTo("b");
        assertThat(RaftNode.heir(status, node -> node.equals("d"))).isNull();
        assertThat(RaftNode.heir(status(Map.of()), node -> true)).isNull();
    }
}

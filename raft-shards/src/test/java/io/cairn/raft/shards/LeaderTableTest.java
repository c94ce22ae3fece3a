package io.cairn.raft.shards;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class LeaderTableTest {
    private static final String SHARD = "s";
    private final LeaderTable table = new LeaderTable();

    @Test
    void theHighestTermWins() {
        table.heard(SHARD, 3, "c");
        table.heard(SHARD, 2, "b");
        assertThat(table.leader(SHARD)).isEqualTo(new LeaderTable.Leader(3, "c"));
        table.heard(SHARD, 4, "d");
        assertThat(table.leader(SHARD)).isEqualTo(new LeaderTable.Leader(4, "d"));
    }

    @Test
    void theOwnReplicaKnowsBetterWithinATerm() {
        table.heard(SHARD, 3, "c");
        table.seenHere(SHARD, 3, null);
        assertThat(table.leader(SHARD)).isNull();
        table.heard(SHARD, 3, "c");
        assertThat(table.leader(SHARD)).as("an old claim comes late").isNull();
        table.seenHere(SHARD, 3, "c");
        assertThat(table.leader(SHARD)).isNotNull();
        table.seenHere(SHARD, 2, null);
        assertThat(table.leader(SHARD)).isNotNull();
    }

    @Test
    void aDeadLeaderIsNotNamedUntilItLivesOrIsSucceeded() {
        table.heard(SHARD, 3, "c");
        table.nodeAlive("c", false);
        assertThat(table.leader(SHARD)).isNull();
        table.heard(SHARD, 4, "d");
        assertThat(table.leader(SHARD)).isEqualTo(new LeaderTable.Leader(4, "d"));
        table.heard("other", 1, "c");
        assertThat(table.leader("other")).isNull();
        table.nodeAlive("c", true);
        assertThat(table.leader("other")).isEqualTo(new LeaderTable.Leader(1, "c"));
    }
}

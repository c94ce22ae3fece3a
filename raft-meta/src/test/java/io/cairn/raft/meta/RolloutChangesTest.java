package io.cairn.raft.meta;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.meta.Rollout.Consensus;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class RolloutChangesTest {
    private static final String SHARD = Nodes.id(0xB1);
    private static final String SECOND = Nodes.id(0xB2);
    private static final String HISTORY = Nodes.id(0xE1);

    /** Six nodes of gossip mode: the meta group has formed from their claims and knows no shard. */
    private final MapTester cluster = new MapTester(new Layout(
            Nodes.id(0xC1),
            Nodes.inDomains(1, 1, 1, 1, 1, 1),
            new Members(List.of(Nodes.id(1), Nodes.id(2), Nodes.id(3)), List.of(Nodes.id(4), Nodes.id(5), Nodes.id(6))),
            List.of()));

    private Rollout rollout() {
        return Objects.requireNonNull(Rollout.of(cluster.map));
    }

    private static MetaCommand.BeginAttempt attempt(String shard, int primary, int replica, int other, int slot) {
        return new MetaCommand.BeginAttempt(
                shard,
                Nodes.id(primary),
                List.of(Nodes.id(primary), Nodes.id(replica), Nodes.id(other)),
                MapTester.slots(slot, slot + 99),
                7);
    }

    private long begun(MetaCommand.BeginAttempt command) {
        cluster.applied(command);
        return Objects.requireNonNull(rollout().attempt()).number();
    }

    private static MetaCommand.ShardToRaft commit(String shard, long attempt, int... reached) {
        return new MetaCommand.ShardToRaft(
                shard,
                attempt,
                HISTORY,
                55,
                java.util.Arrays.stream(reached).mapToObj(Nodes::id).toList(),
                1_000,
                3);
    }

    private Rollout.Attempt returning(String shard, int primary) {
        cluster.applied(new MetaCommand.BeginReturn(shard, Nodes.id(primary)));
        return Objects.requireNonNull(rollout().attempt());
    }

    private static MetaCommand.ShardToGossip commit(Rollout.Attempt attempt, int... reached) {
        return new MetaCommand.ShardToGossip(
                attempt.shardId(),
                attempt.number(),
                java.util.Arrays.stream(reached).mapToObj(Nodes::id).toList(),
                9,
                1_234,
                HISTORY,
                77);
    }

    private void target(Consensus consensus) {
        cluster.applied(new MetaCommand.BeginRollout(consensus, List.of()));
    }

    @Test
    void aShardIsInTheMapFromItsCommitOn() {
        target(Consensus.RAFT);
        long attempt = begun(attempt(SHARD, 1, 2, 3, 0));
        assertThat(cluster.map.shards()).isEmpty();
        assertThat(rollout().binds(attempt)).isTrue();
        cluster.applied(commit(SHARD, attempt, 1, 3));
        Shard shard = Objects.requireNonNull(cluster.map.shard(SHARD));
        // Who is not at the seal joins with a snapshot, and votes then.
        assertThat(shard.initialVoters()).containsExactly(Nodes.id(1), Nodes.id(3));
        assertThat(shard.voters()).containsExactly(Nodes.id(1), Nodes.id(3), Nodes.id(2));
        assertThat(cluster.ownerOf(99)).isEqualTo(SHARD);
        assertThat(cluster.ownerOf(100)).isEmpty();
        assertThat(cluster.map.leaderClaim(SHARD)).isEqualTo(new LeaderClaim(1, Nodes.id(1)));
        assertThat(Objects.requireNonNull(rollout().raft().get(SHARD)).offset()).isEqualTo(55);
        assertThat(rollout().attempt()).isNull();
        assertThat(rollout().binds(attempt)).isTrue();
    }

    @Test
    void whicheverOfAbortAndCommitComesFirstWins() {
        target(Consensus.RAFT);
        long first = begun(attempt(SHARD, 1, 2, 3, 0));
        cluster.applied(new MetaCommand.AbortAttempt(first, "slow"));
        assertThat(rollout().binds(first)).isFalse();
        assertThat(cluster.refused(commit(SHARD, first, 1, 2, 3))).contains("aborted");
        long second = begun(attempt(SECOND, 1, 2, 3, 0));
        assertThat(second).isGreaterThan(first);
        cluster.applied(new MetaCommand.AbortAttempt(first, "said again"));
        assertThat(rollout().binds(second)).isTrue();
        cluster.applied(commit(SECOND, second, 1, 2));
        cluster.applied(new MetaCommand.AbortAttempt(second, "too late"));
        assertThat(cluster.ownerOf(0)).isEqualTo(SECOND);
    }

    @Test
    void aCommitNeedsThePrimaryAndAMajority() {
        target(Consensus.RAFT);
        long attempt = begun(attempt(SHARD, 1, 2, 3, 0));
        cluster.refused(commit(SHARD, attempt, 1));
        cluster.refused(commit(SHARD, attempt, 2, 3));
        cluster.refused(commit(SHARD, attempt, 1, 4));
        cluster.refused(commit(SHARD, attempt, 1, 1));
        cluster.refused(commit(SECOND, attempt, 1, 2));
    }

    @Test
    void oneShardAtATimeAndNoSlotTwice() {
        cluster.refused(attempt(SHARD, 1, 2, 3, 0));
        target(Consensus.RAFT);
        long attempt = begun(attempt(SHARD, 1, 2, 3, 0));
        cluster.refused(attempt(SECOND, 4, 5, 6, 200));
        cluster.applied(commit(SHARD, attempt, 1, 2, 3));
        cluster.refused(attempt(SECOND, 4, 5, 6, 99));
        cluster.refused(attempt(SECOND, 3, 5, 6, 200));
        begun(attempt(SECOND, 4, 5, 6, 200));
    }

    @Test
    void theWayBackAbortsWhatIsNotCommittedAndGivesTheRestAHigherEpoch() {
        target(Consensus.RAFT);
        cluster.applied(commit(SHARD, begun(attempt(SHARD, 1, 2, 3, 0)), 1, 2, 3));
        long second = begun(attempt(SECOND, 4, 5, 6, 200));
        target(Consensus.GOSSIP);
        assertThat(rollout().binds(second)).isFalse();
        cluster.refused(commit(SECOND, second, 4, 5, 6));
        cluster.refused(new MetaCommand.Dissolve());
        Rollout.Attempt aborted = returning(SHARD, 3);
        cluster.applied(new MetaCommand.AbortAttempt(aborted.number(), "slow"));
        cluster.refused(commit(aborted, 3, 1));
        cluster.applied(commit(returning(SHARD, 2), 2, 1));
        Rollout.GossipShard back = Objects.requireNonNull(rollout().back().get(SHARD));
        assertThat(back.configEpoch()).isEqualTo(10);
        assertThat(back.slots()).isEqualTo(MapTester.slots(0, 99));
        assertThat(back.members()).contains(Nodes.id(1), Nodes.id(2), Nodes.id(3));
        assertThat(cluster.map.shards()).isEmpty();
        assertThat(cluster.ownerOf(0)).isEmpty();
        cluster.applied(new MetaCommand.Dissolve());
        assertThat(rollout().isDone()).isTrue();
        cluster.refused(new MetaCommand.BeginRollout(Consensus.RAFT, List.of()));
    }

    @Test
    void aShardThatWentBackMayBecomeRaftAgain() {
        target(Consensus.RAFT);
        cluster.applied(commit(SHARD, begun(attempt(SHARD, 1, 2, 3, 0)), 1, 2, 3));
        target(Consensus.GOSSIP);
        cluster.applied(commit(returning(SHARD, 2), 2));
        target(Consensus.RAFT);
        cluster.refused(new MetaCommand.AllRaft());
        cluster.applied(commit(SECOND, begun(attempt(SECOND, 2, 1, 3, 0)), 1, 2));
        assertThat(rollout().back()).isEmpty();
        assertThat(cluster.ownerOf(7)).isEqualTo(SECOND);
        cluster.applied(new MetaCommand.AllRaft());
        assertThat(rollout().isDone()).isTrue();
    }

    @Test
    void aClusterThatWasBornInRaftModeGoesToGossip() {
        MapTester born = new MapTester();
        born.refused(new MetaCommand.BeginRollout(Consensus.RAFT, List.of()));
        born.applied(new MetaCommand.BeginRollout(Consensus.GOSSIP, List.of()));
        Rollout rollout = Objects.requireNonNull(Rollout.of(born.map));
        assertThat(rollout.raft().keySet())
                .containsExactlyInAnyOrderElementsOf(
                        born.map.shards().stream().map(Shard::id).toList());
        assertThat(rollout.raft().values().stream()
                        .map(Rollout.RaftShard::configEpoch)
                        .distinct())
                .hasSize(born.map.shards().size());
        assertThat(born.refused(new MetaCommand.Assign(Nodes.id(10), Nodes.id(0xF1), MapTester.slots(0, 0))))
                .contains("consensus");
    }

    /** Whatever comes in whatever order: a slot has one owner, an attempt is committed or aborted, never both. */
    @Test
    void anyOrderOfAbortsAndCommitsDecidesEachAttemptOnce() {
        for (long seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            MapTester some = new MapTester(new Layout(
                    Nodes.id(0xC1),
                    Nodes.inDomains(1, 1, 1),
                    new Members(List.of(Nodes.id(1)), List.of(Nodes.id(2), Nodes.id(3))),
                    List.of()));
            some.applied(new MetaCommand.BeginRollout(Consensus.RAFT, List.of()));
            java.util.Set<Long> over = new java.util.HashSet<>();
            for (int step = 0; step < 20; step++) {
                Rollout now = Objects.requireNonNull(Rollout.of(some.map));
                Rollout.Attempt running = now.attempt();
                long number = running == null ? random.nextInt(30) : running.number();
                String shard = Nodes.id(0x100 + random.nextInt(3));
                switch (random.nextInt(4)) {
                    case 0 -> some.apply(attempt(shard, 1, 2, 3, 0));
                    case 1 -> some.apply(new MetaCommand.AbortAttempt(number, "x"));
                    case 2 -> some.apply(commit(running == null ? shard : running.shardId(), number, 1, 2));
                    default ->
                        some.apply(new MetaCommand.BeginRollout(
                                random.nextInt(4) == 0 ? Consensus.GOSSIP : Consensus.RAFT, List.of()));
                }
                Rollout after = Objects.requireNonNull(Rollout.of(some.map));
                if (running != null && !after.binds(running.number())) {
                    over.add(running.number());
                }
                assertThat(over).as("seed %d", seed).noneMatch(after::binds);
                assertThat(some.map.shards().size()).isLessThanOrEqualTo(1);
            }
        }
    }
}

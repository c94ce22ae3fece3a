package io.cairn.cluster.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.cluster.rollout.SimRollout.SimNode;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.Rollout;
import io.cairn.raft.meta.Rollout.Consensus;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whole rollouts in virtual time; a failure names its seed. {@code -Dcairn.rollout.seeds=500} for more of them. */
class RolloutsTest {
    private static final int SEEDS = Integer.getInteger("cairn.rollout.seeds", 25);

    @Test
    void aClusterBecomesRaftShardByShardAndGoesBack() {
        SimRollout cluster = new SimRollout(1, 3, 3);
        cluster.begin(Consensus.RAFT);
        cluster.eventually("all are raft", 30_000, cluster::allRaft);
        assertThat(cluster.log.last().shards()).hasSize(3);
        assertThat(cluster.rollout().raft().values())
                .allSatisfy(shard -> assertThat(shard.reached()).hasSize(3));
        cluster.begin(Consensus.GOSSIP);
        cluster.eventually(
                "all are gossip",
                30_000,
                () -> cluster.allGossip() && cluster.rollout().isDone() && cluster.left.size() == 9);
    }

    @Test
    void aReplicaThatIsDownDoesNotStopItsShardButTheEnd() {
        SimRollout cluster = new SimRollout(2, 3, 3);
        SimNode down = cluster.node(5);
        down.kill();
        cluster.begin(Consensus.RAFT);
        cluster.eventually("all shards", 30_000, () -> cluster.rollout().raft().size() == 3);
        cluster.run(5_000);
        assertThat(cluster.rollout().isDone()).isFalse();
        down.start();
        cluster.eventually("all are raft", 30_000, cluster::allRaft);
    }

    @Test
    void theMetaGroupIsThereForWhoHasYetToHearOfItsEnd() {
        SimRollout cluster = new SimRollout(3, 3, 3);
        cluster.begin(Consensus.RAFT);
        cluster.eventually("all are raft", 30_000, cluster::allRaft);
        cluster.begin(Consensus.GOSSIP);
        cluster.eventually("it is to end", 30_000, () -> cluster.rollout().isDone());
        SimNode down = cluster.node(5);
        down.kill();
        down.applied = Math.min(down.applied, cluster.log.size() - 1);
        cluster.run(20_000);
        assertThat(cluster.left).isEmpty();
        down.start();
        cluster.eventually("all have left", 30_000, () -> cluster.left.size() == 9);
    }

    @Test
    void anotherDigestKeepsAShardInGossipMode() {
        SimRollout cluster = new SimRollout(3, 3, 3);
        cluster.node(2).digest = 2;
        cluster.node(3).digest = 3;
        cluster.begin(Consensus.RAFT);
        cluster.run(15_000);
        assertThat(cluster.rollout().raft()).hasSize(2);
        assertThat(cluster.node(1).writesInGossip() || cluster.rollout().attempt() != null)
                .isTrue();
        assertThat(Rollout.lastError(cluster.log.last())).contains("no majority has equal data");
        cluster.node(3).digest = 1;
        cluster.eventually(
                "two are a majority", 40_000, () -> cluster.rollout().raft().size() == 3);
    }

    @Test
    void attemptsThatAreAbortedComeSeldomerAndAMinuteApartAtMost() {
        SimRollout cluster = new SimRollout(4, 1, 3);
        cluster.node(2).digest = 2;
        cluster.node(3).digest = 3;
        cluster.begin(Consensus.RAFT);
        cluster.run(120_000);
        assertThat(cluster.node(1).digests).isBetween(4, 8);
        cluster.node(3).digest = 1;
        cluster.eventually(
                "two are a majority", 65_000, () -> cluster.rollout().raft().size() == 1);
    }

    @Test
    void aDigestMayTakeMinutes() {
        SimRollout cluster = new SimRollout(5, 1, 3);
        cluster.nodes.forEach(node -> node.digestMillis = 180_000);
        cluster.begin(Consensus.RAFT);
        cluster.eventually("it is raft", 200_000, () -> cluster.rollout().raft().size() == 1);
        assertThat(cluster.node(1).digests).isEqualTo(1);
    }

    @Test
    void whoTurnsAroundHalfWayIsBackInTheEnd() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SimRollout cluster = new SimRollout(seed, 3, 3);
            cluster.begin(Consensus.RAFT);
            cluster.run(cluster.random.nextInt(3_000));
            cluster.begin(Consensus.GOSSIP);
            cluster.eventually(
                    "back, seed " + seed,
                    30_000,
                    () -> cluster.allGossip() && cluster.rollout().isDone());
        }
    }

    @Test
    void aPrimaryKilledAtAnyStepLeavesItsShardOnOneSide() {
        for (int after = 0; after < 400; after += 10) {
            SimRollout cluster = new SimRollout(after, 1, 3);
            cluster.begin(Consensus.RAFT);
            cluster.run(100 + after);
            cluster.node(1).kill();
            cluster.run(cluster.random.nextInt(4_000));
            cluster.node(1).start();
            cluster.eventually("raft, killed after " + after, 30_000, cluster::allRaft);
        }
    }

    @Test
    void aShardWhoseWayBackWasAbortedGoesOnWhoeverLeadsItThen() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SimRollout cluster = new SimRollout(seed, 1, 3);
            cluster.begin(Consensus.RAFT);
            cluster.eventually("all are raft", 30_000, cluster::allRaft);
            cluster.begin(Consensus.GOSSIP);
            cluster.eventually("the log ends", 10_000, () -> cluster.node(2).ended != null);
            cluster.nodes.forEach(SimNode::kill);
            Rollout.Attempt attempt = cluster.rollout().attempt();
            if (attempt == null) {
                continue;
            }
            // Nobody leads the shard yet when this is heard of.
            cluster.log.append(new MetaCommand.AbortAttempt(attempt.number(), "chance"));
            cluster.nodes.forEach(SimNode::start);
            cluster.nodes.forEach(node -> node.electedMillis = cluster.now + 5_000);
            cluster.begin(Consensus.RAFT);
            cluster.eventually("it goes on, seed " + seed, 30_000, cluster::allRaft);
        }
    }

    @Test
    void aRestartedNodeDoesNothingThatItsOldMapSays() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SimRollout cluster = new SimRollout(seed, 1, 3);
            for (Consensus target : List.of(Consensus.RAFT, Consensus.GOSSIP, Consensus.RAFT)) {
                cluster.begin(target);
                for (int i = 0; i < 5; i++) {
                    SimNode any = cluster.node(1 + cluster.random.nextInt(3));
                    cluster.run(cluster.random.nextInt(1_000));
                    any.kill();
                    cluster.run(cluster.random.nextInt(300));
                    any.start();
                }
                // Not to the end of the way back: nothing comes after that.
                cluster.eventually(
                        "it is there, seed " + seed,
                        30_000,
                        () -> target == Consensus.RAFT
                                ? cluster.rollout().raft().size() == 1
                                : cluster.allGossip() || cluster.rollout().isDone());
                if (cluster.rollout().isDone() && target == Consensus.GOSSIP) {
                    break;
                }
            }
        }
    }

    @Test
    void seededHistoriesEndWell() {
        for (int seed = 0; seed < SEEDS; seed++) {
            history(seed);
        }
    }

    /** Kills, restarts, lost and doubled proposals, answers that fail, aborts from nowhere, turns; then peace. */
    private static void history(int seed) {
        SimRollout cluster = new SimRollout(seed, 1 + seed % 3, 3);
        cluster.failures = 0.05;
        cluster.begin(Consensus.RAFT);
        Consensus target = Consensus.RAFT;
        try {
            for (int step = 0; step < 40; step++) {
                SimNode any = cluster.nodes.get(cluster.random.nextInt(cluster.nodes.size()));
                Rollout rollout = cluster.rollout();
                Rollout.Attempt attempt = rollout.attempt();
                switch (cluster.random.nextInt(8)) {
                    case 0 -> any.kill();
                    case 1, 2, 3 -> {
                        if (!any.up) {
                            any.start();
                        }
                    }
                    case 4 -> {
                        if (attempt != null) {
                            cluster.log.append(new MetaCommand.AbortAttempt(attempt.number(), "chance"));
                        }
                    }
                    case 5 -> {
                        if (!rollout.isDone() && cluster.random.nextInt(4) == 0) {
                            target = target == Consensus.RAFT ? Consensus.GOSSIP : Consensus.RAFT;
                            cluster.begin(target);
                        }
                    }
                    default -> {}
                }
                cluster.run(cluster.random.nextInt(400));
            }
            cluster.failures = 0;
            for (SimNode node : cluster.nodes) {
                if (!node.up) {
                    node.start();
                }
            }
            Consensus wanted = target;
            cluster.eventually(
                    "it ends",
                    120_000,
                    () -> cluster.rollout().isDone()
                            && (wanted == Consensus.RAFT ? cluster.allRaft() : cluster.allGossip()));
        } catch (AssertionError e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage() + "\n" + cluster, e);
        }
    }
}

package io.cairn.gossip.claims;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.gossip.claims.SimCluster.SimNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Histories of whole clusters; {@code -Dcairn.claims.seeds=1000} for more of them. A failure names its seed. */
class ClaimsSimTest {
    private static final int SEEDS = Integer.getInteger("cairn.claims.seeds", 4);
    private static final int FIRST = Integer.getInteger("cairn.claims.seed", 1);

    @Test
    void aReplicaTakesThePlaceOfItsPrimary() {
        SimCluster cluster = new SimCluster(1);
        cluster.form(3, 1);
        SimNode dead = cluster.nodes.get(0);
        dead.kill();
        long from = cluster.now;
        cluster.eventually(
                "somebody else serves", 5_000, () -> cluster.nodes.get(3).takesWrites(0));
        assertThat(cluster.now - from).isLessThan(2_000);
        dead.start(false);
        cluster.eventually(
                "the old primary follows the new one",
                5_000,
                () -> dead.picture().self().primaryId().equals(cluster.nodes.get(3).id) && cluster.isWell());
    }

    @Test
    void aPrimaryCutOffStopsTakingWritesAndComesBackAsReplica() {
        SimCluster cluster = new SimCluster(2);
        cluster.form(3, 1);
        SimNode cut = cluster.nodes.get(1);
        cluster.side(cut, 1);
        cluster.eventually("it stops", SimCluster.TIMEOUT + 300, () -> !cut.takesWrites(6_000));
        cluster.eventually("another serves", 3_000, () -> cluster.nodes.get(4).takesWrites(6_000));
        cluster.heal();
        cluster.eventually("it follows", 3_000, () -> !cut.picture().self().isPrimary() && cluster.isWell());
    }

    @Test
    void withTwoOfThreePrimariesGoneNobodyIsElected() {
        SimCluster cluster = new SimCluster(3);
        cluster.form(3, 1);
        cluster.nodes.get(0).kill();
        cluster.nodes.get(1).kill();
        cluster.run(10_000);
        assertThat(cluster.nodes.get(3).picture().self().isPrimary()).isFalse();
        assertThat(cluster.nodes.get(2).takesWrites(SlotSet.SLOTS - 1)).isFalse();
        AtomicReference<String> error = new AtomicReference<>("");
        cluster.tell(cluster.nodes.get(3), admin -> error.set(admin.takeover()));
        cluster.tell(cluster.nodes.get(4), admin -> assertThat(admin.takeover()).isNull());
        assertThat(error.get()).isNull();
        cluster.eventually("two takeovers heal it", 5_000, cluster::isWell);
    }

    @Test
    void aManualFailoverLosesNoTimeAndNoData() {
        SimCluster cluster = new SimCluster(4);
        cluster.form(3, 1);
        SimNode replica = cluster.nodes.get(3);
        cluster.tell(replica, admin -> assertThat(admin.failover(false)).isNull());
        cluster.eventually("it leads", 1_000, () -> replica.takesWrites(0));
        cluster.eventually(
                "the old one follows",
                1_000,
                () -> !cluster.nodes.get(0).picture().self().isPrimary());
        cluster.eventually("all are well", 2_000, cluster::isWell);
    }

    @Test
    void slotsMoveByVoteAndAnOwnerWithKeysKeepsThem() {
        SimCluster cluster = new SimCluster(5);
        cluster.form(3, 1);
        SimNode from = cluster.nodes.get(0);
        SimNode to = cluster.nodes.get(1);
        from.keys.add(7);
        AtomicReference<String> done = new AtomicReference<>();
        cluster.tell(to, admin -> admin.assign(7, to.id, done::set));
        cluster.eventually("refused", 1_000, () -> done.get() != null);
        assertThat(done.get()).contains("still holds keys");
        from.keys.clear();
        done.set(null);
        cluster.tell(to, admin -> admin.assign(7, to.id, done::set));
        cluster.eventually("moved", 1_000, () -> "".equals(done.get()) && to.takesWrites(7));
        cluster.eventually("all know", 1_000, cluster::isWell);
        assertThat(to.picture().self().voted()).isTrue();
    }

    @Test
    void aMoveAndAnElectionAtTheSameTimeDoNotBothGetTheSlot() {
        for (int seed = FIRST; seed < FIRST + SEEDS; seed++) {
            SimCluster cluster = new SimCluster(seed);
            cluster.form(3, 1);
            SimNode from = cluster.nodes.get(0);
            SimNode to = cluster.nodes.get(1);
            from.kill();
            cluster.run(SimCluster.TIMEOUT + cluster.random.nextInt(700));
            AtomicReference<String> done = new AtomicReference<>();
            cluster.tell(to, admin -> admin.assign(7, to.id, done::set));
            cluster.eventually("decided, seed " + seed, 4_000, () -> done.get() != null);
            from.start(false);
            cluster.eventually("well again, seed " + seed, 6_000, cluster::isWell);
            if ("".equals(done.get())) {
                assertThat(to.takesWrites(7)).as("seed %s", seed).isTrue();
            }
        }
    }

    @Test
    void whoIsForgottenStaysForgottenUntilItIsMetAgain() {
        SimCluster cluster = new SimCluster(6);
        cluster.form(3, 1);
        SimNode gone = cluster.nodes.get(5);
        cluster.tell(
                cluster.nodes.get(0), admin -> assertThat(admin.forget(gone.id)).isNull());
        cluster.eventually(
                "all but its primary's shard forget it",
                3_000,
                () -> cluster.nodes.stream()
                        .filter(node -> node != gone)
                        .allMatch(node -> node.picture().node(gone.id) == null));
        for (int i = 0; i < 5; i++) {
            SimNode node = cluster.nodes.get(i);
            node.kill();
            node.start(false);
        }
        cluster.run(120_000);
        for (SimNode node : cluster.nodes) {
            assertThat(node == gone || node.picture().node(gone.id) == null).isTrue();
        }
        cluster.tell(
                cluster.nodes.get(0),
                admin -> assertThat(admin.meet(gone.place.bus())).isNull());
        cluster.eventually(
                "back",
                5_000,
                () -> cluster.nodes.stream().allMatch(node -> node.picture().node(gone.id) != null));
    }

    @Test
    void anEmptyPrimaryLetsAReplicaTakeOver() {
        SimCluster cluster = new SimCluster(7);
        cluster.form(3, 1);
        SimNode empty = cluster.nodes.get(0);
        cluster.run(1_500); // What it heard is on its disk.
        empty.kill();
        cluster.run(100);
        empty.data = false;
        empty.offset = 0;
        empty.start(true);
        assertThat(empty.takesWrites(0)).isFalse();
        cluster.eventually(
                "its replica serves", 2_000, () -> cluster.nodes.get(3).takesWrites(0));
        cluster.eventually("it follows", 2_000, () -> !empty.picture().self().isPrimary() && cluster.isWell());
    }

    @Test
    void aClusterWithoutAnyDataServesAfterAllItsNodesRestart() {
        SimCluster cluster = new SimCluster(8);
        cluster.form(3, 1);
        cluster.nodes.forEach(SimNode::kill);
        for (SimNode node : cluster.nodes) {
            node.data = false;
            node.start(true);
        }
        cluster.eventually("all are well", 10_000, cluster::isWell);
    }

    @Test
    void aPrimaryWithoutReplicasGetsOneOfAnother() {
        SimCluster cluster = new SimCluster(9);
        cluster.form(3, 2);
        cluster.nodes.get(3).kill();
        cluster.nodes.get(6).kill();
        cluster.eventually(
                "one comes",
                15_000,
                () -> cluster.nodes.stream()
                        .anyMatch(node -> node.node != null
                                && node.picture().self().primaryId().equals(cluster.nodes.get(0).id)));
    }

    @Test
    void seededHistoriesKeepTheRules() {
        for (int seed = FIRST; seed < FIRST + SEEDS; seed++) {
            history(seed);
        }
    }

    /** Kills, restarts, partitions, loss, doubles, moves of slots and manual failovers, then peace: everything is well in the end. */
    private static void history(int seed) {
        SimCluster cluster = new SimCluster(seed);
        cluster.form(3 + seed % 3, 1 + seed % 2);
        cluster.nodes.forEach(node -> node.timeout += 500L * cluster.random.nextInt(4));
        cluster.loss = cluster.random.nextDouble() * 0.2;
        cluster.twice = cluster.random.nextDouble() * 0.2;
        cluster.maxDelay = 5L + cluster.random.nextInt(150);
        try {
            for (int step = 0; step < 25; step++) {
                step(cluster);
                cluster.run(cluster.random.nextInt(1_500));
            }
            cluster.heal();
            cluster.loss = 0;
            cluster.maxDelay = 5;
            // One never comes back: what it was alone with is lost, and nothing else.
            SimNode gone = cluster.nodes.get(cluster.random.nextInt(cluster.nodes.size()));
            gone.kill();
            for (SimNode node : cluster.nodes) {
                if (node.node == null && node != gone) {
                    node.start(false);
                }
            }
            cluster.run(5_000);
            cluster.nodes.forEach(node -> closesOpenSlots(cluster, node));
            cluster.eventually("all is well in the end", 60_000, () -> isWellWithout(cluster, gone));
        } catch (AssertionError e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage() + "\n" + cluster, e);
        }
    }

    private static boolean isWellWithout(SimCluster cluster, SimNode gone) {
        Picture seen = cluster.nodes.stream()
                .filter(node -> node.node != null)
                .findFirst()
                .orElseThrow()
                .picture();
        boolean hasHeirs = seen.nodes().values().stream()
                .anyMatch(node -> node.claim().primaryId().equals(gone.id));
        return cluster.isWell(slot -> {
            String owner = seen.owners()[slot];
            boolean promised = owner != null
                    && cluster.node(owner).node != null
                    && gone.id.equals(cluster.node(owner).picture().migrating().get(slot));
            return !promised && (hasHeirs || !gone.id.equals(owner));
        });
    }

    /** As an operator does with what moves have left that were interrupted. */
    private static void closesOpenSlots(SimCluster cluster, SimNode node) {
        if (node.node != null && node.picture().self().isPrimary()) {
            for (int slot : node.picture().migrating().keySet()) {
                cluster.tell(node, admin -> admin.stable(slot));
            }
        }
    }

    private static void step(SimCluster cluster) {
        List<SimNode> live = new ArrayList<>(
                cluster.nodes.stream().filter(node -> node.node != null).toList());
        SimNode any = cluster.nodes.get(cluster.random.nextInt(cluster.nodes.size()));
        switch (cluster.random.nextInt(9)) {
            case 8 -> {
                any.kill();
                any.reboot();
            }
            case 0 -> any.kill();
            case 1, 2 -> {
                if (any.node == null) {
                    any.start(false);
                }
            }
            case 3 -> {
                if (any.node != null) {
                    any.kill();
                    any.start(false);
                }
            }
            case 4 -> cluster.nodes.forEach(node -> cluster.side(node, cluster.random.nextInt(2)));
            case 5 -> cluster.heal();
            case 6 -> {
                if (any.node != null && any.picture().self().isPrimary()) {
                    int slot = 601 * cluster.random.nextInt(27);
                    cluster.tell(any, admin -> admin.assign(slot, any.id, done -> {}));
                }
            }
            default -> {
                SimNode one = live.isEmpty() ? any : live.get(cluster.random.nextInt(live.size()));
                if (one.node != null && !one.picture().self().isPrimary()) {
                    cluster.tell(one, admin -> admin.failover(false));
                }
            }
        }
    }
}

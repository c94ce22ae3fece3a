package io.cairn.gossip.claims;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.gossip.claims.SimCluster.SimNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Shards that leave gossip mode while nodes die and elections run: whoever may write, there is one (SAFETY 19). The cluster's log, which
 * decides between commit and abort, is a list here; each node knows a beginning of it.
 */
class PromiseSimTest {
    private static final int SEEDS = Integer.getInteger("cairn.claims.seeds", 4);
    private static final int FIRST = Integer.getInteger("cairn.claims.seed", 1);
    private static final String CLUSTER = "c".repeat(40);

    /** An entry of the log: the attempt it decides, and how. */
    private record Decision(long attempt, boolean raft) {}

    /** One attempt, driven by its primary. */
    private static final class Attempt {
        final Promise promise;
        final Set<String> asked = new HashSet<>();
        final Set<String> promised = new HashSet<>();
        boolean sealed;

        Attempt(Promise promise) {
            this.promise = promise;
        }
    }

    private static final class Rollout {
        final SimCluster cluster;
        final List<Decision> log = new ArrayList<>();
        final Map<Long, Promise> attempts = new HashMap<>();
        final Map<String, Integer> known = new HashMap<>();

        @Nullable
        Attempt running;

        int commits;
        int aborts;

        Rollout(SimCluster cluster) {
            this.cluster = cluster;
        }

        boolean isRaft(int slot) {
            return log.stream()
                    .anyMatch(entry -> entry.raft()
                            && java.util.Objects.requireNonNull(attempts.get(entry.attempt()))
                                    .slots()
                                    .has(slot));
        }

        void decide(long attempt, boolean raft) {
            if (log.stream().noneMatch(entry -> entry.attempt() == attempt)) {
                log.add(new Decision(attempt, raft));
                commits += raft ? 1 : 0;
                aborts += raft ? 0 : 1;
            }
            Attempt now = running;
            if (now != null && now.promise.attempt() == attempt) {
                running = null;
            }
        }

        void begin(SimNode primary) {
            Picture picture = primary.picture();
            SlotSet slots = picture.slotsOf(primary.id);
            if (running == null
                    && picture.self().isPrimary()
                    && !slots.isEmpty()
                    && !isRaft(slots.runs().get(0)[0])) {
                long number = attempts.size() + 1L;
                Promise promise = new Promise(
                        CLUSTER, number, primary.id, slots, picture.self().configEpoch());
                attempts.put(number, promise);
                running = new Attempt(promise);
            }
        }

        /** The primary asks one node more; once enough have promised it seals, and some time later its commit is in the log. */
        void step() {
            Attempt now = running;
            if (now == null) {
                return;
            }
            SimNode primary = cluster.node(now.promise.primaryId());
            if (primary.node == null || (!primary.node.promises().contains(now.promise) && !now.promised.isEmpty())) {
                return;
            }
            ask(now, primary);
            Set<String> voters = primary.picture().slots().keySet();
            long votes = voters.stream().filter(now.promised::contains).count();
            boolean members = primary.picture().nodes().values().stream()
                    .filter(node -> node.claim().primaryId().equals(primary.id) && node.isUp())
                    .allMatch(node -> now.promised.contains(node.claim().id()));
            if (votes > voters.size() / 2 && members && now.promised.contains(primary.id)) {
                now.sealed = true;
                primary.sealed = true;
            }
        }

        private void ask(Attempt now, SimNode primary) {
            SimNode to =
                    now.asked.isEmpty() ? primary : cluster.nodes.get(cluster.random.nextInt(cluster.nodes.size()));
            now.asked.add(to.id);
            if (to.node != null && to.node.promise(to.clock(), now.promise) == null) {
                assertThat(java.util.Objects.requireNonNull(to.disk).promises()).contains(now.promise);
                // Its answer may be lost.
                if (cluster.random.nextInt(4) > 0) {
                    now.promised.add(to.id);
                }
            }
        }

        /** A node reads on in the log. */
        void learn(SimNode node) {
            ClaimsNode running = node.node;
            if (running == null) {
                return;
            }
            int upTo = Math.min(log.size(), known.getOrDefault(node.id, 0) + 1);
            known.put(node.id, upTo);
            Set<Long> over = new HashSet<>();
            List<Promise> frozen = new ArrayList<>();
            for (Decision entry : log.subList(0, upTo)) {
                if (entry.raft()) {
                    frozen.add(java.util.Objects.requireNonNull(attempts.get(entry.attempt())));
                } else {
                    over.add(entry.attempt());
                }
            }
            running.settlePromises(node.clock(), promise -> over.contains(promise.attempt()), frozen);
            node.sealed &= running.promises().stream()
                    .anyMatch(promise -> promise.primaryId().equals(node.id));
        }

        void restart(SimNode node) {
            node.start(false);
            ClaimsNode running = java.util.Objects.requireNonNull(node.node);
            node.sealed = running.promises().stream()
                    .anyMatch(promise -> promise.primaryId().equals(node.id));
        }

        /** Nobody writes in gossip mode to what is raft's. */
        void check() {
            for (int slot = 0; slot < SlotSet.SLOTS; slot += 601) {
                if (isRaft(slot)) {
                    for (SimNode node : cluster.nodes) {
                        assertThat(node.takesWrites(slot))
                                .as("%s writes slot %s, which is raft's", node.id, slot)
                                .isFalse();
                    }
                }
            }
        }
    }

    @Test
    void aVoteAndAPromiseExcludeEachOther() {
        SimCluster cluster = new SimCluster(11);
        cluster.form(3, 1);
        SimNode primary = cluster.nodes.get(0);
        Promise promise = new Promise(CLUSTER, 1, primary.id, primary.picture().slotsOf(primary.id), 1);
        for (SimNode voter : cluster.nodes.subList(1, 3)) {
            assertThat(java.util.Objects.requireNonNull(voter.node).promise(voter.clock(), promise))
                    .isNull();
        }
        primary.kill();
        SimNode voter = cluster.nodes.get(1);
        voter.kill();
        voter.start(false);
        cluster.run(8_000);
        assertThat(cluster.nodes.get(3).picture().self().isPrimary()).isFalse();
        for (SimNode node : cluster.nodes.subList(1, 3)) {
            java.util.Objects.requireNonNull(node.node).settlePromises(node.clock(), over -> true, List.of());
        }
        cluster.eventually(
                "the abort lets it be elected",
                8_000,
                () -> cluster.nodes.get(3).takesWrites(0));
        ClaimsNode late = java.util.Objects.requireNonNull(voter.node);
        assertThat(late.promise(voter.clock(), promise)).contains("another epoch");
    }

    @Test
    void aNodeThatPromisedChangesNothingOfItsShard() {
        SimCluster cluster = new SimCluster(12);
        cluster.form(3, 1);
        SimNode primary = cluster.nodes.get(0);
        SimNode replica = cluster.nodes.get(3);
        Promise promise = new Promise(CLUSTER, 1, primary.id, primary.picture().slotsOf(primary.id), 1);
        for (SimNode node : List.of(primary, replica)) {
            assertThat(java.util.Objects.requireNonNull(node.node).promise(node.clock(), promise))
                    .isNull();
        }
        cluster.tell(replica, admin -> assertThat(admin.takeover()).startsWith("TRYAGAIN"));
        cluster.tell(replica, admin -> assertThat(admin.failover(true)).startsWith("TRYAGAIN"));
        cluster.tell(
                replica,
                admin -> assertThat(admin.replicate(cluster.nodes.get(1).id)).startsWith("TRYAGAIN"));
        cluster.tell(
                primary, admin -> assertThat(admin.delSlots(SlotSet.one(3))).startsWith("TRYAGAIN"));
        cluster.tell(primary, admin -> admin.bumpEpoch(done -> assertThat(done).isNotEmpty()));
        cluster.run(3_000);
        assertThat(primary.picture().self().configEpoch()).isEqualTo(1);
    }

    @Test
    void noReplicaComesToAShardThatHasLeft() {
        SimCluster cluster = new SimCluster(15);
        cluster.form(3, 2);
        SimNode primary = cluster.nodes.get(0);
        Promise promise = new Promise(CLUSTER, 1, primary.id, primary.picture().slotsOf(primary.id), 1);
        List<SimNode> own = cluster.nodes.stream()
                .filter(node -> node.picture().self().primaryId().equals(primary.id))
                .toList();
        List<SimNode> others = cluster.nodes.stream()
                .filter(node -> node != primary && !own.contains(node))
                .toList();
        for (SimNode node : cluster.nodes) {
            java.util.Objects.requireNonNull(node.node).settlePromises(node.clock(), over -> false, List.of(promise));
        }
        own.forEach(SimNode::kill);
        cluster.run(30_000);
        assertThat(others).noneMatch(node -> node.picture().self().primaryId().equals(primary.id));
        cluster.tell(
                others.get(others.size() - 1),
                admin -> assertThat(admin.replicate(primary.id)).startsWith("TRYAGAIN"));
    }

    @Test
    void ofTwoAttemptsTheLaterOneCounts() {
        SimCluster cluster = new SimCluster(13);
        cluster.form(3, 1);
        SimNode primary = cluster.nodes.get(0);
        ClaimsNode voter = java.util.Objects.requireNonNull(cluster.nodes.get(1).node);
        long clock = cluster.nodes.get(1).clock();
        SlotSet slots = primary.picture().slotsOf(primary.id);
        assertThat(voter.promise(clock, new Promise(CLUSTER, 5, primary.id, slots, 1)))
                .isNull();
        assertThat(voter.promise(clock, new Promise(CLUSTER, 4, primary.id, slots, 1)))
                .contains("attempt 5");
        assertThat(voter.promise(clock, new Promise(CLUSTER, 6, primary.id, slots, 1)))
                .isNull();
        assertThat(voter.promises()).hasSize(1);
        assertThat(voter.promise(clock, new Promise("d".repeat(40), 9, primary.id, slots, 1)))
                .isNotNull();
    }

    @Test
    void aShardThatComesBackIsOwnedByWhomTheLogNames() {
        SimCluster cluster = new SimCluster(14);
        cluster.form(3, 1);
        SimNode old = cluster.nodes.get(0);
        SimNode heir = cluster.nodes.get(3);
        SlotSet slots = old.picture().slotsOf(old.id);
        Promise promise = new Promise(CLUSTER, 1, old.id, slots, 1);
        for (SimNode node : cluster.nodes) {
            java.util.Objects.requireNonNull(node.node).settlePromises(node.clock(), over -> false, List.of(promise));
        }
        for (SimNode node : cluster.nodes) {
            ClaimsNode running = java.util.Objects.requireNonNull(node.node);
            running.settlePromises(node.clock(), over -> true, List.of());
            if (node == old || node == heir) {
                running.resume(node.clock(), heir.id, slots, 40);
            }
        }
        cluster.eventually("the heir serves", 5_000, () -> heir.takesWrites(0) && cluster.isWell());
        assertThat(old.picture().self().primaryId()).isEqualTo(heir.id);
        assertThat(heir.picture().self().configEpoch()).isEqualTo(40);
        // Another is elected, and then it is said again.
        heir.kill();
        cluster.eventually("the old one is elected", 8_000, () -> old.takesWrites(0));
        java.util.Objects.requireNonNull(old.node).resume(old.clock(), heir.id, slots, 40);
        heir.start(false);
        cluster.eventually("all are well", 8_000, cluster::isWell);
        java.util.Objects.requireNonNull(heir.node).resume(heir.clock(), heir.id, slots, 40);
        cluster.run(1_000);
        assertThat(old.takesWrites(0)).isTrue();
    }

    @Test
    void seededRolloutsNeverHaveTwoPrimaries() {
        int commits = 0;
        int aborts = 0;
        for (int seed = FIRST; seed < FIRST + SEEDS * 3; seed++) {
            Rollout rollout = history(seed);
            commits += rollout.commits;
            aborts += rollout.aborts;
        }
        assertThat(commits).as("some shards became raft's").isPositive();
        assertThat(aborts).as("some did not").isPositive();
    }

    private static Rollout history(int seed) {
        SimCluster cluster = new SimCluster(seed);
        cluster.form(3 + seed % 3, 1 + seed % 2);
        cluster.loss = cluster.random.nextDouble() * 0.1;
        cluster.maxDelay = 5L + cluster.random.nextInt(100);
        Rollout rollout = new Rollout(cluster);
        try {
            for (int step = 0; step < 400; step++) {
                chance(rollout);
                rollout.step();
                cluster.nodes.forEach(node -> {
                    if (cluster.random.nextInt(3) == 0) {
                        rollout.learn(node);
                    }
                });
                rollout.check();
                cluster.run(cluster.random.nextInt(80));
                rollout.check();
            }
        } catch (AssertionError e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage() + "\n" + cluster, e);
        }
        return rollout;
    }

    private static void chance(Rollout rollout) {
        SimCluster cluster = rollout.cluster;
        SimNode any = cluster.nodes.get(cluster.random.nextInt(cluster.nodes.size()));
        Attempt running = rollout.running;
        switch (cluster.random.nextInt(24)) {
            case 0 -> any.kill();
            case 1, 2, 3 ->
                cluster.nodes.forEach(node -> {
                    if (node.node == null && cluster.random.nextInt(3) == 0) {
                        rollout.restart(node);
                    }
                });
            case 4 -> cluster.nodes.forEach(node -> cluster.side(node, cluster.random.nextInt(2)));
            case 5, 6 -> cluster.heal();
            case 7, 8, 9, 10 -> {
                if (any.node != null) {
                    rollout.begin(any);
                }
            }
            // A commit of a sealed attempt comes whenever it comes, even when its primary is dead by then.
            case 11, 12 -> {
                if (running != null && running.sealed) {
                    rollout.decide(running.promise.attempt(), true);
                }
            }
            case 13 -> {
                if (running != null) {
                    rollout.decide(running.promise.attempt(), false);
                }
            }
            case 14 -> {
                if (any.node != null && !any.picture().self().isPrimary()) {
                    cluster.tell(any, admin -> admin.failover(false));
                }
            }
            case 15 -> {
                if (any.node != null && any.picture().self().isPrimary()) {
                    int slot = 601 * cluster.random.nextInt(27);
                    cluster.tell(any, admin -> admin.assign(slot, any.id, done -> {}));
                }
            }
            default -> {}
        }
    }
}

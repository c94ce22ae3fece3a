package io.cairn.raft.meta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.raft.meta.Layout.ShardLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class LayoutPlannerTest {
    private static final String CLUSTER = Nodes.id(0xC1);

    @Test
    void nineNodesInThreeProcessesGiveThreeShardsOfThreeAndThreeMetaVoters() throws PlanException {
        List<ClusterNode> nodes = Nodes.inDomains(3, 3, 3);
        Layout layout = LayoutPlanner.plan(CLUSTER, nodes, 2, false);
        assertThat(layout.shards()).hasSize(3);
        assertThat(layout.meta().voters()).containsExactly(Nodes.id(1), Nodes.id(4), Nodes.id(7));
        assertThat(layout.meta().learners()).hasSize(6);
        assertThat(layout.shards().stream().map(s -> s.voters().get(0)))
                .containsExactly(Nodes.id(1), Nodes.id(4), Nodes.id(7));
        assertThat(layout.shards().stream().map(s -> s.slots().get(0)))
                .containsExactly(new SlotRange(0, 5460), new SlotRange(5461, 10922), new SlotRange(10923, 16383));
        check(layout, 3);
    }

    @Test
    void sixNodesInThreeProcessesWithOneReplicaGiveThreeShardsOfTwo() throws PlanException {
        Layout layout = LayoutPlanner.plan(CLUSTER, Nodes.inDomains(2, 2, 2), 1, false);
        assertThat(layout.shards())
                .hasSize(3)
                .allSatisfy(shard -> assertThat(shard.voters()).hasSize(2));
        check(layout, 2);
    }

    @Test
    void threeNodesInThreeProcessesGiveOneShardOfThree() throws PlanException {
        Layout layout = LayoutPlanner.plan(CLUSTER, Nodes.inDomains(1, 1, 1), 2, false);
        assertThat(layout.shards()).hasSize(1);
        assertThat(layout.meta().voters()).hasSize(3);
        assertThat(layout.meta().learners()).isEmpty();
        check(layout, 3);
    }

    @Test
    void aNodeLeftOverFollowsAShardWithoutAVote() throws PlanException {
        Layout layout = LayoutPlanner.plan(CLUSTER, Nodes.inDomains(2, 1, 1), 2, false);
        assertThat(layout.shards()).hasSize(1);
        assertThat(layout.shards().get(0).voters()).hasSize(3);
        assertThat(layout.shards().get(0).learners()).containsExactly(Nodes.id(2));
    }

    @Test
    void twoReplicasOfAShardInOneProcessAreRefusedUnlessAllowed() throws PlanException {
        List<ClusterNode> nodes = Nodes.inDomains(3, 1);
        assertThatThrownBy(() -> LayoutPlanner.plan(CLUSTER, nodes, 1, false))
                .isInstanceOf(PlanException.class)
                .hasMessageContaining("shard 2 of 2");
        Layout allowed = LayoutPlanner.plan(CLUSTER, nodes, 1, true);
        assertThat(allowed.shards())
                .hasSize(2)
                .allSatisfy(shard -> assertThat(shard.voters()).hasSize(2));
    }

    @Test
    void fewerNodesThanReplicasAreRefused() {
        assertThatThrownBy(() -> LayoutPlanner.plan(CLUSTER, Nodes.inDomains(1, 1), 2, false))
                .isInstanceOf(PlanException.class)
                .hasMessageContaining("too few");
    }

    @Test
    void fourReplicasVoteWithThree() throws PlanException {
        Layout layout = LayoutPlanner.plan(CLUSTER, Nodes.inDomains(1, 1, 1, 1), 3, false);
        assertThat(layout.shards().get(0).voters()).hasSize(3);
        assertThat(layout.shards().get(0).learners()).hasSize(1);
        assertThat(layout.meta().voters()).hasSize(3);
    }

    @Test
    void everyPlanThatIsFoundKeepsItsPromises() {
        Random random = new Random(20_300);
        int planned = 0;
        for (int round = 0; round < 300; round++) {
            int[] sizes = new int[1 + random.nextInt(6)];
            for (int d = 0; d < sizes.length; d++) {
                sizes[d] = 1 + random.nextInt(5);
            }
            int replicas = random.nextInt(4);
            try {
                Layout layout = LayoutPlanner.plan(CLUSTER, Nodes.inDomains(sizes), replicas, false);
                check(layout, replicas + 1);
                planned++;
            } catch (PlanException e) {
                assertThat(e.getMessage()).containsAnyOf("shard", "too few");
            }
        }
        assertThat(planned).isGreaterThan(50);
    }

    @Test
    void slotRangesAreThoseOfRedisCli() {
        assertThat(LayoutPlanner.evenRanges(5))
                .containsExactly(
                        new SlotRange(0, 3276),
                        new SlotRange(3277, 6553),
                        new SlotRange(6554, 9829),
                        new SlotRange(9830, 13106),
                        new SlotRange(13107, 16383));
    }

    private static void check(Layout layout, int size) {
        Map<String, String> domains = new HashMap<>();
        layout.nodes().forEach(node -> domains.put(node.id(), node.domain()));
        Set<String> used = new HashSet<>();
        int slots = 0;
        Map<String, Integer> primaries = new HashMap<>();
        for (ShardLayout shard : layout.shards()) {
            List<String> members = new ArrayList<>(shard.voters());
            members.addAll(shard.learners());
            assertThat(members).allSatisfy(id -> assertThat(used.add(id)).isTrue());
            List<String> placed = members.subList(0, size);
            assertThat(placed.stream().map(domains::get)).doesNotHaveDuplicates();
            primaries.merge(domains.getOrDefault(shard.voters().get(0), ""), 1, Integer::sum);
            slots += shard.slots().stream().mapToInt(SlotRange::size).sum();
        }
        assertThat(slots).isEqualTo(SlotRange.SLOTS);
        assertThat(used).hasSameSizeAs(layout.nodes());
        assertThat(layout.meta().voters().stream().map(domains::get)).doesNotHaveDuplicates();
        assertThat(layout.meta().voters().size() % 2).isEqualTo(1);
    }
}

package io.cairn.raft.meta;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Read replicas, and voters that are lost. */
final class VotesTest {
    private static final String SHARD = Nodes.id(0xA1);

    private static Layout layout(List<ClusterNode> nodes, Members shard) {
        Members meta = MetaMembers.plan(nodes, List.of(), node -> true);
        return new Layout(
                Nodes.id(0xC1),
                nodes,
                meta,
                List.of(new Layout.ShardLayout(
                        SHARD, shard.voters(), shard.learners(), List.of(new SlotRange(0, 16_383)))));
    }

    private static ClusterMap formed(List<ClusterNode> nodes, Members shard) {
        return applied(ClusterMap.EMPTY, new MetaCommand.Form(layout(nodes, shard)));
    }

    private static ClusterMap applied(ClusterMap map, MetaCommand command) {
        MetaApply.Applied applied = MetaApply.apply(
                map, MetaCodec.decode(java.nio.ByteBuffer.wrap(MetaCodec.encode(command))), map.version() + 1);
        assertThat(applied.result().isApplied()).as(applied.result().reason()).isTrue();
        return MapCodec.decode(MapCodec.encode(applied.map()));
    }

    private static @Nullable Shard shard(ClusterMap map) {
        return map.shard(SHARD);
    }

    private static Members members(ClusterMap map) {
        Shard shard = java.util.Objects.requireNonNull(shard(map));
        return new Members(shard.voters(), shard.learners());
    }

    @Test
    void aNodeThatNeverVotesIsALearnerAndItsSeatGoesToAnother() {
        List<ClusterNode> nodes = Nodes.inDomains(1, 1, 1, 1);
        ClusterMap map =
                formed(nodes, new Members(List.of(Nodes.id(1), Nodes.id(2), Nodes.id(3)), List.of(Nodes.id(4))));
        map = applied(map, new MetaCommand.SetVote(Nodes.id(2), false));
        assertThat(members(map))
                .isEqualTo(new Members(List.of(Nodes.id(1), Nodes.id(3), Nodes.id(4)), List.of(Nodes.id(2))));
        assertThat(map.isReader(Nodes.id(2))).isTrue();
        // Two may vote then, which is what there is.
        map = applied(map, new MetaCommand.SetVote(Nodes.id(1), false));
        assertThat(members(map).voters()).containsExactly(Nodes.id(3), Nodes.id(4));
        map = applied(map, new MetaCommand.SetVote(Nodes.id(2), true));
        assertThat(members(map))
                .isEqualTo(new Members(List.of(Nodes.id(3), Nodes.id(4), Nodes.id(2)), List.of(Nodes.id(1))));
    }

    @Test
    void aReaderJoinsAsLearnerAndTheLastVoteStays() {
        List<ClusterNode> nodes = Nodes.inDomains(1, 1);
        ClusterMap map = formed(nodes, new Members(List.of(Nodes.id(1)), List.of()));
        map = applied(map, new MetaCommand.SetVote(Nodes.id(2), false));
        map = applied(map, new MetaCommand.Replicate(Nodes.id(2), Nodes.id(1), Nodes.id(0xA2)));
        assertThat(members(map)).isEqualTo(new Members(List.of(Nodes.id(1)), List.of(Nodes.id(2))));
        map = applied(map, new MetaCommand.SetVote(Nodes.id(1), false));
        assertThat(members(map).voters()).as("a group has a voter").containsExactly(Nodes.id(1));
        map = applied(map, new MetaCommand.Leave(Nodes.id(1)));
        assertThat(members(map).voters()).containsExactly(Nodes.id(2));
    }

    @Test
    void aLostVoterIsReplacedByALivingLearnerOfAFreeDomainOnly() {
        List<ClusterNode> nodes = Nodes.inDomains(2, 1, 1, 1);
        String lost = Nodes.id(4);
        Members before = new Members(List.of(Nodes.id(1), Nodes.id(3), lost), List.of(Nodes.id(2), Nodes.id(5)));
        ClusterMap map = formed(nodes, before);
        long[] now = {0};
        LostVoters voters = new LostVoters(() -> 60_000, () -> now[0]);
        Set<String> alive = new HashSet<>(Set.of(Nodes.id(1), Nodes.id(2), Nodes.id(3), Nodes.id(5)));
        voters.look(map, alive);
        now[0] = 59_999;
        voters.look(map, alive);
        assertThat(voters.swap(map, alive::contains)).isNull();
        now[0] = 60_000;
        voters.look(map, alive);
        MetaCommand.SwapVoter swap = voters.swap(map, alive::contains);
        assertThat(swap).isEqualTo(new MetaCommand.SwapVoter(SHARD, lost, Nodes.id(5)));
        assertThat(voters.swap(map, id -> !id.equals(Nodes.id(5)) && alive.contains(id)))
                .as("node 2 is in a domain that votes already")
                .isNull();
        ClusterMap without = applied(map, new MetaCommand.SetVote(Nodes.id(5), false));
        assertThat(voters.swap(without, alive::contains))
                .as("a reader never votes")
                .isNull();
        ClusterMap swapped = applied(map, java.util.Objects.requireNonNull(swap));
        assertThat(members(swapped))
                .isEqualTo(new Members(List.of(Nodes.id(1), Nodes.id(3), Nodes.id(5)), List.of(Nodes.id(2), lost)));
        assertThat(members(applied(swapped, swap))).isEqualTo(members(swapped));
        alive.add(lost);
        voters.look(swapped, alive);
        assertThat(voters.isLost(lost)).isFalse();
        voters.forget();
        alive.remove(lost);
        voters.look(map, alive);
        assertThat(voters.isLost(lost)).as("whoever leads then begins anew").isFalse();
    }

    @Test
    void aLostVoterOfTheMetaGroupIsReplacedWhereAnybodyCan() {
        List<ClusterNode> nodes = Nodes.inDomains(1, 1, 1, 1);
        List<String> voters = List.of(Nodes.id(1), Nodes.id(2), Nodes.id(3));
        Members plan = MetaMembers.plan(
                nodes,
                voters,
                node -> !node.id().equals(Nodes.id(2)),
                node -> node.id().equals(Nodes.id(2)));
        assertThat(plan.voters()).containsExactly(Nodes.id(1), Nodes.id(3), Nodes.id(4));
        assertThat(plan.learners()).containsExactly(Nodes.id(2));
        List<ClusterNode> three = nodes.subList(0, 3);
        assertThat(MetaMembers.plan(
                                three,
                                voters,
                                node -> !node.id().equals(Nodes.id(2)),
                                node -> node.id().equals(Nodes.id(2)))
                        .voters())
                .containsExactlyInAnyOrderElementsOf(voters);
    }

    @Test
    void whoeverWasRemovedIsToldSoAndNobodyElse() {
        ClusterMap map = formed(Nodes.inDomains(1, 1), new Members(List.of(Nodes.id(1)), List.of()));
        map = applied(map, new MetaCommand.RemoveNode(Nodes.id(2)));
        Map<String, Integer> said = new TreeMap<>();
        for (int node : new int[] {1, 2, 3}) {
            byte[] question = new WireWriter()
                    .u8(1)
                    .text(Nodes.id(node))
                    .text(map.clusterId())
                    .toBytes();
            said.put("node " + node, (int) Standing.answer(question, map.clusterId(), map, true)[0]);
            said.put(
                    "node " + node + " by an old map", (int) Standing.answer(question, map.clusterId(), map, false)[0]);
            said.put("stranger to " + node, (int) Standing.answer(question, Nodes.id(0xC2), map, true)[0]);
        }
        assertThat(said)
                .containsEntry("node 2", 1)
                .containsEntry("node 1", 0)
                .containsEntry("node 3", 2)
                .containsEntry("node 1 by an old map", 0)
                .containsEntry("node 2 by an old map", 1)
                .containsEntry("node 3 by an old map", 0)
                .containsEntry("stranger to 3", 0)
                .containsEntry("stranger to 2", 0);
    }
}

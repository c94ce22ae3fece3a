package io.cairn.raft.meta;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** A member that is lost before it could announce a version keeps the cluster in version 1 no longer than an operator wants. */
final class ForgettingTest {
    private final MapTester cluster = new MapTester();

    @Test
    void aLostMemberOfAShardGoesByCommandsOfTheFirstVersion() {
        Shard shard = cluster.map.shards().get(1);
        String lost = shard.voters().get(1);
        for (ClusterNode node : cluster.map.activeNodes()) {
            if (!node.id().equals(lost)) {
                cluster.done(new MetaCommand.SetConfig(ClusterFormat.PREFIX + node.id(), "2"));
            }
        }
        assertThat(ClusterFormat.common(cluster.map)).isEqualTo(1);
        List<MetaCommand> commands = Forgetting.inFirstFormat(cluster.map, lost);
        assertThat(commands).hasSize(2).allMatch(command -> ClusterFormat.of(command) == ClusterFormat.FIRST);
        commands.forEach(cluster::done);
        assertThat(Objects.requireNonNull(cluster.map.node(lost)).isActive()).isFalse();
        assertThat(Objects.requireNonNull(cluster.map.shard(shard.id())).voters())
                .containsExactly(shard.voters().get(0), shard.voters().get(2));
        assertThat(ClusterFormat.common(cluster.map)).isEqualTo(2);
        cluster.done(new MetaCommand.RaiseFormat(2));
        assertThat(cluster.map.activeFormat()).isEqualTo(2);
    }

    @Test
    void aNodeWithoutAShardGoesAtOnce() {
        assertThat(Forgetting.inFirstFormat(cluster.map, Nodes.id(10)))
                .containsExactly(new MetaCommand.RemoveNode(Nodes.id(10)));
    }

    @Test
    void theOnlyMemberOfAShardStays() throws Exception {
        Layout layout = LayoutPlanner.plan(Nodes.id(0xC1), Nodes.inDomains(1, 1, 1), 0, false);
        ClusterMap map = MetaApply.apply(ClusterMap.EMPTY, new MetaCommand.Form(layout), 1)
                .map();
        assertThat(Forgetting.inFirstFormat(map, Nodes.id(2))).isEmpty();
    }
}

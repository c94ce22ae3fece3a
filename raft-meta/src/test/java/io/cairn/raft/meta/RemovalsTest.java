package io.cairn.raft.meta;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.GroupStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The last steps of a forgotten node: no group counts on it, it is told, it is removed. */
final class RemovalsTest {
    private final MapTester cluster = new MapTester();
    private final ScriptedHost host = new ScriptedHost();
    private final List<MetaCommand> proposed = new ArrayList<>();
    private final String self = Nodes.id(1);
    private final Removals removals = new Removals(self, host, command -> {
        proposed.add(command);
        return CompletableFuture.completedFuture(cluster.apply(command));
    });

    private void tick(String... voters) {
        removals.tick(
                cluster.map,
                new GroupStatus("meta", "LEADER", 1, self, 1, 1, 1, 1, List.of(voters), List.of(), Map.of(), 1, 0));
    }

    @Test
    void aNodeWhoseVoteIsNotTakenAwayForCertainIsNotToldYet() {
        cluster.done(new MetaCommand.Leave(Nodes.id(10)));
        tickChanging(List.of(), 2);
        tickChanging(List.of(self, Nodes.id(10)), 1);
        assertThat(host.sent).as("neither uncommitted nor joint").isEmpty();
        tickChanging(List.of(), 1);
        assertThat(host.sent).hasSize(1);
    }

    private void tickChanging(List<String> oldVoters, long membersIndex) {
        removals.tick(
                cluster.map,
                new GroupStatus(
                        "meta",
                        "LEADER",
                        1,
                        self,
                        1,
                        2,
                        1,
                        1,
                        List.of(self),
                        List.of(),
                        Map.of(),
                        1,
                        0,
                        oldVoters,
                        membersIndex,
                        Set.of(self)));
    }

    private static CompletableFuture<byte[]> answer() {
        return CompletableFuture.completedFuture(new byte[0]);
    }

    @Test
    void aNodeThatVotesOrHasAShardIsNotToldYet() {
        Shard shard = Objects.requireNonNull(cluster.map.owner(0));
        String replica = shard.voters().get(1);
        cluster.done(new MetaCommand.Leave(replica));
        tick(self);
        assertThat(host.sent).as("its shard has not let it go").isEmpty();
        cluster.done(new MetaCommand.Departed(replica, shard.id()));
        tick(self, replica);
        assertThat(host.sent).as("it votes in the meta group").isEmpty();
        host.answers.add(answer());
        tick(self);
        assertThat(host.sent).containsExactly(MessageTypes.FAREWELL + " " + replica);
        assertThat(proposed).isEmpty();
        tick(self);
        assertThat(proposed).containsExactly(new MetaCommand.RemoveNode(replica));
        assertThat(cluster.map.departures()).isEmpty();
        tick(self);
        assertThat(proposed).hasSize(1);
    }

    @Test
    void aNodeThatDoesNotAnswerIsToldThreeTimesAndRemovedAllTheSame() {
        cluster.done(new MetaCommand.Leave(Nodes.id(10)));
        for (int i = 0; i < 3; i++) {
            tick(self);
            assertThat(proposed).isEmpty();
        }
        assertThat(host.sent).hasSize(3);
        tick(self);
        assertThat(proposed).containsExactly(new MetaCommand.RemoveNode(Nodes.id(10)));
        assertThat(Objects.requireNonNull(cluster.map.node(Nodes.id(10))).isActive())
                .isFalse();
    }

    @Test
    void theLeaderDoesNotRemoveItself() {
        cluster.done(new MetaCommand.Leave(self));
        cluster.done(new MetaCommand.Departed(
                self, Objects.requireNonNull(cluster.map.owner(0)).id()));
        tick(Nodes.id(4));
        assertThat(host.sent).isEmpty();
        assertThat(proposed).isEmpty();
    }
}

package io.cairn.raft.meta;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.GroupStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class MetaMembersTest {
    private final List<ClusterNode> nine = Nodes.inDomains(3, 3, 3);

    @Test
    void aDeadVoterKeepsItsSeatUntilItIsReplaced() {
        List<String> voters = List.of(Nodes.id(1), Nodes.id(4), Nodes.id(7));
        Members plan = MetaMembers.plan(nine, voters, node -> !node.domain().equals("process-a"));
        assertThat(plan.voters()).containsExactlyElementsOf(voters);
    }

    @Test
    void aFreeSeatGoesToALivingNodeOfADomainWithoutAVoter() {
        List<String> voters = List.of(Nodes.id(1), Nodes.id(4), Nodes.id(7));
        List<ClusterNode> active = new ArrayList<>(nine);
        active.removeIf(node -> node.id().equals(Nodes.id(1)));
        active.add(Nodes.node(0x101, "process-a"));
        Members plan = MetaMembers.plan(active, voters, node -> node.id().equals(Nodes.id(0x101)));
        assertThat(plan.voters()).containsExactly(Nodes.id(4), Nodes.id(7), Nodes.id(0x101));
    }

    @Test
    void noSecondVoterOfADomainIsTakenForAFreeSeat() {
        List<String> voters = List.of(Nodes.id(1), Nodes.id(4), Nodes.id(7));
        List<ClusterNode> active = new ArrayList<>(nine);
        active.removeIf(node -> node.id().equals(Nodes.id(1)));
        Members plan = MetaMembers.plan(active, voters, node -> !node.domain().equals("process-a"));
        assertThat(plan.voters()).containsExactly(Nodes.id(4), Nodes.id(7));
    }

    /** Three domains become two, one of which is down but not lost yet: the one seat is no seat for the dead. */
    @Test
    void whereSeatsBecomeFewerTheVotersThatAnswerKeepTheirs() {
        List<ClusterNode> active = Nodes.inDomains(1, 1);
        String down = active.get(0).id();
        String lives = active.get(1).id();
        String leaves = Nodes.id(9);
        GroupStatus status = new GroupStatus(
                "meta",
                "LEADER",
                3,
                leaves,
                1,
                9,
                9,
                9,
                List.of(down, lives, leaves),
                List.of(),
                Map.of(),
                0,
                0,
                List.of(),
                0,
                Set.of(lives, leaves));
        Members plan = MetaMembers.plan(active, MembershipStep.votersThatAnswerFirst(status), node -> true);
        assertThat(plan.voters()).containsExactly(lives);
    }

    @Test
    void numbersOfVotersAreOddAndAtMostFive() {
        assertThat(List.of(1, 2, 3, 4, 5, 6, 9).stream().map(MetaMembers::voterCount))
                .containsExactly(1, 1, 3, 3, 5, 5, 5);
    }
}

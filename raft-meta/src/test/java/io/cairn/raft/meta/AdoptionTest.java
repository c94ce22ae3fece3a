package io.cairn.raft.meta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.raft.meta.NodeDirectory.SeenNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class AdoptionTest {
    private static final String CLUSTER = Nodes.id(0xC1);
    private static final ClusterNode FRESH = Nodes.node(0x102, "process-a");

    private final ScriptedHost host = new ScriptedHost();
    private final List<SeenNode> seen = new ArrayList<>();
    private final List<MetaCommand> proposed = new ArrayList<>();
    private final List<String> taken = new ArrayList<>();
    private long now = 1_000_000;
    private ClusterMap map = formed();
    private final Adoption adoption =
            new Adoption(Nodes.id(1), host, () -> seen, new RecordingTaker(), this::propose, () -> now);

    private static ClusterMap formed() {
        try {
            Layout layout = LayoutPlanner.plan(CLUSTER, Nodes.inDomains(3, 3, 3), 2, false);
            return MetaApply.apply(ClusterMap.EMPTY, new MetaCommand.Form(layout), 1)
                    .map();
        } catch (PlanException e) {
            throw new AssertionError(e);
        }
    }

    private CompletableFuture<MetaResult> propose(MetaCommand command) {
        proposed.add(command);
        return CompletableFuture.completedFuture(MetaResult.applied(2));
    }

    private static SeenNode see(String id, int port, String cluster, boolean alive) {
        return new SeenNode(id, "127.0.0.1", port, 1, 27_000, "", "process-a", cluster, alive);
    }

    @Test
    void anEmptyNodeAtADeadMembersAddressReplacesIt() {
        seen.add(see(Nodes.id(2), 7_002, CLUSTER, false));
        seen.add(see(FRESH.id(), 7_002, "", true));
        adoption.tick(map);
        assertThat(proposed).hasSize(1);
        assertThat(proposed.get(0)).isInstanceOfSatisfying(MetaCommand.ReplaceNode.class, replace -> {
            assertThat(replace.oldId()).isEqualTo(Nodes.id(2));
            assertThat(replace.node().id()).isEqualTo(FRESH.id());
        });
        adoption.tick(map);
        assertThat(proposed).as("not twice in a moment").hasSize(1);
        now += Adoption.INVITE_MILLIS;
        adoption.tick(map);
        assertThat(proposed).hasSize(2);
    }

    @Test
    void aLivingMemberIsNeverReplaced() {
        seen.add(see(Nodes.id(2), 7_002, CLUSTER, true));
        seen.add(see(FRESH.id(), 7_002, "", true));
        adoption.tick(map);
        assertThat(proposed).isEmpty();
    }

    @Test
    void aNodeOfAnotherClusterADeadOneOrOneElsewhereIsLeftAlone() {
        seen.add(see(FRESH.id(), 7_002, Nodes.id(0xC2), true));
        seen.add(see(Nodes.id(0x103), 7_003, "", false));
        seen.add(see(Nodes.id(0x104), 9_999, "", true));
        adoption.tick(map);
        assertThat(proposed).isEmpty();
        assertThat(host.sent).isEmpty();
    }

    @Test
    void aKnownMemberWithoutAClusterIsInvitedOnceASecond() {
        seen.add(see(Nodes.id(2), 7_002, "", true));
        adoption.tick(map);
        adoption.tick(map);
        assertThat(host.sent).containsExactly(MessageTypes.ADOPT + " :27000");
        now += Adoption.INVITE_MILLIS;
        adoption.tick(map);
        assertThat(host.sent).hasSize(2);
    }

    @Test
    void aReplacedIdIsNeverInvitedAgain() {
        map = MetaApply.apply(map, new MetaCommand.ReplaceNode(Nodes.id(2), at(7_002)), 2)
                .map();
        seen.add(see(Nodes.id(2), 7_002, "", true));
        adoption.tick(map);
        assertThat(host.sent).isEmpty();
        assertThat(proposed).isEmpty();
    }

    private static ClusterNode at(int port) {
        return new ClusterNode(FRESH.id(), "127.0.0.1", port, 1, 2, "", "process-a", NodeState.ACTIVE);
    }

    @Test
    void anInvitationIsTakenOnceAndByTheRightNodeOnly() {
        byte[] mine = invitation(Nodes.id(1), CLUSTER);
        assertThat(objection(adoption.answer(invitation(Nodes.id(7), CLUSTER)))).contains("another node");
        assertThat(taken).isEmpty();
        assertThat(objection(adoption.answer(mine))).isEmpty();
        assertThat(objection(adoption.answer(mine))).as("again").isEmpty();
        assertThat(taken).containsExactly(CLUSTER);
        assertThat(objection(adoption.answer(invitation(Nodes.id(1), Nodes.id(0xC2)))))
                .contains("in cluster");
    }

    @Test
    void aBrokenInvitationIsAFormatError() {
        byte[] good = invitation(Nodes.id(1), CLUSTER);
        for (int cut = 0; cut < good.length; cut++) {
            byte[] bad = java.util.Arrays.copyOf(good, cut);
            assertThatThrownBy(() -> adoption.answer(bad)).isInstanceOf(FormatException.class);
        }
        assertThat(taken).isEmpty();
    }

    private static byte[] invitation(String target, String cluster) {
        WireWriter out = new WireWriter().u8(1).text(target).text(cluster);
        MetaCodec.writeNodes(out, Nodes.inDomains(1, 1));
        return out.toBytes();
    }

    private static String objection(byte[] answer) {
        return new WireReader(answer).text();
    }

    private final class RecordingTaker implements Adoption.Taker {
        @Override
        public String clusterId() {
            return taken.isEmpty() ? "" : taken.get(0);
        }

        @Override
        public void take(String clusterId, List<ClusterNode> peers) {
            taken.add(clusterId);
        }
    }
}

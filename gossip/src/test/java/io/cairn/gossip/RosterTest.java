package io.cairn.gossip;

import static org.assertj.core.api.Assertions.assertThat;

import io.scalecube.cluster.membership.MemberStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RosterTest {
    private final List<String> events = new ArrayList<>();
    private long now = 1_000;
    private final Roster roster = new Roster(
            Runnable::run,
            new GossipListener() {
                @Override
                public void joined(Peer peer) {
                    events.add("joined " + peer.info().nodeId());
                }

                @Override
                public void updated(Peer peer) {
                    events.add("updated " + peer.info().nodeId());
                }

                @Override
                public void suspected(Peer peer) {
                    events.add("suspected " + peer.info().nodeId());
                    throw new IllegalStateException("a listener that fails disturbs nobody");
                }

                @Override
                public void recovered(Peer peer) {
                    events.add("recovered " + peer.info().nodeId());
                }

                @Override
                public void left(Peer peer) {
                    events.add("left " + peer.info().nodeId());
                }
            },
            info("self", 1, 1),
            () -> now);

    private static NodeInfo info(String id, long started, int port) {
        return new NodeInfo(id, started, "h", port, port, 0, "", "", "", "");
    }

    private void add(String id, long started, int port) {
        roster.added(id + "-" + started, "h:" + port, info(id, started, port));
    }

    private Peer peer(String id) {
        return Optional.ofNullable(roster.others().get(id)).orElseThrow();
    }

    private Health health(String id) {
        return peer(id).health();
    }

    @Test
    void aHigherIncarnationRefutesASuspicion() {
        add("a", 1, 5);
        roster.record("a-1", MemberStatus.ALIVE, 3);
        roster.record("a-1", MemberStatus.SUSPECT, 2);
        assertThat(health("a")).isEqualTo(Health.ALIVE);
        roster.record("a-1", MemberStatus.SUSPECT, 3);
        roster.record("a-1", MemberStatus.ALIVE, 3);
        assertThat(health("a")).isEqualTo(Health.SUSPECT);
        roster.record("a-1", MemberStatus.ALIVE, 4);
        assertThat(health("a")).isEqualTo(Health.ALIVE);
        roster.record("unknown", MemberStatus.SUSPECT, 9);
        assertThat(events).containsExactly("joined a", "suspected a", "recovered a");
    }

    @Test
    void aRefusedConnectionIsASuspicionUntilItIsHeardAgain() {
        add("a", 1, 5);
        roster.refused("h:5", true);
        roster.record("a-1", MemberStatus.ALIVE, 9);
        assertThat(health("a")).isEqualTo(Health.SUSPECT);
        roster.refused("h:5", false);
        assertThat(health("a")).isEqualTo(Health.ALIVE);
        roster.removed("a-1", false);
        roster.refused("h:5", true);
        assertThat(health("a")).isEqualTo(Health.DEAD);
        assertThat(roster.lost()).containsExactly("h:5");
        assertThat(roster.reachable()).isEmpty();
    }

    @Test
    void whoRefusesTooLongIsDeadAndCanStillComeBack() {
        add("a", 1, 5);
        roster.refused("h:5", true);
        now += Roster.REFUSED_DEAD_MILLIS - 1;
        roster.refused("h:5", true);
        roster.sweep();
        assertThat(health("a")).isEqualTo(Health.SUSPECT);
        now += 1;
        roster.sweep();
        assertThat(health("a")).isEqualTo(Health.DEAD);
        assertThat(roster.knows("h:5")).isFalse();
        roster.refused("h:5", false);
        assertThat(health("a")).isEqualTo(Health.ALIVE);
        roster.removed("a-1", false);
        roster.refused("h:5", false);
        assertThat(health("a")).isEqualTo(Health.DEAD);
        assertThat(events).containsExactly("joined a", "suspected a", "left a", "joined a", "left a");
    }

    @Test
    void aRestartTakesThePlaceOfTheOldStart() {
        add("a", 1, 5);
        add("a", 2, 5);
        roster.removed("a-1", false);
        assertThat(health("a")).isEqualTo(Health.ALIVE);
        add("a", 1, 6);
        assertThat(peer("a").info().clientPort()).isEqualTo(5);
        assertThat(events).containsExactly("joined a", "left a", "joined a");
    }

    @Test
    void anotherNodeAtTheSameAddressReplacesTheOld() {
        add("a", 1, 5);
        add("b", 2, 5);
        assertThat(roster.others().keySet()).containsExactly("b");
        assertThat(events).containsExactly("joined a", "left a", "joined b");
    }

    @Test
    void theDeadAreDroppedInTheEndAndTheLeftSooner() {
        add("a", 1, 5);
        add("b", 1, 6);
        roster.removed("a-1", false);
        roster.removed("b-1", true);
        now += Roster.LEFT_KEPT_MILLIS + 1;
        roster.sweep();
        assertThat(roster.others().keySet()).containsExactly("a");
        now += Roster.DEAD_KEPT_MILLIS + 1;
        roster.sweep();
        assertThat(roster.others()).isEmpty();
    }

    @Test
    void aForgottenNodeStaysAwayForItsTime() {
        add("a", 1, 5);
        roster.forget("a");
        assertThat(roster.others()).isEmpty();
        add("a", 2, 5);
        assertThat(roster.others()).isEmpty();
        now += Roster.FORGOTTEN_MILLIS + 1;
        roster.sweep();
        assertThat(roster.others()).hasSize(1);
        assertThat(roster.knows("h:5")).isTrue();
    }

    @Test
    void theNewestSoftStateWins() {
        add("a", 1, 5);
        SoftState newer = new SoftState(7, 1, 1, 1, 1, false, "", "", 1, 1);
        roster.states(Map.of("a", newer, "x", newer));
        roster.states(Map.of("a", SoftState.EMPTY.withSequence(6)));
        assertThat(peer("a").state()).isEqualTo(newer);
        assertThat(roster.others()).hasSize(1);
    }

    @Test
    void aTwinOfThisNodeIsNotShown() {
        add("self", 9, 5);
        assertThat(roster.others()).isEmpty();
        assertThat(events).isEmpty();
    }

    @Test
    void newsOfAMemberIsTold() {
        add("a", 1, 5);
        roster.updated("a-1", info("a", 1, 5).withClusterId("c"));
        roster.updated("a-1", info("a", 1, 5).withClusterId("c"));
        assertThat(events).containsExactly("joined a", "updated a");
    }
}

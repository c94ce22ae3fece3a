package io.cairn.gossip;

import static io.cairn.gossip.TestNode.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GossipIT {
    private static final int BASE = 20_400;
    private static final long LONG = 20_000;

    private final GossipThreads threads = new GossipThreads();
    private final List<TestNode> nodes = new ArrayList<>();

    @AfterEach
    void stop() {
        nodes.parallelStream().forEach(TestNode::close);
        threads.close();
    }

    private TestNode node(int id, int port, String secret, int... seeds) throws GossipException {
        TestNode node = new TestNode(threads, id, port, secret, seeds);
        nodes.add(node);
        return node;
    }

    private void start(int count, String secret) throws GossipException {
        for (int i = 0; i < count; i++) {
            node(i + 1, BASE + i, secret, BASE);
        }
        eventually(
                "all see all",
                LONG,
                () -> nodes.stream().allMatch(a -> nodes.stream().allMatch(b -> a.sees(b, Health.ALIVE))));
    }

    @Test
    void threeMembersConvergeAndShareSoftState() throws Exception {
        start(3, "secret");
        nodes.get(2).clients = 42;
        eventually(
                "soft state arrives",
                LONG,
                () -> nodes.stream()
                        .allMatch(n -> n.gossip
                                        .member(nodes.get(2).id)
                                        .orElseThrow()
                                        .state()
                                        .clients()
                                == 42));
        nodes.get(1).gossip.update(nodes.get(1).gossip.self().withClusterId("c1"));
        eventually(
                "the cluster id arrives",
                LONG,
                () -> nodes.stream()
                        .allMatch(n -> n.gossip
                                .member(nodes.get(1).id)
                                .orElseThrow()
                                .info()
                                .clusterId()
                                .equals("c1")));
        told(nodes.get(0), "joined 2", "joined 3", "updated 2");
    }

    @Test
    void nineMembersSeeOneDieAndComeBackUnderANewId() throws Exception {
        start(9, "");
        TestNode victim = nodes.remove(4);
        long killed = System.nanoTime();
        victim.vanish();
        eventually(
                "all suspect it",
                LONG,
                () -> nodes.stream().allMatch(n -> n.sees(victim, Health.SUSPECT) || n.sees(victim, Health.DEAD)));
        long suspected = (System.nanoTime() - killed) / 1_000_000;
        eventually("all see it dead", LONG, () -> nodes.stream().allMatch(n -> n.sees(victim, Health.DEAD)));
        System.out.println("suspected by all after " + suspected + " ms, dead after "
                + (System.nanoTime() - killed) / 1_000_000 + " ms");
        TestNode heir = node(99, victim.port, "", BASE);
        eventually(
                "all see the heir", LONG, () -> nodes.stream().allMatch(n -> n.sees(heir, Health.ALIVE) || n == heir));
        assertThat(nodes.get(0).gossip.member(victim.id)).isEmpty();
        told(nodes.get(0), "left 5", "joined 99");
        assertThat(nodes.get(0).events).doesNotContain("left 99");
    }

    @Test
    void aWrongSecretIsNotAdmitted() throws Exception {
        start(2, "right");
        TestNode stranger = node(7, BASE + 7, "wrong", BASE);
        TestNode open = node(8, BASE + 8, "", BASE);
        TestNode late = node(9, BASE + 9, "right", BASE);
        eventually("the late one joins", LONG, () -> nodes.get(0).sees(late, Health.ALIVE));
        assertThat(nodes.get(0).gossip.members()).hasSize(3);
        assertThat(stranger.gossip.members()).hasSize(1);
        assertThat(open.gossip.members()).hasSize(1);
    }

    @Test
    void aGoodbyeIsSeenAtOnceAndASeedThatComesLateIsFound() throws Exception {
        TestNode early = node(1, BASE + 1, "", BASE + 2);
        assertThat(early.gossip.members()).hasSize(1);
        TestNode late = node(2, BASE + 2, "");
        eventually("they meet", LONG, () -> early.sees(late, Health.ALIVE) && late.sees(early, Health.ALIVE));
        late.close();
        eventually("it left", LONG, () -> early.sees(late, Health.DEAD));
        told(early, "joined 2", "left 2");
        assertThat(early.events).containsExactly("joined 2", "left 2");
    }

    @Test
    void meetJoinsAndForgetSticks() throws Exception {
        TestNode a = node(1, BASE + 1, "");
        TestNode b = node(2, BASE + 2, "");
        a.gossip.meet(new SeedAddress("localhost", BASE + 2));
        eventually("they meet", LONG, () -> a.sees(b, Health.ALIVE) && b.sees(a, Health.ALIVE));
        a.gossip.forget(b.id);
        eventually("it is forgotten", LONG, () -> a.gossip.member(b.id).isEmpty());
        told(a, "joined 2", "left 2");
        assertThat(a.events).containsExactly("joined 2", "left 2");
    }

    /** Listeners are told by a thread of their own, a little after the members have changed. */
    private static void told(TestNode node, String... events) {
        eventually("the listener is told", LONG, () -> node.events.containsAll(List.of(events)));
    }

    @Test
    void strangersNeedASecret() {
        NodeInfo info = new NodeInfo("1", 1, "0.0.0.0", 1, BASE, 0, "", "", "", "");
        assertThatThrownBy(() -> Gossip.start(
                        new GossipOptions(threads, "0.0.0.0", BASE, info, List.of(), "", () -> SoftState.EMPTY),
                        new GossipListener() {}))
                .hasMessageContaining("cluster-peer-secret");
    }

    @Test
    void aTakenPortIsOneClearLine() throws Exception {
        node(1, BASE + 1, "");
        assertThatThrownBy(() -> node(2, BASE + 1, ""))
                .isInstanceOf(GossipException.class)
                .hasMessageContaining("cannot start on 127.0.0.1:" + (BASE + 1))
                .hasMessageContaining("in use");
    }
}

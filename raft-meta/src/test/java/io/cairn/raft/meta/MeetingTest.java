package io.cairn.raft.meta;

import static io.cairn.raft.meta.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.meta.ClusterFile.Seal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** MEET between nodes without sockets and disks: one thread does what their cluster threads do (SAFETY 18). */
final class MeetingTest {
    private static final int SECONDS = 20;

    private final FakeNetwork network = new FakeNetwork();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
    /** The maps of all clusters; a group's log is this map of its members. */
    private final Map<String, ClusterMap> clusters = new HashMap<>();

    private final List<Member> members = new ArrayList<>();
    private long index;
    /** How many of the next answers to an admission are lost. */
    private int lostAdmissions;

    private final AtomicLong aheadMillis = new AtomicLong();

    /** What all see of each other. */
    private List<NodeDirectory.SeenNode> gossip = List.of();

    @AfterEach
    void close() {
        thread.shutdownNow();
        network.close();
    }

    /** A node and the part of it that MEET changes. */
    private final class Member implements Meeting.Part {
        final ClusterNode self;
        final Meeting meeting;
        String clusterId = "";
        /** Clusters that it left as their only node. */
        final Set<String> leftAlone = new HashSet<>();
        /** Gets no admission any more: it is dead, as far as those are concerned. */
        boolean deaf;

        @Nullable
        Seal seal;

        /** The map that this node alone has. */
        @Nullable
        ClusterMap own;

        Member(int number) {
            self = Nodes.node(number, "process-" + number);
            FakeHost host = network.host(self.id(), self.raftAddress());
            meeting = new Meeting(
                    self,
                    host,
                    () -> gossip,
                    this,
                    thread,
                    () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()) + aheadMillis.get());
            host.handle(MessageTypes.MEET_ASK, true, (from, bytes) -> on(() -> meeting.answerAsk(bytes)));
            host.handle(MessageTypes.MEET_JOIN, true, (from, bytes) -> on(() -> meeting.answerJoin(bytes)));
            host.handle(
                    MessageTypes.MEET_ADMIT,
                    true,
                    (from, bytes) -> on(() -> {
                                if (deaf) {
                                    throw new IllegalStateException("dead");
                                }
                                // Now, not when the answer is there: a test may have changed it by then.
                                boolean lost = lostAdmissions-- > 0;
                                return meeting.answerAdmit(bytes)
                                        .thenApply(answer -> Objects.requireNonNull(lost ? null : answer, "lost"));
                            })
                            .thenCompose(answer -> answer));
            thread.scheduleWithFixedDelay(meeting::tick, 5, 5, TimeUnit.MILLISECONDS);
            members.add(this);
        }

        CompletableFuture<String> meet(Member other) {
            return meeting.meet(other.self);
        }

        @Override
        public String clusterId() {
            return clusterId;
        }

        @Override
        public ClusterMap map() {
            ClusterMap mine = own;
            return mine != null ? mine : clusters.getOrDefault(clusterId, ClusterMap.EMPTY);
        }

        @Override
        public CompletableFuture<@Nullable Void> formAlone() {
            if (clusterId.isEmpty()) {
                clusterId = Ids.random();
                Layout alone =
                        new Layout(clusterId, List.of(self), new Members(List.of(self.id()), List.of()), List.of());
                clusters.put(clusterId, ClusterMap.EMPTY);
                propose(new MetaCommand.Form(alone));
            }
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void seal(@Nullable Seal with) {
            seal = with;
        }

        @Override
        public boolean hasLeftAlone(String left) {
            return leftAlone.contains(left);
        }

        @Override
        public boolean isSettled() {
            return true;
        }

        @Override
        public CompletableFuture<MetaResult> propose(MetaCommand command) {
            if (seal != null) {
                return CompletableFuture.completedFuture(MetaResult.notTaken("sealed"));
            }
            MetaApply.Applied applied = MetaApply.apply(map(), command, ++index);
            clusters.put(clusterId, applied.map());
            return CompletableFuture.completedFuture(applied.result());
        }

        @Override
        public void enter(String entered, List<ClusterNode> hosts) {
            clusters.remove(clusterId);
            leftAlone.add(clusterId);
            clusterId = entered;
            seal = null;
        }

        void owns(int first, int last) {
            formAlone();
            assertThat(propose(new MetaCommand.Assign(self.id(), Ids.random(), List.of(new SlotRange(first, last))))
                            .join()
                            .reason())
                    .isEmpty();
        }
    }

    private <T extends @Nullable Object> CompletableFuture<T> on(Supplier<T> work) {
        return CompletableFuture.supplyAsync(work, thread);
    }

    private void allIn(int size, Member... nodes) {
        eventually(
                SECONDS,
                () -> on(() -> {
                            for (Member node : nodes) {
                                assertThat(node.clusterId)
                                        .isEqualTo(nodes[0].clusterId)
                                        .isNotEmpty();
                                assertThat(node.map().activeNodes()).hasSize(size);
                                assertThat(node.seal).isNull();
                            }
                            return true;
                        })
                        .get());
    }

    @Test
    void twoNodesInNoClusterMeetInOne() throws Exception {
        Member one = new Member(1);
        Member two = new Member(2);
        assertThat(two.meet(one).get(SECONDS, TimeUnit.SECONDS)).isEmpty();
        allIn(2, one, two);
        assertThat(one.meet(two).get(SECONDS, TimeUnit.SECONDS)).as("again").isEmpty();
    }

    /** The meta group was recovered from a replica without an admission: two maps of one cluster, one of them of the past. */
    @Test
    void aNodeWhoseAdmissionWasLostHasNotMetTheClusterAndIsToldSo() throws Exception {
        Member one = new Member(1);
        Member two = new Member(2);
        Member lost = new Member(3);
        assertThat(one.meet(two).get(SECONDS, TimeUnit.SECONDS)).isEmpty();
        allIn(2, one, two);
        ClusterMap recovered = on(one::map).get();
        assertThat(one.meet(lost).get(SECONDS, TimeUnit.SECONDS)).isEmpty();
        allIn(3, one, two, lost);
        on(() -> {
                    lost.own = lost.map();
                    clusters.put(one.clusterId, recovered);
                    return true;
                })
                .get();
        CompletableFuture<String> there = lost.meet(one);
        CompletableFuture<String> back = one.meet(lost);
        for (long step = 0; step < 20; step++) {
            Thread.sleep(50);
            aheadMillis.addAndGet(Meeting.MEET_MILLIS / 15);
        }
        assertThat(there.get(SECONDS, TimeUnit.SECONDS)).contains(lost.self.id(), "CLUSTER RESET");
        assertThat(back.get(SECONDS, TimeUnit.SECONDS)).contains(lost.self.id(), "CLUSTER RESET");
    }

    @Test
    void twoThatMeetEachOtherAtOnceEndInOneCluster() throws Exception {
        Member one = new Member(1);
        Member two = new Member(2);
        on(() -> {
                    one.owns(0, 99);
                    two.owns(100, 199);
                    return true;
                })
                .get();
        CompletableFuture<String> forth = one.meet(two);
        CompletableFuture<String> back = two.meet(one);
        assertThat(forth.get(SECONDS, TimeUnit.SECONDS)).isEmpty();
        assertThat(back.get(SECONDS, TimeUnit.SECONDS)).isEmpty();
        allIn(2, one, two);
        assertThat(on(() -> one.map().ownedSlots()).get()).isEqualTo(200);
        assertThat(on(() -> clusters.size()).get()).as("one meta group").isOne();
    }

    /** What redis-cli --cluster create sends: each node meets the first. */
    @Test
    void eightNodesThatMeetTheFirstAtOnceEndInOneCluster() throws Exception {
        List<Member> all = new ArrayList<>();
        for (int i = 1; i <= 8; i++) {
            all.add(new Member(i));
        }
        on(() -> {
                    for (int i = 0; i < 8; i++) {
                        all.get(i).owns(i * 100, i * 100 + 99);
                    }
                    return true;
                })
                .get();
        List<CompletableFuture<String>> meets = new ArrayList<>();
        for (Member node : all.subList(1, 8)) {
            meets.add(node.meet(all.get(0)));
        }
        for (CompletableFuture<String> meet : meets) {
            assertThat(meet.get(SECONDS, TimeUnit.SECONDS)).isEmpty();
        }
        allIn(8, all.toArray(Member[]::new));
        assertThat(on(() -> all.get(3).map().ownedSlots()).get()).isEqualTo(800);
    }

    /** Who invited it is single, and looks again. */
    @Test
    void anInvitationThatComesTooLateIsNoRefusal() throws Exception {
        Member one = new Member(1);
        Member two = new Member(2);
        Member late = new Member(3);
        one.meet(two).get(SECONDS, TimeUnit.SECONDS);
        allIn(2, one, two);
        WireWriter invitation = new WireWriter().u8(1).text(one.self.id()).text("c".repeat(40));
        MetaCodec.writeNode(invitation, late.self);
        byte[] answer = on(() -> one.meeting.answerJoin(invitation.toBytes())).get();
        assertThat(MetaCodec.whole(new WireReader(answer), WireReader::text)).isEmpty();
        assertThat(one.meeting.joining()).isNull();
    }

    @Test
    void aNodeWhoseSlotsOthersHaveIsRefusedAndGoesOnAlone() throws Exception {
        Member one = new Member(1);
        Member two = new Member(2);
        on(() -> {
                    one.owns(0, 99);
                    two.owns(50, 60);
                    return true;
                })
                .get();
        assertThat(two.meet(one).get(SECONDS, TimeUnit.SECONDS)).contains("both clusters have slot 5");
        eventually(
                SECONDS,
                () -> assertThat(on(() -> one.seal == null && two.seal == null).get())
                        .isTrue());
        assertThat(on(() -> clusters.size()).get()).isEqualTo(2);
        assertThat(on(() -> two.propose(new MetaCommand.SetConfig("a", "b"))
                                .join()
                                .isApplied())
                        .get())
                .as("the seal is broken")
                .isTrue();
    }

    @Test
    void twoClustersOfSeveralNodesDoNotBecomeOne() throws Exception {
        Member one = new Member(1);
        Member two = new Member(2);
        Member three = new Member(3);
        Member four = new Member(4);
        two.meet(one).get(SECONDS, TimeUnit.SECONDS);
        four.meet(three).get(SECONDS, TimeUnit.SECONDS);
        allIn(2, one, two);
        allIn(2, three, four);
        assertThat(one.meet(three).get(SECONDS, TimeUnit.SECONDS))
                .isEqualTo("both nodes are in clusters of several nodes");
    }

    @Test
    void aLostAnswerToAnAdmissionIsAskedForAgain() throws Exception {
        Member one = new Member(1);
        Member two = new Member(2);
        on(() -> {
                    one.owns(0, 99);
                    two.owns(100, 199);
                    lostAdmissions = 3;
                    return true;
                })
                .get();
        assertThat(two.meet(one).get(SECONDS, TimeUnit.SECONDS)).isEmpty();
        allIn(2, one, two);
        assertThat(on(() -> lostAdmissions).get()).isNotPositive();
    }

    /** A pair in one cluster, and a single node with slots that is sealed to join it, which the first of the pair keeps from it. */
    private List<Member> sealedWithoutItsHost() throws Exception {
        Member one = new Member(1);
        Member two = new Member(2);
        Member single = new Member(3);
        one.meet(two).get(SECONDS, TimeUnit.SECONDS);
        allIn(2, one, two);
        on(() -> {
                    one.deaf = true;
                    single.owns(0, 99);
                    return true;
                })
                .get();
        assertThat(single.meet(one)).isNotCompleted();
        eventually(SECONDS, () -> assertThat(on(() -> single.seal).get()).isNotNull());
        return List.of(one, two, single);
    }

    @Test
    void aSealedNodeWhoseHostDiedAsksTheOthersThatGossipShows() throws Exception {
        List<Member> nodes = sealedWithoutItsHost();
        Member two = nodes.get(1);
        Member single = nodes.get(2);
        on(() -> {
                    ClusterNode node = two.self;
                    gossip = List.of(new NodeDirectory.SeenNode(
                            node.id(),
                            node.host(),
                            node.port(),
                            node.busPort(),
                            node.raftPort(),
                            node.hostname(),
                            node.domain(),
                            two.clusterId,
                            true));
                    return true;
                })
                .get();
        allIn(3, two, single);
        assertThat(on(() -> two.map().ownedSlots()).get()).isEqualTo(100);
    }

    @Test
    void aSealedNodeWhoseHostDiedIsSentToAnotherMemberByMeet() throws Exception {
        List<Member> nodes = sealedWithoutItsHost();
        Member two = nodes.get(1);
        Member single = nodes.get(2);
        assertThat(single.meet(two).get(SECONDS, TimeUnit.SECONDS)).isEmpty();
        allIn(3, two, single);
    }

    @Test
    void anOperatorEndsASealAndTheNodeGoesOnAlone() throws Exception {
        List<Member> nodes = sealedWithoutItsHost();
        Member one = nodes.get(0);
        Member single = nodes.get(2);
        assertThat(single.meeting.joins(one.self.id())).isTrue();
        assertThat(single.meeting.joins(single.self.id())).isFalse();
        assertThat(single.meeting.text()).contains(one.clusterId).contains("CLUSTER FORGET " + one.self.id());
        on(() -> {
                    one.clusterId = "gone with its disk";
                    single.meeting.giveUp();
                    return true;
                })
                .get();
        assertThat(on(() -> single.propose(new MetaCommand.SetConfig("a", "b"))
                                .join()
                                .isApplied())
                        .get())
                .isTrue();
        assertThat(single.meeting.joining()).isNull();
    }

    /** It may have admitted the node: only that cluster's log, or the end of it, breaks the seal. */
    @Test
    void aNodeThatIsNoLongerInTheClusterDoesNotBreakASealForIt() throws Exception {
        Member one = new Member(1);
        Member two = new Member(2);
        Member single = new Member(3);
        one.meet(two).get(SECONDS, TimeUnit.SECONDS);
        allIn(2, one, two);
        on(() -> {
                    single.owns(0, 99);
                    lostAdmissions = Integer.MAX_VALUE;
                    return true;
                })
                .get();
        CompletableFuture<String> met = single.meet(one);
        eventually(
                SECONDS,
                () -> assertThat(on(() -> two.map().activeNodes()).get()).hasSize(3));
        // Admitted, unheard; the node that was asked is forgotten and reset.
        on(() -> {
                    one.clusterId = "";
                    lostAdmissions = 0;
                    return true;
                })
                .get();
        eventually(
                SECONDS,
                () -> assertThat(single.meeting.text()).contains("the node that was asked is not in that cluster"));
        assertThat(met).isNotCompleted();
        assertThat(on(() -> single.seal).get()).isNotNull();
        assertThat(single.meet(two).get(SECONDS, TimeUnit.SECONDS)).isEmpty();
        allIn(3, two, single);
        assertThat(on(() -> two.map().ownedSlots()).get()).isEqualTo(100);
    }
}

package io.cairn.raft.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.rpc.RpcRequests;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class GroupPiecesTest {
    private static Members members(String voters, String learners) {
        return new Members(TestCluster.ids(voters), List.of(), TestCluster.ids(learners), 1);
    }

    private static List<String> steps(Members now, String voters, String learners) {
        List<String> steps = new ArrayList<>();
        for (Configuration step : Membership.steps(now, TestCluster.ids(voters), TestCluster.ids(learners))) {
            steps.add(TestCluster.names(Peers.nodeIds(step.listPeers())) + "/"
                    + TestCluster.names(Peers.nodeIds(step.listLearners())));
        }
        return steps;
    }

    @Test
    void aPromotedLearnerFirstLeavesTheLearnersAndADemotedVoterTheVoters() {
        assertThat(steps(members("abc", ""), "abd", "")).containsExactly("abd/");
        assertThat(steps(members("abc", ""), "abc", "d")).containsExactly("abc/d");
        assertThat(steps(members("abc", "de"), "abd", "e")).containsExactly("abc/e", "abd/e");
        assertThat(steps(members("abc", ""), "ab", "c")).containsExactly("ab/", "ab/c");
        assertThat(steps(members("abc", "d"), "abd", "c")).containsExactly("abc/", "abd/", "abd/c");
    }

    @Test
    void membersSurviveTheirEncodingAndNoRecordLooksLikeThem() {
        Members decoded =
                Objects.requireNonNull(Members.decode(members("abc", "de").encode(), 9));
        assertThat(TestCluster.names(decoded.voters())).isEqualTo("abc");
        assertThat(TestCluster.names(decoded.learners())).isEqualTo("de");
        assertThat(decoded.index()).isEqualTo(9);
        assertThat(Members.decode(ByteBuffer.wrap(new byte[] {0, 'c', 'a'}), 1)).isNull();
        assertThat(Members.decode(ByteBuffer.allocate(100), 1)).isNull();
    }

    @Test
    void theQuorumIsAsFreshAsItsStalestNeededMember() {
        Progress progress = new Progress();
        List<String> five = TestCluster.ids("abcde");
        String self = TestCluster.id("a");
        progress.heard(TestCluster.id("b"), 4, 1_000);
        progress.heard(TestCluster.id("c"), 4, 2_000);
        progress.heard(TestCluster.id("d"), 3, 9_000);
        assertThat(progress.quorumAgeNanos(five, self, 4, 10_000)).isEqualTo(9_000);
        progress.heard(TestCluster.id("d"), 4, 5_000);
        assertThat(progress.quorumAgeNanos(five, self, 4, 10_000)).isEqualTo(8_000);
        assertThat(progress.answering(five, self, 4, 10_000, 8_001)).isEqualTo(Set.copyOf(TestCluster.ids("acd")));
        assertThat(progress.answering(five, self, 4, 10_000, 8_000)).isEqualTo(Set.copyOf(TestCluster.ids("ad")));
        assertThat(progress.answering(five, self, 5, 10_000, 8_001)).isEqualTo(Set.of(self));
        assertThat(progress.quorumAgeNanos(five, self, 5, 10_000)).isEqualTo(Long.MAX_VALUE);
        assertThat(progress.quorumAgeNanos(List.of(self), self, 4, 10_000)).isZero();
        assertThat(progress.quorumAgeNanos(List.of(), self, 4, 10_000)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aMatchIndexNeverFallsWithinATermAndStartsAnewInTheNext() {
        Progress progress = new Progress();
        String b = TestCluster.id("b");
        progress.holds(b, 2, 10);
        progress.holds(b, 2, 7);
        progress.holds(b, 1, 99);
        assertThat(progress.matchIndexes(List.of(b), TestCluster.id("a"), 2)).containsEntry(b, 10L);
        progress.holds(b, 3, 4);
        assertThat(progress.matchIndexes(List.of(b), TestCluster.id("a"), 3)).containsEntry(b, 4L);
    }

    @Test
    void aHintWaitsForOneGrantAndIsForgottenWhenTheLeaderGoesOnAsking() {
        long grant = TimeUnit.MILLISECONDS.toNanos(Leases.MAX_GRANT_MILLIS);
        long hinted = Long.MAX_VALUE - grant;
        assertThat(Suspicion.isOver(hinted, hinted, grant)).isFalse();
        assertThat(Suspicion.isOver(hinted, hinted + grant + 1_000_000, 0)).isFalse();
        // A leader that lives is promised a grant again and again.
        long now = hinted;
        int waits = 0;
        while (!Suspicion.isOver(hinted, now, grant)) {
            now += grant;
            waits++;
        }
        assertThat(waits).isEqualTo(1);
    }

    @Test
    void aLaneKeepsTheOrder() throws Exception {
        List<Integer> seen = new ArrayList<>();
        CountDownLatch done = new CountDownLatch(1);
        try (RaftThreads threads = new RaftThreads()) {
            Lane lane = new Lane(threads.workers());
            for (int i = 0; i < 10_000; i++) {
                int task = i;
                lane.execute(() -> seen.add(task));
            }
            lane.execute(done::countDown);
            assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(seen).hasSize(10_000).isSorted();
    }

    @Test
    void proposalsInFlightAreBoundedInNumberAndBytes() {
        Inflight inflight = new Inflight();
        Attempt attempt = new Attempt();
        List<ProposalClosure> admitted = new ArrayList<>();
        for (int i = 0; i < Inflight.MAX_ENTRIES; i++) {
            ProposalClosure closure = new ProposalClosure(inflight, attempt, 1);
            assertThat(inflight.admit(closure)).isTrue();
            admitted.add(closure);
        }
        assertThat(inflight.admit(new ProposalClosure(inflight, attempt, 1))).isFalse();
        admitted.forEach(ProposalClosure::take);
        int huge = (int) Inflight.MAX_BYTES + 1;
        assertThat(inflight.admit(new ProposalClosure(inflight, attempt, huge))).isTrue();
        assertThat(inflight.admit(new ProposalClosure(inflight, attempt, 1))).isFalse();
        inflight.failAll();
        assertThat(inflight.bytes()).isZero();
        assertThat(attempt.calls.get()).isEqualTo(1);
        assertThat(attempt.outcome.join()).isEqualTo("OUTCOME_UNKNOWN");
    }

    @Test
    void messagesSurviveTheirFrames() throws Exception {
        RpcRequests.RequestVoteRequest vote = RpcRequests.RequestVoteRequest.newBuilder()
                .setGroupId("g")
                .setServerId("s")
                .setPeerId("p")
                .setTerm(3)
                .setLastLogTerm(2)
                .setLastLogIndex(1)
                .setPreVote(true)
                .build();
        ByteBuf encoded = RaftMessages.encode(UnpooledByteBufAllocator.DEFAULT, Frame.RAFT, 77, 5, vote);
        assertThat(encoded.readInt()).isEqualTo(encoded.readableBytes());
        Frame frame = Frame.read(encoded);
        encoded.release();
        assertThat(frame.id()).isEqualTo(77);
        assertThat(frame.lane()).isEqualTo(5);
        assertThat(RaftMessages.parse(frame.type(), frame.payload())).isEqualTo(vote);
        assertThat(RaftMessages.parse((byte) 99, frame.payload())).isNull();
        assertThatThrownBy(() -> Frame.of(
                        UnpooledByteBufAllocator.DEFAULT, Frame.CUSTOM, (byte) 1, 1, 1, new byte[Frame.MAX_BYTES + 1]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void noHandshakeBytesDoMoreThanBeRefused() throws Exception {
        Random random = new Random(7);
        byte[] good = Handshake.hello(
                new Handshake.Hello("cluster", TestCluster.id("a"), null, 7001, "h.example"),
                new byte[Identity.NONCE_BYTES]);
        assertThat(Handshake.readHello(good).clusterId()).isEqualTo("cluster");
        assertThat(Handshake.readHello(good).host()).isEqualTo("h.example");
        int refused = 0;
        for (int round = 0; round < 5_000; round++) {
            byte[] bad = good.clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            }
            ByteBuf in = Unpooled.wrappedBuffer(
                    Handshake.message(Handshake.HELLO, bad), Unpooled.wrappedBuffer(new byte[random.nextInt(8)]));
            try {
                Handshake.readHello(Objects.requireNonNull(Handshake.body(in, Handshake.HELLO)));
            } catch (PeerException e) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }

    @Test
    void aProofFitsOneHandshakeAndOneSecret() {
        Identity one = new Identity(TestCluster.id("a"), "c", new byte[] {1});
        Identity same = new Identity(TestCluster.id("b"), "c", new byte[] {1});
        Identity other = new Identity(TestCluster.id("b"), "c", new byte[] {2});
        byte[] proof = one.proof(Handshake.CLIENT, new byte[] {1}, new byte[] {2});
        assertThat(same.proves(proof, Handshake.CLIENT, new byte[] {1}, new byte[] {2}))
                .isTrue();
        assertThat(same.proves(proof, Handshake.SERVER, new byte[] {1}, new byte[] {2}))
                .isFalse();
        assertThat(same.proves(proof, Handshake.CLIENT, new byte[] {1}, new byte[] {3}))
                .isFalse();
        assertThat(other.proves(proof, Handshake.CLIENT, new byte[] {1}, new byte[] {2}))
                .isFalse();
    }
}

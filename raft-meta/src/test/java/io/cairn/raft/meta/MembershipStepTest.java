package io.cairn.raft.meta;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.GroupStatus;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class MembershipStepTest {
    private static final String A = Nodes.id(1);
    private static final String B = Nodes.id(2);
    private static final String C = Nodes.id(3);
    private static final String NEW = Nodes.id(4);

    private static GroupStatus status(List<String> voters, List<String> learners, long last, Map<String, Long> match) {
        return new GroupStatus("g", "LEADER", 3, A, 1, last, last, last, voters, learners, match, 0, 0);
    }

    @Test
    void aNewVoterFirstFollowsAsALearner() {
        Members next = MembershipStep.next(
                status(List.of(A, B, C), List.of(), 5_000, Map.of()), new Members(List.of(A, B, NEW), List.of()));
        assertThat(next).isEqualTo(new Members(List.of(A, B, C), List.of(NEW)));
    }

    @Test
    void aLearnerThatLagsWaitsAndNobodyIsRemovedMeanwhile() {
        Members desired = new Members(List.of(A, B, NEW), List.of());
        assertThat(MembershipStep.next(status(List.of(A, B, C), List.of(NEW), 5_000, Map.of(NEW, 3_999L)), desired))
                .isNull();
        assertThat(MembershipStep.next(status(List.of(A, B, C), List.of(NEW), 5, Map.of(NEW, 0L)), desired))
                .as("it has nothing yet, however short the log")
                .isNull();
    }

    @Test
    void aCaughtUpLearnerTakesThePlaceInOneChange() {
        Members next = MembershipStep.next(
                status(List.of(A, B, C), List.of(NEW), 5_000, Map.of(NEW, 4_000L)),
                new Members(List.of(A, B, NEW), List.of()));
        assertThat(next).isEqualTo(new Members(List.of(A, B, NEW), List.of()));
    }

    @Test
    void aVoterThatBecomesALearnerStaysInTheGroup() {
        Members next = MembershipStep.next(
                status(List.of(A, B, C), List.of(NEW), 9, Map.of(NEW, 9L)),
                new Members(List.of(A, B, NEW), List.of(C)));
        assertThat(next).isEqualTo(new Members(List.of(A, B, NEW), List.of(C)));
    }

    @Test
    void theLeaderItselfGoesLast() {
        Members next = MembershipStep.next(
                status(List.of(A, B, C), List.of(), 9, Map.of()), new Members(List.of(C), List.of()));
        assertThat(next).isEqualTo(new Members(List.of(A, C), List.of()));
    }

    @Test
    void nothingIsDoneWhenAllIsAsDesired() {
        Members desired = new Members(List.of(A, B, C), List.of(NEW));
        assertThat(MembershipStep.next(status(List.of(C, A, B), List.of(NEW), 9, Map.of()), desired))
                .isNull();
    }

    private static GroupStatus answered(List<String> voters, List<String> learners, Set<String> answering) {
        Map<String, Long> match = new HashMap<>();
        learners.forEach(id -> match.put(id, 9L));
        return new GroupStatus("g", "LEADER", 3, A, 1, 9, 9, 9, voters, learners, match, 0, 0, List.of(), 0, answering);
    }

    @Test
    void whoDoesNotAnswerGoesFirst() {
        // B is down for good and C leaves, both at once: without C first, B would have to take the entry.
        Members desired = new Members(List.of(A), List.of());
        for (List<String> voters : List.of(List.of(A, B, C), List.of(C, B, A), List.of(B, C, A))) {
            Members next = MembershipStep.next(answered(voters, List.of(), Set.of(A, C)), desired);
            assertThat(next).isNotNull();
            assertThat(next.voters()).containsExactlyInAnyOrder(A, C);
        }
    }

    @Test
    void aLearnerThatDoesNotAnswerGetsNoVoteAndOneThatDoesTakesTheDeadOnesPlace() {
        Members desired = new Members(List.of(A, C, NEW), List.of(B));
        assertThat(MembershipStep.next(answered(List.of(A, B, C), List.of(NEW), Set.of(A, C)), desired))
                .isNull();
        GroupStatus lives = answered(List.of(A, B, C), List.of(NEW), Set.of(A, C, NEW));
        Members next = Objects.requireNonNull(MembershipStep.next(lives, desired));
        assertThat(next).isEqualTo(new Members(List.of(A, NEW, C), List.of(B)));
        assertThat(MembershipStep.goesOn(lives, Objects.requireNonNull(next))).isTrue();
    }

    @Test
    void aGroupGoesOnWhereMostVotersAnswerBeforeAndAfter() {
        Members smaller = new Members(List.of(A, B), List.of());
        assertThat(MembershipStep.goesOn(answered(List.of(A, B, C), List.of(), Set.of(A, C)), smaller))
                .isFalse();
        assertThat(MembershipStep.goesOn(answered(List.of(A, B, C), List.of(), Set.of(A, B)), smaller))
                .isTrue();
        assertThat(MembershipStep.goesOn(
                        answered(List.of(A, B, C), List.of(), Set.of(A)), new Members(List.of(A), List.of())))
                .as("the old voters take the entry, too")
                .isFalse();
    }

    /** Whatever is desired and whoever is down: a group that has its quorum keeps it, and gets where it can. */
    @Test
    void noWalkLosesTheQuorumOfThoseThatAnswer() {
        Random random = new Random(20_304);
        List<String> pool = IntStream.range(1, 12).mapToObj(Nodes::id).toList();
        int ended = 0;
        for (int round = 0; round < 2_000; round++) {
            Members now = randomMembers(random, pool);
            Members desired = randomMembers(random, pool);
            Set<String> answering = new HashSet<>(pool);
            List<String> dead = new ArrayList<>(pool);
            Collections.shuffle(dead, random);
            answering.removeAll(dead.subList(0, random.nextInt(4)));
            if (!answering.contains(A) || !now.voters().contains(A) || !most(answering, now)) {
                continue;
            }
            for (int step = 0; step < 50; step++) {
                GroupStatus status = answered(now.voters(), now.learners(), answering);
                Members next = MembershipStep.next(status, desired);
                if (next == null || !MembershipStep.goesOn(status, next)) {
                    break;
                }
                assertThat(most(answering, next)).isTrue();
                now = next;
            }
            if (answering.containsAll(desired.voters())) {
                assertThat(desired.sameAs(now.voters(), now.learners()))
                        .as("nothing that is desired is down: %s -> %s of %s", now, desired, answering)
                        .isTrue();
                ended++;
            }
        }
        assertThat(ended).isGreaterThan(100);
    }

    private static boolean most(Set<String> answering, Members members) {
        return members.voters().stream().filter(answering::contains).count()
                > members.voters().size() / 2;
    }

    @Test
    void everyWalkEndsAtTheDesiredMembershipAndNeverShrinksBelowIt() {
        Random random = new Random(20_303);
        List<String> pool = IntStream.range(1, 12).mapToObj(Nodes::id).toList();
        for (int round = 0; round < 2_000; round++) {
            Members now = randomMembers(random, pool);
            Members desired = randomMembers(random, pool);
            int least = Math.min(now.voters().size(), desired.voters().size());
            for (int step = 0; step < 50; step++) {
                Map<String, Long> match = new HashMap<>();
                now.learners().forEach(id -> match.put(id, 100L));
                Members next = MembershipStep.next(status(now.voters(), now.learners(), 100, match), desired);
                if (next == null) {
                    break;
                }
                assertThat(next.voters().size()).isGreaterThanOrEqualTo(least);
                assertThat(next.voters().stream().filter(now.voters()::contains).count())
                        .as("one voter at most changes at a time")
                        .isGreaterThanOrEqualTo(now.voters().size() - 1L);
                now = next;
            }
            assertThat(desired.sameAs(now.voters(), now.learners())).isTrue();
        }
    }

    private static Members randomMembers(Random random, List<String> pool) {
        List<String> shuffled = new java.util.ArrayList<>(pool);
        java.util.Collections.shuffle(shuffled, random);
        int voters = 1 + random.nextInt(5);
        int learners = random.nextInt(4);
        return new Members(shuffled.subList(0, voters), shuffled.subList(voters, voters + learners));
    }
}

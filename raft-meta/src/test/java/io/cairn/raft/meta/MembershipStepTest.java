package io.cairn.raft.meta;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.GroupStatus;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
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

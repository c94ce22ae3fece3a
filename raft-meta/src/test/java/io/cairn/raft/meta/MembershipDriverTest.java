package io.cairn.raft.meta;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.group.RaftGroup;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class MembershipDriverTest {
    private static final String A = Nodes.id(1);
    private static final String B = Nodes.id(2);
    private static final String C = Nodes.id(3);
    private static final String NEW = Nodes.id(4);

    private long now = 1_000_000;
    private final MembershipDriver driver = new MembershipDriver(() -> now);
    private final List<String> asked = new ArrayList<>();
    private CompletableFuture<@Nullable Void> pending = new CompletableFuture<>();

    private final RaftGroup group = (RaftGroup) Proxy.newProxyInstance(
            RaftGroup.class.getClassLoader(), new Class<?>[] {RaftGroup.class}, (proxy, method, args) -> {
                if (method.getName().equals("changeMembers")) {
                    asked.add("members " + names((Collection<?>) args[0]) + "/" + names((Collection<?>) args[1]));
                    pending = new CompletableFuture<>();
                    return pending;
                }
                return "g";
            });

    private static String names(Collection<?> ids) {
        return ids.stream().map(id -> String.valueOf(id).substring(39)).reduce("", String::concat);
    }

    private boolean step(List<String> voters, List<String> learners, long last, Map<String, Long> match, Members to) {
        GroupStatus status = new GroupStatus("g", "LEADER", 3, A, 1, last, last, last, voters, learners, match, 0, 0);
        return driver.step(group, status, to, heir -> {
            asked.add("transfer " + heir.substring(39));
            pending = new CompletableFuture<>();
            return pending;
        });
    }

    private void after(long millis) {
        now += millis;
    }

    @Test
    void oneChangeAtATimeWithPausesBetween() {
        Members to = new Members(List.of(A, B, C, NEW), List.of());
        assertThat(step(List.of(A, B, C), List.of(), 9, Map.of(), to)).isFalse();
        assertThat(step(List.of(A, B, C), List.of(), 9, Map.of(), to)).isFalse();
        assertThat(asked).containsExactly("members 123/4");
        assertThat(driver.isBusy()).isTrue();
        pending.complete(null);
        for (int i = 0; i < 3; i++) {
            step(List.of(A, B, C), List.of(NEW), 9, Map.of(NEW, 9L), to);
            assertThat(asked).hasSize(1);
            after(MembershipDriver.COOLDOWN_MILLIS / 3);
        }
        step(List.of(A, B, C), List.of(NEW), 9, Map.of(NEW, 9L), to);
        assertThat(asked).containsExactly("members 123/4", "members 1234/");
        pending.completeExceptionally(new IllegalStateException("no"));
        step(List.of(A, B, C), List.of(NEW), 9, Map.of(NEW, 9L), to);
        after(MembershipDriver.RETRY_MILLIS - 1);
        step(List.of(A, B, C), List.of(NEW), 9, Map.of(NEW, 9L), to);
        assertThat(asked).hasSize(2);
        after(1);
        step(List.of(A, B, C), List.of(NEW), 9, Map.of(NEW, 9L), to);
        assertThat(asked).hasSize(3);
    }

    @Test
    void whatIsNotCommittedOrJointIsNotSettledAndIsNotChangedOnTop() {
        Members to = new Members(List.of(A, B, C), List.of());
        GroupStatus settled =
                new GroupStatus("g", "LEADER", 3, A, 1, 9, 8, 8, to.voters(), to.learners(), Map.of(), 0, 0);
        assertThat(driver.step(group, settled, to, heir -> pending)).isTrue();
        for (Members desired : List.of(to, new Members(List.of(A, B, C, NEW), List.of()))) {
            assertThat(driver.step(group, changing(settled, List.of(), 9), desired, heir -> pending))
                    .isFalse();
            assertThat(driver.step(group, changing(settled, List.of(A, B), 8), desired, heir -> pending))
                    .isFalse();
        }
        assertThat(asked).isEmpty();
        assertThat(driver.step(group, changing(settled, List.of(), 8), to, heir -> pending))
                .isTrue();
    }

    private static GroupStatus changing(GroupStatus of, List<String> oldVoters, long membersIndex) {
        return new GroupStatus(
                of.groupId(),
                of.role(),
                of.term(),
                of.leader(),
                of.firstIndex(),
                of.lastIndex(),
                of.commitIndex(),
                of.appliedIndex(),
                of.voters(),
                of.learners(),
                of.matchIndexes(),
                of.elections(),
                of.snapshotIndex(),
                oldVoters,
                membersIndex,
                of.answering());
    }

    @Test
    void aLearnerThatIsNearAndDoesNotKeepUpWaits() {
        Members to = new Members(List.of(A, B, C, NEW), List.of());
        long last = 10_000;
        // Always 900 behind, which it takes more than five seconds to write.
        for (int i = 0; i < 60; i++) {
            step(List.of(A, B, C), List.of(NEW), last, Map.of(NEW, last - 900), to);
            last += 50;
            after(300);
        }
        assertThat(asked).isEmpty();
        for (int i = 0; i < 2; i++) {
            step(List.of(A, B, C), List.of(NEW), last, Map.of(NEW, last - 10), to);
            last += 50;
            after(300);
        }
        step(List.of(A, B, C), List.of(NEW), last, Map.of(NEW, last - 10), to);
        assertThat(asked).containsExactly("members 1234/");
    }

    @Test
    void aLeaderThatIsToLeaveHandsOverFirstAndLeavesAllTheSameWhenItCannot() {
        Members to = new Members(List.of(B, C), List.of());
        Map<String, Long> match = Map.of(B, 5L, C, 7L);
        for (int i = 0; i < MembershipDriver.MAX_HAND_OVERS; i++) {
            step(List.of(A, B, C), List.of(), 9, match, to);
            assertThat(asked).hasSize(i + 1).allMatch("transfer 3"::equals);
            pending.completeExceptionally(new IllegalStateException("it lags"));
            step(List.of(A, B, C), List.of(), 9, match, to);
            after(MembershipDriver.RETRY_MILLIS);
        }
        step(List.of(A, B, C), List.of(), 9, match, to);
        assertThat(asked).last().isEqualTo("members 23/");
    }

    private void stepWith(String answering, String voters, Members to) {
        List<String> all = ids(voters);
        GroupStatus status = new GroupStatus(
                "g",
                "LEADER",
                3,
                A,
                1,
                9,
                9,
                9,
                all,
                List.of(),
                Map.of(),
                0,
                0,
                List.of(),
                0,
                Set.copyOf(ids(answering)));
        driver.step(group, status, to, heir -> {
            asked.add("transfer " + heir.substring(39));
            return new CompletableFuture<>();
        });
    }

    private static List<String> ids(String digits) {
        return digits.chars().mapToObj(digit -> Nodes.id(digit - '0')).toList();
    }

    @Test
    void noChangeIsAskedForThatLeavesTheVotesWithNodesThatAreDown() {
        // C is to leave while B is down: with B and A alone nothing would be committed until B is back.
        Members to = new Members(ids("12"), List.of());
        for (int i = 0; i < 10; i++) {
            stepWith("13", "123", to);
            after(MembershipDriver.RETRY_MILLIS);
        }
        assertThat(asked).isEmpty();
        stepWith("123", "123", to);
        assertThat(asked).containsExactly("members 12/");
    }

    @Test
    void aLeaderThatIsToLeaveStaysWhereItCouldNotLeaveAnyway() {
        stepWith("13", "123", new Members(ids("23"), List.of()));
        assertThat(asked).isEmpty();
        stepWith("134", "1234", new Members(ids("234"), List.of()));
        assertThat(asked).as("to one that lives").containsExactly("transfer 3");
    }
}

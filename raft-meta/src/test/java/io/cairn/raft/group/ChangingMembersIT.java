package io.cairn.raft.group;

import static io.cairn.raft.group.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.raft.group.TestCluster.Member;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Members of a group change, also while its leader does. */
class ChangingMembersIT {
    private static final Logger LOG = LoggerFactory.getLogger(ChangingMembersIT.class);
    private static final int CHANGES = Integer.getInteger("cairn.members.changes", 8);
    private static final long SEED = Long.getLong("cairn.members.seed", 5);
    private static final int SECONDS = 20;
    private static final int CHECKED = 20;

    @TempDir
    Path root;

    /** Whose answers the leader has lately, as it is now: a stall of the machine may have made another one. */
    private static String answering(TestCluster cluster) {
        return TestCluster.names(cluster.leader().group.status().answering());
    }

    private static String membersOf(RaftGroup group) {
        GroupStatus status = group.status();
        return TestCluster.names(status.voters()) + "/" + TestCluster.names(status.learners());
    }

    private static void change(TestCluster cluster, String voters, String learners) throws Exception {
        cluster.leader()
                .group
                .changeMembers(TestCluster.ids(voters), TestCluster.ids(learners))
                .get(SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void aSecondChangeIsRefusedWhileOneIsUnderWay() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            cluster.write("before");
            Member leader = cluster.leader();
            // It has nobody to follow, so the change goes on until it is given up.
            CompletableFuture<?> first = leader.group.changeMembers(TestCluster.ids("abcd"), List.of());
            assertThatThrownBy(() -> leader.group
                            .changeMembers(TestCluster.ids("abce"), List.of())
                            .get(SECONDS, TimeUnit.SECONDS))
                    .hasMessageContaining("another change is under way");
            cluster.write("meanwhile");
            assertThatThrownBy(() -> first.get(SECONDS, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
            eventually(
                    "it has the members that it had",
                    () -> membersOf(cluster.leader().group).equals("abc/"));
            cluster.start("d", "");
            change(cluster, "abcd", "");
            cluster.awaitEverywhere(cluster.write("after"));
        }
    }

    @Test
    void aLearnerReadsTheLatestAndNeverVotes() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            cluster.start("d", "");
            change(cluster, "abc", "d");
            Member learner = Objects.requireNonNull(cluster.members.get("d"));
            String line = cluster.write("one");
            eventually("it reads", () -> TestCluster.read(learner.group).equals("passed"));
            assertThat(learner.ledger.contains(line)).isTrue();
            assertThat(learner.group.status().role()).isEqualTo("LEARNER");
            // Of three voters one is left: with a fourth there would be a quorum.
            List<Member> followers = new ArrayList<>(cluster.followers());
            followers.remove(learner);
            followers.forEach(member -> cluster.kill(member.name));
            learner.group.suspect(TestCluster.id(followers.get(0).name));
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(6L * TestCluster.ELECTION_TIMEOUT_MILLIS));
            assertThat(cluster.members.values()).noneMatch(member -> member.group.isLeader());
            assertThat(learner.group.status().role()).isEqualTo("LEARNER");
            followers.forEach(member -> {
                try {
                    cluster.start(member.name, "abc");
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            cluster.awaitEverywhere(cluster.write("two"));
        }
    }

    @Test
    void whoWasRemovedWhileItWasAwayDisturbsNobody() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc");
                StoodStill stood = new StoodStill()) {
            cluster.write("before");
            String gone = cluster.followers().get(0).name;
            eventually("all answer", () -> answering(cluster).equals("abc"));
            cluster.stop(gone);
            eventually("it answers no more", () -> answering(cluster).equals("abc".replace(gone, "")));
            cluster.start("d", "");
            change(cluster, "abcd".replace(gone, ""), "");
            // It takes itself for a voter of the old three; its connections are not even refused here.
            Member old = cluster.start(gone, "");
            assertThat(old.group.status().voters()).contains(TestCluster.id(gone));
            long term = old.group.term();
            for (int i = 0; i < 10; i++) {
                for (Member member : cluster.members.values()) {
                    if (member != old && member.group.isLeader()) {
                        old.group.suspect(TestCluster.id(member.name));
                    }
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(TestCluster.ELECTION_TIMEOUT_MILLIS));
                cluster.write("while it tries " + i);
                // Without a new term there is nothing that a leader would step down for.
                stood.unless(() -> assertThat(old.group.term()).isEqualTo(term));
                assertThat(old.group.isLeader()).isFalse();
            }
        }
    }

    @Test
    void aChangeOutlivesItsLeaderOrNeverWas() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            cluster.start("d", "");
            cluster.start("e", "");
            cluster.write("before");
            for (int round = 0; round < 6; round++) {
                Member leader = cluster.leader();
                String next = round % 2 == 0 ? "abcde" : "abc";
                CompletableFuture<?> change = leader.group.changeMembers(TestCluster.ids(next), List.of());
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(3L * round));
                cluster.cut.add(leader.name);
                eventually(
                        "somebody else leads",
                        () -> cluster.members.values().stream()
                                .anyMatch(member -> member != leader && member.group.isLeader()));
                cluster.cut.clear();
                eventually("it ends, well or not", change::isDone);
                // A leader in the middle of a change brings it to its end by itself; then it can be made again.
                eventually("it can be made", () -> {
                    try {
                        change(cluster, next, "");
                        return true;
                    } catch (Exception e) {
                        return false;
                    }
                });
                eventually(
                        "its members are " + next,
                        () -> membersOf(cluster.leader().group).equals(next + "/"));
                String line = cluster.write("round " + round);
                for (String name : next.split("")) {
                    Member member = Objects.requireNonNull(cluster.members.get(name));
                    eventually(line + " at " + name, () -> member.ledger.contains(line));
                }
            }
        }
    }

    private final List<String> acknowledged = Collections.synchronizedList(new ArrayList<>());
    private final List<String> stale = new CopyOnWriteArrayList<>();
    private final AtomicBoolean running = new AtomicBoolean(true);
    private final AtomicInteger barriers = new AtomicInteger();

    /** Among five nodes, one of which is struck at a time, so that a quorum of old and new members always lives. */
    @Test
    void nothingAcknowledgedIsLostWhileMembersAndLeadersChange() throws Exception {
        Random random = new Random(SEED);
        List<Thread> load = new ArrayList<>();
        int changed = 0;
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            cluster.start("d", "");
            cluster.start("e", "");
            cluster.write("first");
            load.add(new Thread(() -> write(cluster, "x")));
            load.add(new Thread(() -> write(cluster, "y")));
            load.add(new Thread(() -> read(cluster, new Random(SEED + 1))));
            load.forEach(Thread::start);
            for (int i = 0; i < CHANGES; i++) {
                List<String> names = new ArrayList<>(List.of("a", "b", "c", "d", "e"));
                Collections.shuffle(names, random);
                int voters = random.nextBoolean() ? 3 : 5;
                String next = String.join("", names.subList(0, voters));
                String learners = String.join("", names.subList(voters, names.size()));
                CompletableFuture<?> change =
                        cluster.leader().group.changeMembers(TestCluster.ids(next), TestCluster.ids(learners));
                strike(cluster, random);
                try {
                    change.get(SECONDS, TimeUnit.SECONDS);
                    changed++;
                } catch (ExecutionException | TimeoutException e) {
                    LOG.info("change {} did not succeed at first: {}", i, e.toString());
                }
                eventually("the members are " + next, () -> {
                    try {
                        change(cluster, next, learners);
                        return true;
                    } catch (Exception e) {
                        return false;
                    }
                });
            }
            running.set(false);
            for (Thread thread : load) {
                thread.join();
            }
            eventually("all are members at last", () -> {
                try {
                    change(cluster, "abcde", "");
                    return true;
                } catch (Exception e) {
                    return false;
                }
            });
            cluster.awaitEverywhere(cluster.write("last"));
            List<String> lines = cluster.leader().ledger.lines();
            for (Member member : cluster.members.values()) {
                eventually(
                        "equal at " + member.name, () -> member.ledger.lines().equals(lines));
            }
            LOG.warn(
                    "seed {}: {} of {} changes at first, {} acknowledged, {} barriers, {} lines, term {}",
                    SEED,
                    changed,
                    CHANGES,
                    acknowledged.size(),
                    barriers.get(),
                    lines.size(),
                    cluster.leader().group.term());
            assertThat(new HashSet<>(lines)).hasSameSizeAs(lines).containsAll(acknowledged);
            assertThat(stale).isEmpty();
        } finally {
            running.set(false);
        }
    }

    private static void strike(TestCluster cluster, Random random) throws Exception {
        pause(random, 60);
        Member leader = cluster.leader();
        String name = random.nextInt(3) > 0
                ? leader.name
                : "abcde".substring(random.nextInt(5)).substring(0, 1);
        switch (random.nextInt(4)) {
            case 0 -> {
                cluster.kill(name);
                pause(random, 500);
                cluster.start(name, "");
            }
            case 1 -> {
                cluster.cut.add(name);
                pause(random, 800);
                cluster.cut.clear();
            }
            case 2 -> {
                String heir = leader.group.status().voters().get(0);
                leader.group.transferLeadership(heir);
            }
            default -> leader.group.snapshot();
        }
        pause(random, 300);
    }

    private static void pause(Random random, int most) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(most)));
    }

    private void write(TestCluster cluster, String prefix) {
        for (int i = 0; running.get(); i++) {
            String line = prefix + i;
            for (Member member : cluster.members.values()) {
                if (member.group.isLeader()) {
                    if (TestCluster.propose(member.group, line).equals("applied")) {
                        acknowledged.add(line);
                    }
                    break;
                }
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    private void read(TestCluster cluster, Random random) {
        while (running.get()) {
            List<Member> members = new ArrayList<>(cluster.members.values());
            Member member = members.get(random.nextInt(members.size()));
            List<String> recent;
            synchronized (acknowledged) {
                int count = acknowledged.size();
                recent = List.copyOf(acknowledged.subList(Math.max(0, count - CHECKED), count));
            }
            if (TestCluster.read(member.group).equals("passed")) {
                barriers.incrementAndGet();
                HashSet<String> seen = new HashSet<>(member.ledger.lines());
                for (String line : recent) {
                    if (!seen.contains(line)) {
                        stale.add(member.name + " misses " + line);
                    }
                }
            }
        }
    }
}

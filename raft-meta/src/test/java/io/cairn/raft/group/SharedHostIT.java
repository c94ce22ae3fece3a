package io.cairn.raft.group;

import static io.cairn.raft.group.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.aof.Log;
import io.cairn.aof.LogException;
import io.cairn.aof.VoteStore;
import io.cairn.raft.group.TestCluster.Member;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedHostIT {
    @TempDir
    Path root;

    @Test
    void groupsOfOneHostAreIndependent() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            List<RaftGroup> others = new ArrayList<>();
            List<Ledger> ledgers = new ArrayList<>();
            for (Member member : cluster.members.values()) {
                Ledger ledger = new Ledger();
                ledgers.add(ledger);
                others.add(member.host.open(cluster.options("other", member.name, "abc"), ledger));
            }
            cluster.write("in g");
            eventually(
                    "a write in the other group",
                    () -> others.stream()
                            .anyMatch(group -> group.isLeader()
                                    && TestCluster.propose(group, "in other").equals("applied")));
            for (Ledger ledger : ledgers) {
                eventually("it is everywhere", () -> ledger.contains("in other"));
                assertThat(ledger.lines()).doesNotContain("in g");
            }
            others.get(0).stop().join();
            assertThat(others.get(0).status().role()).isEqualTo("STOPPED");
            cluster.awaitEverywhere(cluster.write("still in g"));
        }
    }

    @Test
    void aReplicaWhoseLogFailsTellsItsMachineAndTheOthersGoOn() throws Exception {
        AtomicBoolean fails = new AtomicBoolean();
        try (TestCluster cluster = new TestCluster(root)) {
            cluster.start("a", "abc");
            cluster.start("b", "abc");
            Member bad = cluster.start("c", "abc", failing(fails));
            cluster.write("before");
            Member leader = cluster.leader();
            if (!leader.name.equals("c")) {
                leader.group.transferLeadership(TestCluster.id("c")).join();
            }
            eventually("c leads", bad.group::isLeader);
            fails.set(true);
            // The other two may commit the entry before the leader notices that its own disk is gone.
            String outcome = TestCluster.propose(bad.group, "lost?");
            assertThat(outcome).isIn("OUTCOME_UNKNOWN", "applied");
            eventually("its machine is told", () -> bad.ledger.brokenBy() != null);
            assertThat(bad.group.isLeader()).isFalse();
            assertThat(TestCluster.propose(bad.group, "more")).isEqualTo("NOT_LEADER");
            cluster.members.remove("c");
            cluster.awaitEverywhere(cluster.write("after"));
            if (outcome.equals("applied")) {
                cluster.awaitEverywhere("lost?");
            }
            fails.set(false);
            bad.host.close();
        }
    }

    @Test
    void whatIsNoProposalIsABug() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("a")) {
            Member only = cluster.leader();
            assertThat(cluster.write("alone")).startsWith("alone");
            assertThatThrownBy(() -> only.group.propose(ByteBuffer.allocate(0), new Attempt()))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> only.host.open(cluster.options(TestCluster.GROUP, "a", "a"), new Ledger()))
                    .isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(
                            () -> only.group.changeMembers(List.of(), List.of()).join())
                    .hasCauseInstanceOf(IllegalArgumentException.class);
            assertThat(TestCluster.read(only.group)).isEqualTo("passed");
        }
    }

    @Test
    void aReplicaThatCannotLoadItsSnapshotDoesNotOpen() throws Exception {
        String line;
        try (TestCluster cluster = new TestCluster(root).startAll("a")) {
            line = cluster.write("one");
            cluster.leader().group.snapshot().join();
        }
        try (TestCluster cluster = new TestCluster(root);
                RaftHost host = cluster.startHost("a", "test-cluster")) {
            Ledger picky = new Ledger();
            picky.refuseSnapshots();
            assertThatThrownBy(() -> host.open(cluster.options(TestCluster.GROUP, "a", "a"), picky))
                    .isInstanceOf(IOException.class);
            Ledger fine = new Ledger();
            RaftGroup group = host.open(cluster.options(TestCluster.GROUP, "a", "a"), fine);
            eventually("it leads again", group::isLeader);
            assertThat(fine.lines()).containsExactly(line);
        }
    }

    private static LogOpener failing(AtomicBoolean fails) {
        AofLogs real = new AofLogs();
        return new LogOpener() {
            @Override
            public Log openLog(GroupOptions options) throws IOException {
                Log log = real.openLog(options);
                return (Log) Proxy.newProxyInstance(
                        Log.class.getClassLoader(), new Class<?>[] {Log.class}, (self, method, arguments) -> {
                            if (method.getName().equals("append") && fails.get()) {
                                throw new LogException("the disk is gone");
                            }
                            try {
                                return method.invoke(log, arguments);
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
            }

            @Override
            public VoteStore openVote(GroupOptions options) throws IOException {
                return real.openVote(options);
            }
        };
    }
}

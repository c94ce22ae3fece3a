package io.cairn.raft.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.TestCluster.Member;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class FailoverIT {
    private static final Logger LOG = LoggerFactory.getLogger(FailoverIT.class);
    private static final int ROUNDS = Integer.getInteger("cairn.failover.rounds", 5);

    @TempDir
    Path root;

    /** Prints how long; asserts only that nothing acknowledged is lost. */
    @Test
    void aKilledLeaderIsReplacedAndNothingAcknowledgedIsLost() throws Exception {
        List<Long> millis = new ArrayList<>();
        List<String> acknowledged = new ArrayList<>();
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            for (int round = 0; round < ROUNDS; round++) {
                String before = cluster.write("before " + round);
                acknowledged.add(before);
                cluster.awaitEverywhere(before);
                Member leader = cluster.leader();
                cluster.members.remove(leader.name);
                Thread killer = new Thread(leader.host::kill);
                long start = System.nanoTime();
                killer.start();
                acknowledged.add(cluster.write("after " + round));
                millis.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
                killer.join();
                cluster.start(leader.name, "abc");
                // A moment for the restarted one to be a follower with a link to the new leader.
                cluster.awaitEverywhere(acknowledged.get(acknowledged.size() - 1));
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
            }
            for (Member member : cluster.members.values()) {
                assertThat(member.ledger.lines()).containsAll(acknowledged);
            }
        }
        millis.sort(null);
        LOG.warn(
                "kill to first commit, ms: median {} max {} of {}",
                millis.get(millis.size() / 2),
                millis.get(millis.size() - 1),
                millis);
    }
}

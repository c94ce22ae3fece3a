package io.cairn.gossip;

import static io.cairn.gossip.TestNode.eventually;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Many members in one JVM see each other, and cost little once they do. {@code -Dcairn.gossip.members=100} and
 * {@code -Dcairn.gossip.seconds=10} are what {@code make scale} runs.
 */
final class HundredMembersIT {
    private static final int BASE = 23_600;
    private static final long CONVERGE_MILLIS = 120_000;

    @Test
    void allSeeAll() throws Exception {
        int members = Integer.getInteger("cairn.gossip.members", 20);
        int seconds = Integer.getInteger("cairn.gossip.seconds", 2);
        var process = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        int threadsBefore = ManagementFactory.getThreadMXBean().getThreadCount();
        List<TestNode> nodes = new ArrayList<>();
        try (GossipThreads threads = new GossipThreads()) {
            try {
                long start = System.nanoTime();
                for (int i = 0; i < members; i++) {
                    nodes.add(new TestNode(threads, i + 1, BASE + i, "secret", BASE, BASE + 1, BASE + 2));
                }
                eventually("all see all", CONVERGE_MILLIS, () -> nodes.stream().allMatch(node -> seesAll(node, nodes)));
                double converged = (System.nanoTime() - start) / 1e9;
                LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(seconds));
                long cpu = process.getProcessCpuTime();
                long wall = System.nanoTime();
                LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(seconds));
                double share = 100.0 * (process.getProcessCpuTime() - cpu) / (System.nanoTime() - wall);
                int used = ManagementFactory.getThreadMXBean().getThreadCount() - threadsBefore;
                System.out.println(String.format(
                        Locale.ROOT,
                        "%d gossip members: converged in %.1f s; per member %.2f threads, %.3f %% of a core",
                        members,
                        converged,
                        (double) used / members,
                        share / members));
                // A machine that runs other tests, too, has members suspected for moments.
                eventually(
                        "all see all again",
                        CONVERGE_MILLIS,
                        () -> nodes.stream().allMatch(node -> seesAll(node, nodes)));
            } finally {
                nodes.parallelStream().forEach(TestNode::close);
            }
        }
    }

    private static boolean seesAll(TestNode node, List<TestNode> all) {
        return all.stream().allMatch(other -> node.sees(other, Health.ALIVE));
    }
}

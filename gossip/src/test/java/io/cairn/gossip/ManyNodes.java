package io.cairn.gossip;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** By hand: the cost of many idle nodes in one process, {@code ManyNodes 27 10}. */
final class ManyNodes {
    private ManyNodes() {}

    public static void main(String[] words) throws Exception {
        int count = Integer.parseInt(words[0]);
        int seconds = Integer.parseInt(words[1]);
        int base = 20_410;
        var process = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        List<TestNode> nodes = new ArrayList<>();
        try (GossipThreads threads = new GossipThreads()) {
            long start = System.nanoTime();
            for (int i = 0; i < count; i++) {
                nodes.add(new TestNode(threads, i + 1, base + i, "secret", base));
            }
            TestNode.eventually(
                    "all see all",
                    60_000,
                    () -> nodes.stream().allMatch(a -> nodes.stream().allMatch(b -> a.sees(b, Health.ALIVE))));
            System.out.println("converged after " + (System.nanoTime() - start) / 1_000_000 + " ms");
            for (int round = 0; round < 3; round++) {
                long cpu = process.getProcessCpuTime();
                long wall = System.nanoTime();
                LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(seconds));
                System.out.printf(
                        "cpu %.1f %% of one core%n",
                        100.0 * (process.getProcessCpuTime() - cpu) / (System.nanoTime() - wall));
            }
            System.out.println("threads " + ManagementFactory.getThreadMXBean().getThreadCount() + ", false suspicions "
                    + nodes.stream()
                            .flatMap(node -> node.events.stream())
                            .filter(event -> event.startsWith("suspected"))
                            .count());
            nodes.parallelStream().forEach(TestNode::close);
        }
    }
}

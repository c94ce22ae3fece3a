package io.cairn.jepsen.mutant;

import io.cairn.jepsen.nemesis.Fault;
import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.Address;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * Faults of several steps, each the schedule that brings out a bug within few strikes and that a right build must stand. They
 * need nothing but signals, and clusters of three processes.
 */
final class MutantFaults {
    /** Longer than an election timeout: what a primary takes without its quorum, it has taken by then. */
    private static final long WITHOUT_QUORUM_MILLIS = 800;

    private static final long WRITE_MILLIS = 2_000;
    /** Elections, the primaries' way back to where they are preferred, and some writes. */
    private static final long SETTLE_MILLIS = 4_000;

    private static final int PROCESSES = 3;
    private static final int UP_SECONDS = 60;

    private MutantFaults() {}

    /** A fault with its victim drawn. */
    static Fault named(String name, SplittableRandom random) {
        int process = random.nextInt(PROCESSES);
        return switch (name) {
            case "pause-majority" -> new PauseMajority(process);
            case "orphaned-suffix" -> new OrphanedSuffix(process);
            case "truncated-suffix" -> new TruncatedSuffix(process);
            case "kill-one" -> new Fault.Kill(process);
            case "pause-one" -> new Fault.Pause(process, WRITE_MILLIS);
            default -> throw new IllegalArgumentException("no fault " + name);
        };
    }

    private static int next(int process, int by) {
        return (process + by) % PROCESSES;
    }

    private static void pause(long millis) {
        LockSupport.parkNanos(millis * 1_000_000);
    }

    private static void startAndAwait(TestCluster cluster, int... processes) {
        for (int process : processes) {
            cluster.start(process);
        }
        for (int process : processes) {
            for (Address node : cluster.nodes(process)) {
                Await.until(node + " answers", UP_SECONDS, () -> ClusterState.answers(node));
            }
        }
    }

    /**
     * All processes but one are stopped. Primaries in the one that is left hand out entries that the others find in their
     * sockets when they go on, but no answer comes in time: such writes may still happen.
     */
    record PauseMajority(int left) implements Fault {
        @Override
        public String kind() {
            return "pause-majority";
        }

        @Override
        public List<Integer> victims() {
            return List.of(next(left, 1), next(left, 2));
        }

        @Override
        public void strike(TestCluster cluster) {
            victims().forEach(cluster::pause);
        }

        @Override
        public long holdMillis() {
            return WRITE_MILLIS;
        }

        @Override
        public boolean quorumLeft() {
            return false;
        }

        @Override
        public void heal(TestCluster cluster) {
            victims().forEach(cluster::resume);
        }
    }

    /**
     * The majority dies, then the one that is left with entries that nobody else has; the majority comes back and goes on
     * without them. The one that comes back last must give them up.
     */
    record OrphanedSuffix(int left) implements Fault {
        @Override
        public String kind() {
            return "orphaned-suffix";
        }

        @Override
        public List<Integer> victims() {
            return List.of(left, next(left, 1), next(left, 2));
        }

        @Override
        public void strike(TestCluster cluster) {
            cluster.kill9(List.of(next(left, 1), next(left, 2)));
            pause(WITHOUT_QUORUM_MILLIS);
            cluster.kill9(List.of(left));
            startAndAwait(cluster, next(left, 1), next(left, 2));
        }

        @Override
        public long holdMillis() {
            return SETTLE_MILLIS;
        }

        @Override
        public boolean quorumLeft() {
            return false;
        }

        @Override
        public void heal(TestCluster cluster) {
            cluster.start(left);
        }
    }

    /**
     * As {@link OrphanedSuffix}, and when the suffix was cut off and replaced the third process stops, so that what is
     * acknowledged is in two logs; these two die, and the one whose suffix was cut off comes back to the third, which lacks
     * what was acknowledged. The second comes back when the fault is healed.
     */
    record TruncatedSuffix(int cut) implements Fault {
        @Override
        public String kind() {
            return "truncated-suffix";
        }

        @Override
        public List<Integer> victims() {
            return List.of(cut, next(cut, 1), next(cut, 2));
        }

        @Override
        public void strike(TestCluster cluster) {
            OrphanedSuffix orphaned = new OrphanedSuffix(cut);
            orphaned.strike(cluster);
            pause(orphaned.holdMillis());
            startAndAwait(cluster, cut);
            ClusterState.awaitHealthy(cluster.nodes(), UP_SECONDS);
            cluster.pause(next(cut, 2));
            pause(WRITE_MILLIS);
            cluster.kill9(List.of(cut, next(cut, 1)));
            cluster.resume(next(cut, 2));
            startAndAwait(cluster, cut);
        }

        @Override
        public long holdMillis() {
            return SETTLE_MILLIS;
        }

        @Override
        public boolean quorumLeft() {
            return false;
        }

        @Override
        public void heal(TestCluster cluster) {
            cluster.start(next(cut, 1));
        }
    }
}

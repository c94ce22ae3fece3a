package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.process.TestCluster;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Something that happens to processes, and how they come back from it. */
public interface Fault {
    /** What kind it is, as reports group them. */
    String kind();

    /** The processes it strikes. */
    List<Integer> victims();

    /** Makes it happen; when this returns, it has happened. */
    void strike(TestCluster cluster);

    /** How long it lasts at least, in milliseconds; it also lasts until every shard that can recover without healing has. */
    default long holdMillis() {
        return 0;
    }

    /** Whether a majority of each shard is left, so that writes must go on before {@link #heal}. */
    default boolean quorumLeft() {
        return true;
    }

    /** Starts or continues what was struck; nothing else is done by hand. */
    void heal(TestCluster cluster);

    default String describe() {
        return kind() + " of process " + victims().stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    /** {@code kill -9}, and a start with the same directory. */
    record Kill(int process) implements Fault {
        @Override
        public String kind() {
            return "kill -9";
        }

        @Override
        public List<Integer> victims() {
            return List.of(process);
        }

        @Override
        public void strike(TestCluster cluster) {
            cluster.kill9(victims());
        }

        @Override
        public void heal(TestCluster cluster) {
            cluster.start(process);
        }
    }

    /** {@code kill -9} of every process at once, and a start of all of them. */
    record KillAll(int processes) implements Fault {
        @Override
        public String kind() {
            return "kill -9 of all";
        }

        @Override
        public List<Integer> victims() {
            return IntStream.range(0, processes).boxed().toList();
        }

        @Override
        public void strike(TestCluster cluster) {
            cluster.kill9(victims());
        }

        @Override
        public boolean quorumLeft() {
            return false;
        }

        @Override
        public void heal(TestCluster cluster) {
            victims().forEach(cluster::start);
        }
    }

    /** SIGSTOP, and SIGCONT after a while. */
    record Pause(int process, long millis) implements Fault {
        @Override
        public String kind() {
            return "SIGSTOP";
        }

        @Override
        public List<Integer> victims() {
            return List.of(process);
        }

        @Override
        public void strike(TestCluster cluster) {
            cluster.pause(process);
        }

        @Override
        public long holdMillis() {
            return millis;
        }

        @Override
        public void heal(TestCluster cluster) {
            cluster.resume(process);
        }
    }

    /** {@code kill -9}, the loss of all the process has on disk, and a start. */
    record Wipe(int process) implements Fault {
        @Override
        public String kind() {
            return "wiped disk";
        }

        @Override
        public List<Integer> victims() {
            return List.of(process);
        }

        @Override
        public void strike(TestCluster cluster) {
            cluster.kill9(victims());
        }

        @Override
        public void heal(TestCluster cluster) {
            cluster.wipe(process);
            cluster.start(process);
        }
    }

    /**
     * The schedule that makes a wiped voter dangerous: one process lags (stopped), another loses its disk and comes back
     * empty at its old address, then the only one that still has everything is killed. If the empty one could vote as
     * before, it would make the lagging one primary without the writes that the lost and the killed one had
     * acknowledged (Cairn's SAFETY 5).
     */
    record WipeBesideALaggard(int laggard, int wiped, int killed) implements Fault {
        private static final long WRITE_MILLIS = 1_500;
        private static final long START_MILLIS = 3_000;

        @Override
        public String kind() {
            return "wiped disk beside a laggard";
        }

        @Override
        public List<Integer> victims() {
            return List.of(laggard, wiped, killed);
        }

        @Override
        public void strike(TestCluster cluster) {
            cluster.pause(laggard);
            sleep(WRITE_MILLIS); // The other two go on acknowledging without the laggard.
            cluster.kill9(List.of(wiped));
            cluster.wipe(wiped);
            cluster.start(wiped);
            cluster.kill9(List.of(killed));
            cluster.resume(laggard);
        }

        @Override
        public long holdMillis() {
            return WRITE_MILLIS + START_MILLIS;
        }

        @Override
        public boolean quorumLeft() {
            return false;
        }

        @Override
        public void heal(TestCluster cluster) {
            cluster.start(killed);
        }

        private static void sleep(long millis) {
            try {
                Thread.sleep(millis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.process.TestCluster;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Something that happens to processes or to what lies between them, and how they come back from it. */
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

    /**
     * Looks, from outside and between {@link #strike} and {@link #heal}, whether it is in force; takes a few seconds at most.
     *
     * @return what was seen that proves it
     * @throws UnconfirmedException when it is not: a run in which that happens has shown nothing
     */
    String confirm(TestCluster cluster);

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
        public String confirm(TestCluster cluster) {
            return Proof.gone(cluster, victims());
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
        public String confirm(TestCluster cluster) {
            return Proof.gone(cluster, victims());
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
        public String confirm(TestCluster cluster) {
            return Proof.stopped(cluster, victims());
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
            return "wipe";
        }

        @Override
        public List<Integer> victims() {
            return List.of(process);
        }

        @Override
        public void strike(TestCluster cluster) {
            cluster.kill9(victims());
            cluster.wipe(process);
        }

        @Override
        public String confirm(TestCluster cluster) {
            return Proof.gone(cluster, victims()) + "; " + Proof.empty(cluster, process);
        }

        @Override
        public void heal(TestCluster cluster) {
            cluster.start(process);
        }
    }
}

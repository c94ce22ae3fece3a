package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.net.Endpoint;
import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Disk;
import io.cairn.jepsen.process.ServerProcess;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Timeouts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Looks from outside whether a fault is in force. */
final class Proof {
    /** Longer than this an answer is not waited for where none is expected. */
    static final int SILENCE_MILLIS = 400;
    /** Where one is expected, on a machine that is short of processors. */
    static final int PATIENCE_MILLIS = 8_000;

    private static final int ANSWER_SECONDS = 10;
    private static final int SETTLE_SECONDS = 30;
    private static final int SIGNAL_MILLIS = 2_000;
    private static final char GONE = 'X';

    private Proof() {}

    /**
     * What came of a PING through the network.
     *
     * @param millis until the answer came or was given up
     * @param what the answer, or what was instead
     */
    record Ping(boolean answered, long millis, String what) {}

    /** All the processes have left the process table. */
    static String gone(TestCluster cluster, List<Integer> processes) {
        return inState(cluster, processes, GONE, "gone from /proc");
    }

    /** All the processes are stopped. */
    static String stopped(TestCluster cluster, List<Integer> processes) {
        return inState(cluster, processes, 'T', "in state T");
    }

    private static String inState(TestCluster cluster, List<Integer> processes, char wanted, String what) {
        StringBuilder pids = new StringBuilder("pid");
        for (int process : processes) {
            for (ServerProcess server : cluster.servers(process)) {
                // A signal takes its time to reach a thread that is in the middle of something.
                long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SIGNAL_MILLIS);
                while (state(server.pid()) != wanted && System.nanoTime() - deadline < 0) {
                    Pauses.sleep(1);
                }
                char state = state(server.pid());
                if (state != wanted) {
                    throw new UnconfirmedException(
                            "pid " + server.pid() + " of process " + process + " is in state " + state);
                }
                pids.append(' ').append(server.pid());
            }
        }
        return pids.append(' ').append(what).toString();
    }

    /** The letter that /proc shows for a process; X when it is not there, or is only left for its parent to see. */
    static char state(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            char state = stat.charAt(stat.lastIndexOf(')') + 2);
            return state == 'Z' ? GONE : state;
        } catch (IOException e) {
            return GONE;
        }
    }

    /** All nodes of the processes answer a PING. */
    static String answering(TestCluster cluster, List<Integer> processes) {
        for (int process : processes) {
            for (Address node : cluster.nodes(process)) {
                try {
                    Address direct = cluster.direct(node);
                    Await.until(node + " answers", ANSWER_SECONDS, () -> ClusterState.answers(direct));
                } catch (IllegalStateException e) {
                    throw new UnconfirmedException("process " + process + ": " + e.getMessage());
                }
            }
        }
        return "all nodes of processes " + processes + " answer PING";
    }

    /** Whether a server of a process is stopped by SIGSTOP. */
    static boolean anyStopped(TestCluster cluster, int process) {
        return cluster.servers(process).stream().anyMatch(server -> state(server.pid()) == 'T');
    }

    /** Whether a process can answer at all. */
    static boolean runs(TestCluster cluster, int process) {
        return cluster.servers(process).stream().allMatch(server -> {
            char state = state(server.pid());
            return state != GONE && state != 'T';
        });
    }

    /**
     * Waits until every voter is a live node: only then does a cluster bear the loss of a disk.
     *
     * @throws IllegalStateException when that takes too long; nothing was struck then
     */
    static void settled(TestCluster cluster) {
        ClusterState.awaitSettled(cluster.nodes().stream().map(cluster::direct).toList(), SETTLE_SECONDS);
    }

    /** A process has nothing on disk. */
    static String empty(TestCluster cluster, int process) {
        for (Path home : cluster.homes(process)) {
            if (Files.exists(home) && !Disk.files(home).isEmpty()) {
                throw new UnconfirmedException(home + " is not empty");
            }
        }
        return "the directory of process " + process + " is empty";
    }

    /** A connection of its own, as {@code from} would make it. */
    static RawClient connect(TestCluster cluster, Endpoint from, int to, int timeoutMillis) throws NotSentException {
        return RawClient.connect(cluster.nodes(to).get(0), new Timeouts(timeoutMillis, timeoutMillis), from.source());
    }

    /** Asks the first node of a process, as {@code from} would, over a connection of its own. */
    static Ping ping(TestCluster cluster, Endpoint from, int to, int timeoutMillis) {
        long begin = System.nanoTime();
        try (RawClient client = connect(cluster, from, to, timeoutMillis)) {
            Reply reply = client.call("PING");
            return new Ping(true, since(begin), reply.text());
        } catch (NotSentException | OutcomeUnknownException e) {
            return new Ping(false, since(begin), String.valueOf(e.getMessage()));
        }
    }

    static long since(long beginNanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNanos);
    }
}

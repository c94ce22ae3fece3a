package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.LogTail;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.Address;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * {@code kill -9}, then the end of the newest segment of each shard's log is lost, then a start. The process is struck only
 * after every shard has acknowledged a new write without it: a commit of the leader's term, so that the other two hold all
 * that was ever acknowledged, and the loss is one that a majority can bear. The meta group's log, which nobody can make
 * commit from outside, only gets noise behind its end, as an append leaves that was cut off.
 *
 * <p>A cut behind the log's mark looks like a power loss, and the start must deal with it. A cut before the mark lost what
 * was known to be on the disk: there the start may refuse and name the repair command, which is then run.
 */
final class LogCut implements Fault {
    private static final int START_SECONDS = 90;
    private static final int MAX_NOISE_BYTES = 200;

    private final int process;
    private final SplittableRandom random;
    private final List<String> done = new ArrayList<>();
    private boolean mayRefuse;
    private boolean struck;
    private boolean repaired;
    private int cuts;

    LogCut(int process, SplittableRandom random) {
        this.process = process;
        this.random = random;
    }

    @Override
    public String kind() {
        return "log-cut";
    }

    @Override
    public List<Integer> victims() {
        return List.of(process);
    }

    @Override
    public void strike(TestCluster cluster) {
        Proof.settled(cluster);
        cluster.kill9(victims());
        struck = true;
        AcknowledgedWrites.toEveryShard(cluster, process);
        for (Path home : cluster.homes(process)) {
            for (LogTail log : LogTail.below(home)) {
                strike(log, home);
            }
        }
    }

    private void strike(LogTail log, Path home) {
        long written = log.written();
        String name = home.relativize(log.file()).toString();
        if (log.meta()) {
            int bytes = random.nextInt(1, MAX_NOISE_BYTES);
            log.scribble(random, bytes);
            done.add("%s: %d bytes of noise at %d".formatted(name, bytes, written));
            return;
        }
        if (written <= LogTail.HEADER_BYTES) {
            return;
        }
        long mark = log.mark();
        boolean torn = mark < written && random.nextBoolean();
        long offset = random.nextLong(torn ? mark : LogTail.HEADER_BYTES, written);
        boolean zeros = random.nextInt(3) == 0 && log.zero(offset);
        if (!zeros) {
            log.truncate(offset);
        }
        mayRefuse |= offset < mark;
        cuts++;
        done.add("%s %s at %d of %d, mark %d".formatted(name, zeros ? "zeroed" : "cut", offset, written, mark));
    }

    @Override
    public String confirm(TestCluster cluster) {
        if (cuts == 0) {
            throw new UnconfirmedException("log-cut: no log was cut: " + done);
        }
        return Proof.gone(cluster, victims()) + "; " + String.join("; ", done);
    }

    @Override
    public void heal(TestCluster cluster) {
        if (!struck) {
            return;
        }
        struck = false;
        cluster.start(process);
        if (mayRefuse && cluster instanceof CairnCluster cairn && !comesUp(cairn)) {
            String output = cairn.server(process).ownOutput();
            if (!output.contains("cairn log repair")) {
                throw new IllegalStateException("process " + process + " ended without naming the repair of " + done);
            }
            cairn.repairLogs(process);
            repaired = true;
            cluster.start(process);
        }
    }

    @Override
    public String describe() {
        return "log-cut of process " + process + (repaired ? ", which refused to start and was repaired" : "");
    }

    /** Whether it answers; false when it ended. */
    private boolean comesUp(CairnCluster cluster) {
        Address node = cluster.direct(cluster.nodes(process).get(0));
        Await.until(
                "process " + process + " answers or refuses to start",
                START_SECONDS,
                () -> !cluster.server(process).alive() || ClusterState.answers(node));
        return cluster.server(process).alive();
    }
}

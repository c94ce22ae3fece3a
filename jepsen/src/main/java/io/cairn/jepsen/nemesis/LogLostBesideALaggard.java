package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Disk;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * As {@link WipeBesideALaggard}, but what one process loses is its logs alone: it still knows who it is and in which cluster. If
 * it voted as before, it would make the laggard primary without what it and the killed one had acknowledged. It must not even
 * start; an operator then empties its directory whole.
 */
final class LogLostBesideALaggard implements Fault {
    static final String KIND = "log-lost-beside-laggard";
    private static final long WRITE_MILLIS = 1_500;
    private static final long HOLD_MILLIS = 8_000;
    private static final int SECONDS = 60;
    private static final long POLL_MILLIS = 50;

    private final int laggard;
    private final int loser;
    private final int killed;
    private final List<String> seen = new ArrayList<>();

    LogLostBesideALaggard(int laggard, int loser, int killed) {
        this.laggard = laggard;
        this.loser = loser;
        this.killed = killed;
    }

    @Override
    public String kind() {
        return KIND;
    }

    @Override
    public List<Integer> victims() {
        return List.of(laggard, loser, killed);
    }

    @Override
    public void strike(TestCluster cluster) {
        Proof.settled(cluster);
        cluster.pause(laggard);
        seen.add(Proof.stopped(cluster, List.of(laggard)));
        Pauses.sleep(WRITE_MILLIS); // The other two go on acknowledging without the laggard.
        seen.add(AcknowledgedWrites.toEveryShard(cluster, laggard));
        cluster.kill9(List.of(loser));
        cluster.kill9(List.of(killed));
        int lost = loseLogs(cluster.homes(loser));
        if (lost == 0) {
            throw new UnconfirmedException("process " + loser + " had no logs to lose");
        }
        seen.add("process " + loser + " lost " + lost + " directories of logs");
        cluster.start(loser);
        cluster.resume(laggard);
    }

    private static int loseLogs(List<Path> homes) {
        List<Path> logs = new ArrayList<>();
        for (Path home : homes) {
            try (Stream<Path> tree = Files.walk(home, 2)) {
                tree.filter(Files::isDirectory)
                        .filter(path -> String.valueOf(path.getFileName()).matches("shard|meta(-[0-9a-f]+)?"))
                        .forEach(logs::add);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        logs.forEach(Disk::delete);
        return logs.size();
    }

    @Override
    public String confirm(TestCluster cluster) {
        String gone = Proof.gone(cluster, List.of(killed));
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Proof.PATIENCE_MILLIS);
        while (!refused(cluster) && !started(cluster) && System.nanoTime() - deadline < 0) {
            Pauses.sleep(POLL_MILLIS);
        }
        String outcome = refused(cluster) ? "refused to start" : started(cluster) ? "started" : "has not ended yet";
        return String.join("; ", seen) + "; then " + gone + "; process " + loser + " " + outcome;
    }

    private boolean refused(TestCluster cluster) {
        return !cluster.servers(loser).get(0).alive();
    }

    private boolean started(TestCluster cluster) {
        try {
            return ClusterState.answers(cluster.direct(cluster.nodes(loser).get(0)));
        } catch (NotSentException | OutcomeUnknownException e) {
            return false;
        }
    }

    @Override
    public long holdMillis(long drawn) {
        return HOLD_MILLIS;
    }

    @Override
    public boolean quorumLeft() {
        return false;
    }

    @Override
    public void heal(TestCluster cluster) {
        OrphanedSuffix.bringBack(cluster, List.of(laggard, killed));
        Await.until(
                "process " + loser + " has started or refused to", SECONDS, () -> refused(cluster) || started(cluster));
        if (!refused(cluster)) {
            throw new IllegalStateException("process " + loser + " started without its logs: it must refuse to");
        }
        cluster.wipe(loser);
        cluster.start(loser);
    }
}

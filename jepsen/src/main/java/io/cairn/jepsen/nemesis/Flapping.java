package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.net.Endpoint;
import io.cairn.jepsen.net.Imposed;
import io.cairn.jepsen.net.Link;
import io.cairn.jepsen.net.Network;
import io.cairn.jepsen.net.Rule;
import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.TestCluster;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** The links of a process with the other processes are cut and mended over and over. */
final class Flapping implements Fault {
    private static final long LEAST_MILLIS = 200;
    private static final long MOST_MILLIS = 700;
    private static final long HOLD_MILLIS = 6_000;
    private static final int CONFIRM_SECONDS = 10;

    private final int victim;
    private final SplittableRandom random;
    private @Nullable Thread thread;
    private volatile int cuts;
    private volatile @Nullable String silence;
    private volatile @Nullable String answer;

    Flapping(int victim, SplittableRandom random) {
        this.victim = victim;
        this.random = random;
    }

    @Override
    public String kind() {
        return "flapping";
    }

    @Override
    public List<Integer> victims() {
        return List.of(victim);
    }

    @Override
    public long holdMillis(long drawn) {
        return HOLD_MILLIS;
    }

    @Override
    public void strike(TestCluster cluster) {
        Thread flapping = new Thread(() -> flap(cluster), "nemesis-flapping");
        flapping.setDaemon(true);
        thread = flapping;
        flapping.start();
    }

    private void flap(TestCluster cluster) {
        Network network = Sides.network(cluster);
        List<Integer> others = new ArrayList<>();
        for (int p = 0; p < cluster.processes(); p++) {
            if (p != victim) {
                others.add(p);
            }
        }
        while (!Thread.currentThread().isInterrupted()) {
            boolean all = random.nextBoolean();
            int other = others.get(random.nextInt(others.size()));
            Set<Link> links = Sides.peers(cluster.processes(), List.of(victim));
            Set<Link> struck = all ? links : Sides.between(victim, other);
            Imposed cut = network.impose(Rule.CUT, struck);
            try {
                long begin = System.nanoTime();
                if (silence == null) {
                    Proof.Ping ping = Proof.ping(cluster, Endpoint.process(other), victim, (int) LEAST_MILLIS);
                    silence = ping.answered() ? null : ping.what();
                }
                Pauses.sleep(random.nextLong(LEAST_MILLIS, MOST_MILLIS) - Proof.since(begin));
            } finally {
                cut.close();
            }
            increment();
            long begin = System.nanoTime();
            if (answer == null && !Thread.currentThread().isInterrupted()) {
                Proof.Ping ping = Proof.ping(cluster, Endpoint.process(other), victim, Proof.PATIENCE_MILLIS);
                answer = ping.answered() ? ping.what() : null;
            }
            Pauses.sleep(random.nextLong(LEAST_MILLIS, MOST_MILLIS) - Proof.since(begin));
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
    private void increment() {
        cuts++;
    }

    @Override
    public String confirm(TestCluster cluster) {
        try {
            boolean runs = Proof.runs(cluster, victim);
            Await.until(
                    "a probe is silenced and answered in turn",
                    CONFIRM_SECONDS,
                    () -> cuts >= 2 && silence != null && (answer != null || !runs));
        } catch (IllegalStateException e) {
            throw new UnconfirmedException("flapping: " + e.getMessage());
        }
        return "%d cuts so far; in one a probe was told: %s; between two: %s".formatted(cuts, silence, answer);
    }

    @Override
    public void heal(TestCluster cluster) {
        Thread flapping = thread;
        if (flapping == null) {
            return;
        }
        flapping.interrupt();
        try {
            flapping.join(2L * Proof.PATIENCE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (flapping.isAlive()) {
            throw new IllegalStateException("the flapping does not end");
        }
    }
}

package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.process.TestCluster;
import java.util.ArrayList;
import java.util.List;

/**
 * The schedule that makes a wiped voter dangerous: one process lags (stopped), another loses its disk and comes back
 * empty at its old address, then the only one that still has everything is killed. If the empty one could vote as
 * before, it would make the lagging one primary without the writes that the lost and the killed one had
 * acknowledged (Cairn's SAFETY 5).
 */
public final class WipeBesideALaggard implements Fault {
    private static final long WRITE_MILLIS = 1_500;
    private static final long START_MILLIS = 3_000;

    private final int laggard;
    private final int wiped;
    private final int killed;
    private final List<String> seen = new ArrayList<>();

    public WipeBesideALaggard(int laggard, int wiped, int killed) {
        this.laggard = laggard;
        this.wiped = wiped;
        this.killed = killed;
    }

    @Override
    public String kind() {
        return "wipe-beside-laggard";
    }

    @Override
    public List<Integer> victims() {
        return List.of(laggard, wiped, killed);
    }

    @Override
    public void strike(TestCluster cluster) {
        Proof.settled(cluster);
        cluster.pause(laggard);
        seen.add(Proof.stopped(cluster, List.of(laggard)));
        Pauses.sleep(WRITE_MILLIS); // The other two go on acknowledging without the laggard.
        seen.add(AcknowledgedWrites.toEveryShard(cluster, laggard));
        cluster.kill9(List.of(wiped));
        cluster.wipe(wiped);
        seen.add(Proof.empty(cluster, wiped));
        cluster.start(wiped);
        cluster.kill9(List.of(killed));
        cluster.resume(laggard);
    }

    @Override
    public String confirm(TestCluster cluster) {
        return String.join("; ", seen) + "; then " + Proof.gone(cluster, List.of(killed));
    }

    @Override
    public long holdMillis(long drawn) {
        return WRITE_MILLIS + START_MILLIS;
    }

    @Override
    public boolean quorumLeft() {
        return false;
    }

    @Override
    public void heal(TestCluster cluster) {
        OrphanedSuffix.bringBack(cluster, victims());
    }
}

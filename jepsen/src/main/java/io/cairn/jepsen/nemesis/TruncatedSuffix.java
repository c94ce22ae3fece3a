package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.TestCluster;
import java.util.List;

/**
 * As {@link OrphanedSuffix}, and when the cluster is whole again, so that the suffix, if there was one, is cut off and replaced,
 * the third process stops, so that what is acknowledged is in two logs; these two die, and the one whose suffix was cut off
 * comes back to the third, which lacks what was acknowledged. The second comes back when the fault is healed.
 */
final class TruncatedSuffix implements Fault {
    private static final int UP_SECONDS = 60;
    private static final long WRITE_MILLIS = 2_000;

    private final int cut;
    private String written = "";

    TruncatedSuffix(int cut) {
        this.cut = cut;
    }

    @Override
    public String confirm(TestCluster cluster) {
        String up = Proof.answering(cluster, List.of(cut, OrphanedSuffix.next(cut, 2)));
        return written + "; then " + up + "; " + Proof.gone(cluster, List.of(OrphanedSuffix.next(cut, 1)));
    }

    @Override
    public String kind() {
        return "truncated-suffix";
    }

    @Override
    public List<Integer> victims() {
        return List.of(cut, OrphanedSuffix.next(cut, 1), OrphanedSuffix.next(cut, 2));
    }

    @Override
    public void strike(TestCluster cluster) {
        OrphanedSuffix orphaned = new OrphanedSuffix(cut);
        orphaned.strike(cluster);
        Pauses.sleep(OrphanedSuffix.SETTLE_MILLIS);
        OrphanedSuffix.startAndAwait(cluster, cut);
        ClusterState.awaitHealthy(cluster.nodes(), UP_SECONDS);
        cluster.pause(OrphanedSuffix.next(cut, 2));
        Pauses.sleep(WRITE_MILLIS);
        written = AcknowledgedWrites.toEveryShard(cluster, OrphanedSuffix.next(cut, 2));
        cluster.kill9(List.of(cut, OrphanedSuffix.next(cut, 1)));
        cluster.resume(OrphanedSuffix.next(cut, 2));
        OrphanedSuffix.startAndAwait(cluster, cut);
    }

    @Override
    public long holdMillis(long drawn) {
        return OrphanedSuffix.SETTLE_MILLIS;
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

package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.process.Shards;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.Attempt;
import io.cairn.jepsen.resp.ClusterClient;
import io.cairn.jepsen.resp.HashSlot;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Timeouts;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Writes of the nemesis's own, for schedules in which something must be acknowledged while a process is away. */
final class AcknowledgedWrites {
    private static final String[] KEYS = HashSlot.keyOfEverySlot("nemesis:");
    private static final int SECONDS = 30;
    private static final Timeouts TIMEOUTS = new Timeouts(1_000, 1_000);

    private AcknowledgedWrites() {}

    /**
     * Writes until every shard has acknowledged a new write.
     *
     * @param away the process that takes no part; it becomes the value
     * @return what was seen
     * @throws IllegalStateException when that takes too long
     */
    static String toEveryShard(TestCluster cluster, int away) {
        List<Shards.Shard> shards = Shards.of(cluster);
        if (shards.isEmpty()) {
            throw new IllegalStateException("nobody tells which shards there are");
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        try (ClusterClient client = new ClusterClient(cluster.nodes(), cluster.processOfNode(), TIMEOUTS, away)) {
            for (Shards.Shard shard : shards) {
                Attempt last = new Attempt.Refused("not tried");
                byte[][] write = RawClient.words("SET", KEYS[shard.slot()], Integer.toString(away));
                while (!(last instanceof Attempt.Acknowledged) && System.nanoTime() - deadline < 0) {
                    last = client.execute(shard.slot(), deadline, write);
                }
                if (!(last instanceof Attempt.Acknowledged)) {
                    throw new IllegalStateException("the shard of slot " + shard.slot()
                            + " takes no write without process " + away + ": " + last);
                }
            }
        }
        return "a write to each of %d shards was acknowledged without process %d".formatted(shards.size(), away);
    }
}

package io.cairn.jepsen.nemesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.machines.Machines;
import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterOptions;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.Shards;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Timeouts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * A primary that reads by its lease is cut off from the majority, with clients beside it: within one election timeout it refuses
 * writes for certain and answers no read; after the heal it has what was written elsewhere within 5 s, and deposes nobody.
 */
@Tag("long")
class IsolatedLeaderIT {
    private static final int PORT = 21920;
    private static final int ROUNDS = Integer.getInteger("cairn.isolations", 2);
    /** Longer than the default, so that a loaded machine loses no leader by itself. */
    private static final int ELECTION_TIMEOUT_MILLIS = 1_000;
    /** Between a probe's timestamp and its arrival, on a loaded machine. */
    private static final int SLACK_MILLIS = 100;

    private static final String REFUSED = "(CLUSTERDOWN|TRYAGAIN) .*";

    /** More than raft-shards' PreferredLeader allows. */
    private static final int YOUNG_ENTRIES = 300;

    private static final int PROBE_MILLIS = 25;
    private static final int CATCH_UP_MILLIS = 5_000;
    private static final int CALM_MILLIS = 3_000;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory;

    /** A question whose answer is waited for later, so that one without an answer holds up nobody. */
    private record Probe(RawClient client, boolean write, long millis) implements AutoCloseable {
        static Probe send(Address to, boolean write, long sinceNanos) throws NotSentException, OutcomeUnknownException {
            RawClient client = RawClient.connect(to, Timeouts.PATIENT);
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - sinceNanos);
            client.send(write ? RawClient.words("SET", "key", "minority") : RawClient.words("GET", "key"));
            client.flush();
            return new Probe(client, write, millis);
        }

        @Override
        public void close() {
            client.close();
        }
    }

    @Test
    void itRefusesInTimeAndComesBackQuietly() throws Exception {
        ClusterOptions options = ClusterOptions.DEMO
                .withNodesPerProcess(1)
                .withNetwork(1)
                .withExtra(
                        "--cluster-read-consistency",
                        "lease",
                        "--cluster-election-timeout",
                        Integer.toString(ELECTION_TIMEOUT_MILLIS));
        try (CairnCluster cluster = new CairnCluster(Distribution.find(), directory, PORT, options)) {
            // Once it is not young any more the shard's leadership stays where it is.
            Address first = Objects.requireNonNull(Shards.primaryOf(cluster, 0));
            try (RawClient client = RawClient.connect(cluster.direct(first), Timeouts.PATIENT)) {
                for (int i = 0; i < YOUNG_ENTRIES; i++) {
                    client.call("SET", "key", "old");
                }
            }
            for (int round = 0; round < ROUNDS; round++) {
                ClusterState.awaitHealthy(cluster.nodes(), 60);
                ClusterState.awaitSteady(cluster.direct(cluster.nodes().get(0)), 3, 60);
                isolate(cluster, round);
            }
        }
    }

    private static void isolate(CairnCluster cluster, int round) throws Exception {
        Address announced = Objects.requireNonNull(Shards.primaryOf(cluster, 0));
        Address old = cluster.direct(announced);
        Await.until(
                "a write",
                20,
                () -> ClusterState.ask(old, "SET", "key", "before").text().equals("OK"));
        Await.until("a lease", 20, () -> "yes".equals(Machines.info(old).get("cluster_shard_read_lease")));
        Fault cut = Faults.make("isolate-leader", cluster, new SplittableRandom(round));
        assertThat(cut.victims())
                .containsExactly(Objects.requireNonNull(cluster.processOfNode().get(announced)));
        cut.strike(cluster);
        long begin = System.nanoTime();
        List<Probe> probes = new ArrayList<>();
        Address heir = null;
        long heirMillis = 0;
        boolean write = true;
        while (heir == null
                || TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin) < 3L * ELECTION_TIMEOUT_MILLIS) {
            probes.add(Probe.send(old, write, begin));
            write = !write;
            if (heir == null) {
                heir = writes(cluster, announced, "during");
                heirMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
            }
            Thread.sleep(PROBE_MILLIS);
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin)).isLessThan(60_000);
        }
        long lastRead = 0;
        long firstRefusal = Long.MAX_VALUE;
        long lastUnknown = 0;
        for (Probe probe : probes) {
            String answer = probe.client().receive().text();
            probe.close();
            long after = probe.millis();
            boolean late = after > ELECTION_TIMEOUT_MILLIS + SLACK_MILLIS;
            if (probe.write()) {
                assertThat(answer).as("a write %d ms after the cut", after).isNotEqualTo("OK");
                boolean unknown = answer.startsWith("UNKNOWNOUTCOME");
                lastUnknown = unknown ? after : lastUnknown;
                firstRefusal = unknown ? firstRefusal : Math.min(firstRefusal, after);
                if (late) {
                    assertThat(answer).as("a write %d ms after the cut", after).matches(REFUSED);
                }
            } else if (answer.equals("before")) {
                lastRead = after;
                assertThat(late).as("a read %d ms after the cut", after).isFalse();
            } else {
                assertThat(answer).as("a read %d ms after the cut", after).matches(REFUSED);
            }
        }
        assertThat(lastRead).as("a read after a write elsewhere").isLessThanOrEqualTo(heirMillis);
        String newest = "during";
        long term = term(cluster.direct(heir));
        long healing = System.nanoTime();
        cut.heal(cluster);
        try (RawClient reader = RawClient.connect(old, Timeouts.PATIENT)) {
            reader.call("READONLY");
            Await.until(
                    "it has what was written",
                    CATCH_UP_MILLIS / 1_000,
                    () -> reader.call("GET", "key").text().equals(newest));
        }
        long caughtUp = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - healing);
        Thread.sleep(CALM_MILLIS);
        assertThat(term(cluster.direct(heir))).as("nobody was deposed").isEqualTo(term);
        assertThat(Shards.primaryOf(cluster, 0)).isEqualTo(heir);
        System.out.printf(
                "round %d, election timeout %d ms, ms after the cut: last lease read %d, last write of unknown outcome %d, first"
                        + " write refused for certain %d, a write at the majority %d; caught up %d ms after the heal,"
                        + " term %d before and after%n",
                round, ELECTION_TIMEOUT_MILLIS, lastRead, lastUnknown, firstRefusal, heirMillis, caughtUp, term);
        assertThat(caughtUp).isLessThan(CATCH_UP_MILLIS);
    }

    private static long term(Address node) throws Exception {
        return Long.parseLong(Objects.requireNonNull(Machines.info(node).get("cluster_shard_term")));
    }

    /** Who of the others takes a write, by ways that no cut touches; null when none does yet. */
    private static @Nullable Address writes(CairnCluster cluster, Address except, String value) {
        for (Address node : cluster.nodes()) {
            try {
                if (!node.equals(except)
                        && ClusterState.ask(cluster.direct(node), "SET", "key", value)
                                .text()
                                .equals("OK")) {
                    return node;
                }
            } catch (NotSentException | OutcomeUnknownException e) {
                // Not yet.
            }
        }
        return null;
    }
}

package io.cairn.jepsen.rollout;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.ConsensusStatus;
import io.cairn.jepsen.process.RollingChange;
import io.cairn.jepsen.resp.ClusterClient;
import io.cairn.jepsen.resp.HashSlot;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Timeouts;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A cluster in gossip mode under load of eight clients: its processes are started again one by one with {@code cluster-consensus raft}, it goes
 * over to raft and back to gossip, and the processes are started again without. Says each phase; {@link #problems} is the verdict.
 */
final class RolloutRun {
    private static final int CLIENTS = 8;
    private static final int CHANGE_SECONDS = 180;
    private static final int CHECK_SECONDS = 120;
    private static final long REST_MILLIS = 1_500;
    /** Of the issue: writes pause below a second per shard. */
    private static final long MOST_PAUSE_MILLIS = 1_000;

    private final CairnCluster cluster;
    private final Options options;
    private final PrintStream out;
    private final Tally tally = new Tally();
    private final List<String> problems = new ArrayList<>();
    private final List<String> slow = new ArrayList<>();
    private final List<LedgerClient> clients = new ArrayList<>();

    /**
     * What is done.
     *
     * @param kills kill -9 of a random process at each step
     * @param restartThere the rolling restart with cluster-consensus raft; else all are started again before anybody writes
     * @param restartBack also the rolling restart at the end
     */
    record Options(boolean kills, long seed, boolean restartThere, boolean restartBack) {}

    RolloutRun(CairnCluster cluster, Options options, PrintStream out) {
        this.cluster = cluster;
        this.options = options;
        this.out = out;
    }

    /** Runs; the cluster is in gossip mode, and is again afterwards. */
    void run() throws Exception {
        ShardMap shards = new ShardMap(cluster);
        Timeline timeline = new Timeline(shards.count());
        RollingChange change = new RollingChange(cluster, line -> say(timeline, line));
        if (!options.restartThere()) {
            // A primary that starts without a key would first look for a replica that has some.
            try (ClusterClient client = new ClusterClient(cluster.nodes(), Map.of(), Timeouts.PATIENT, 0)) {
                for (int shard = 0; shard < shards.count(); shard++) {
                    String key = "{" + shards.tag(shard, 0) + "}first";
                    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CHECK_SECONDS);
                    client.execute(HashSlot.of(key), deadline, RawClient.words("SET", key, "v"));
                }
            }
            change.restartAll("raft");
        }
        try (CopyMeter copies = new CopyMeter(cluster.nodes());
                EveryNode every = new EveryNode(cluster.nodes(), shards, timeline);
                StepWatch watch =
                        new StepWatch(cluster, shards, timeline, options.seed(), line -> say(timeline, line))) {
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(new LedgerClient("c" + i, i, cluster.nodes(), shards, tally, timeline));
            }
            rest();
            phase(timeline, copies, "gossip", false);
            if (options.restartThere()) {
                change.restart("raft");
                phase(timeline, copies, "processes started again with cluster-consensus raft", false);
            }

            watch.way("there", options.kills());
            change.change("raft", CHANGE_SECONDS);
            watch.calm();
            whole(change);
            phase(timeline, copies, "CLUSTER CONSENSUS RAFT", true);
            rest();
            compare(timeline, "in raft mode");
            tolerance(timeline);
            phase(timeline, copies, "raft", true);

            timeline.wayBack();
            watch.way("back", options.kills());
            change.change("gossip", CHANGE_SECONDS);
            watch.calm();
            whole(change);
            phase(timeline, copies, "CLUSTER CONSENSUS GOSSIP", true);
            compare(timeline, "back in gossip mode");
            if (options.restartBack()) {
                change.restart("gossip");
                phase(timeline, copies, "processes started again with cluster-consensus gossip", false);
            }
            clients.forEach(LedgerClient::finish);
            every.finish();
            say(timeline, "steps seen: " + watch.steps());
            say(timeline, every.asked() + " direct questions to every node");
            say(timeline, tally.toString());
            List<String> two = every.problems(!options.kills());
            problems.addAll(two);
            judge();
        } finally {
            clients.forEach(LedgerClient::close);
        }
    }

    private void judge() {
        if (tally.lostOfRaft() > 0) {
            problems.add(tally.lostOfRaft() + " writes that a raft shard acknowledged are lost");
        }
        if (tally.lostOfGossip() > 0 && !options.kills()) {
            problems.add(tally.lostOfGossip() + " acknowledged writes are lost, and nothing was killed");
        }
        if (tally.doubledCount() > 0) {
            problems.add(tally.doubledCount() + " writes took effect twice");
        }
        if (tally.brokenCount() > 0) {
            problems.add(tally.brokenCount() + " things broke");
        }
        if (!problems.isEmpty()) {
            problems.addAll(tally.problems());
        }
    }

    /** What is wrong; empty when nothing is. */
    List<String> problems() {
        return List.copyOf(problems);
    }

    /** What took longer than it may on a machine that does nothing else. */
    List<String> slow() {
        return List.copyOf(slow);
    }

    private void whole(RollingChange change) {
        try {
            change.awaitWhole();
        } catch (IllegalStateException e) {
            problems.add("the cluster does not become whole: " + e.getMessage());
        }
    }

    /** The pauses and copies of a phase that just ended; judged if it changes the consensus and nothing is killed. */
    private void phase(Timeline timeline, CopyMeter copies, String name, boolean judged) {
        long[] pauses = timeline.pausesMillis();
        long full = copies.full();
        say(
                timeline,
                "%s: longest write pause of each shard %s ms, %d whole copies, %d partial ones; %s"
                        .formatted(name, Arrays.toString(pauses), full, copies.partial(), tally));
        if (judged && !options.kills()) {
            if (Arrays.stream(pauses).anyMatch(pause -> pause >= MOST_PAUSE_MILLIS)) {
                slow.add(name + ": writes paused for " + Arrays.toString(pauses) + " ms");
            }
            if (full > 0) {
                problems.add(name + ": " + full + " whole copies of data went between nodes");
            }
        }
    }

    private void compare(Timeline timeline, String when) {
        clients.forEach(LedgerClient::check);
        Await.until(
                "clients compare what is there",
                CHECK_SECONDS,
                () -> clients.stream().allMatch(LedgerClient::checked));
        say(timeline, when + " all was compared: " + tally);
    }

    /** What the cluster says of itself after the change. */
    private void tolerance(Timeline timeline) throws Exception {
        ConsensusStatus status = ConsensusStatus.ofAny(cluster.nodes());
        if (status == null || !status.is("raft")) {
            problems.add("after the rollout: " + (status == null ? "no node answers" : status.brief()));
            return;
        }
        for (ConsensusStatus.Shard shard : status.shards()) {
            say(
                    timeline,
                    "shard %s: %d nodes, tolerates %d, writes were held for %d ms"
                            .formatted(shard.id(), shard.members().size(), shard.tolerates(), shard.pauseMillis()));
        }
        String info =
                ClusterState.ask(cluster.nodes().get(0), "CLUSTER", "INFO").text();
        if (!info.contains("cluster_consensus:raft")) {
            problems.add("CLUSTER INFO does not say cluster_consensus:raft");
        }
    }

    private static void rest() throws InterruptedException {
        Thread.sleep(REST_MILLIS);
    }

    private void say(Timeline timeline, String line) {
        out.printf(Locale.ROOT, "%7.1f s  %s%n", timeline.now() / 1e9, line);
    }
}

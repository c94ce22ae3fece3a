package io.cairn.jepsen.rollout;

import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.ConsensusStatus;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Looks at CLUSTER CONSENSUS STATUS of one node after the other all the time: notes when a shard is raft, and, if it is to, kills a random process at each
 * step that shows, and starts it again a moment later. One process is down at a time. What dies is drawn from the seed and the step.
 */
final class StepWatch implements AutoCloseable {
    /** Between two looks, each at another node. */
    private static final long LOOK_MILLIS = 250;

    private static final long HUNTING_MILLIS = 3;
    private static final int SHORTEST_DOWN_MILLIS = 200;
    private static final int LONGEST_DOWN_MILLIS = 1_500;
    private static final int START_SECONDS = 60;

    private final CairnCluster cluster;
    private final ShardMap shards;
    private final Timeline timeline;
    private final long seed;
    private final Consumer<String> said;
    private final Set<String> steps = Collections.synchronizedSet(new LinkedHashSet<>());
    private final List<String> kills = Collections.synchronizedList(new ArrayList<>());
    private final Thread thread;
    private volatile boolean killing;
    private volatile boolean running = true;
    private volatile String way = "";

    StepWatch(CairnCluster cluster, ShardMap shards, Timeline timeline, long seed, Consumer<String> said) {
        this.cluster = cluster;
        this.shards = shards;
        this.timeline = timeline;
        this.seed = seed;
        this.said = said;
        thread = new Thread(this::run, "steps");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * From now on the cluster is on this way.
     *
     * @param kill kills at each of its steps
     */
    void way(String name, boolean kill) {
        way = name;
        killing = kill;
    }

    /** Kills no more; what is down has been started when this returns. */
    synchronized void calm() {
        killing = false;
    }

    /** Steps that were seen, as {@code way/step}. */
    List<String> steps() {
        return List.copyOf(steps);
    }

    List<String> kills() {
        return List.copyOf(kills);
    }

    private void run() {
        List<Address> nodes = cluster.nodes();
        for (int turn = 0; running; turn = (turn + 1) % nodes.size()) {
            look(nodes.get(turn));
            try {
                TimeUnit.MILLISECONDS.sleep(killing ? HUNTING_MILLIS : LOOK_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void look(Address node) {
        ConsensusStatus status;
        try {
            status = ConsensusStatus.of(node);
        } catch (NotSentException | OutcomeUnknownException | IllegalStateException e) {
            return; // It is down or just starting.
        }
        if (!way.equals("back")) {
            for (ConsensusStatus.Shard shard : status.shards()) {
                int number = shards.ofNodes(shard.members());
                if (number >= 0 && shard.consensus().equals("raft")) {
                    timeline.isRaft(number);
                }
            }
        }
        step(status.step());
        status.shards().forEach(shard -> step("shard-" + shard.step()));
    }

    private void step(String step) {
        if (step.equals("none") || step.equals("shard-none") || way.isEmpty()) {
            return;
        }
        String name = way + "/" + step;
        if (steps.add(name)) {
            strike(name);
        }
    }

    private synchronized void strike(String step) {
        if (!killing) {
            return;
        }
        SplittableRandom random = new SplittableRandom(seed * 31 + step.hashCode());
        int victim = random.nextInt(cluster.processes());
        cluster.kill9(List.of(victim));
        String what = "at " + step + ": kill -9 of process " + victim;
        kills.add(what);
        said.accept(what);
        try {
            TimeUnit.MILLISECONDS.sleep(random.nextInt(SHORTEST_DOWN_MILLIS, LONGEST_DOWN_MILLIS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        cluster.start(victim);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (System.nanoTime() < deadline && !answers(victim)) {
            Thread.onSpinWait();
        }
    }

    private boolean answers(int process) {
        try {
            for (Address node : cluster.nodes(process)) {
                ClusterState.answers(node);
            }
            return true;
        } catch (NotSentException | OutcomeUnknownException e) {
            try {
                TimeUnit.MILLISECONDS.sleep(20);
            } catch (InterruptedException interrupt) {
                Thread.currentThread().interrupt();
            }
            return false;
        }
    }

    @Override
    public void close() {
        calm();
        running = false;
        thread.interrupt();
    }
}

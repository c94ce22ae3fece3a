package io.cairn.jepsen.process;

import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.Reply;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What an operator does to take a cluster from gossip to raft and back, as docs/rollout.md says: processes are started again one after
 * the other with another setting, each after its primaries were handed over, then CLUSTER CONSENSUS. One thread.
 */
public final class RollingChange {
    private static final int STEP_SECONDS = 120;
    private static final int STOP_SECONDS = 30;

    private final CairnCluster cluster;
    private final Consumer<String> said;

    /** @param said gets a line for what was done */
    public RollingChange(CairnCluster cluster, Consumer<String> said) {
        this.cluster = cluster;
        this.said = said;
    }

    /** The whole way there. */
    public void toRaft() {
        restart("raft");
        change("raft", 2 * STEP_SECONDS);
    }

    /** Starts each process again with this {@code cluster-consensus}; the cluster is whole after each. */
    public void restart(String consensus) {
        for (int process = 0; process < cluster.processes(); process++) {
            handOver(process);
            cluster.server(process).stop(STOP_SECONDS);
            cluster.use(process, consensus);
            cluster.start(process);
            awaitWhole();
            said.accept("process " + process + " runs with cluster-consensus " + consensus);
        }
    }

    /** The same for all processes at once, for who has no clients to think of. */
    public void restartAll(String consensus) {
        for (int process = 0; process < cluster.processes(); process++) {
            cluster.server(process).stop(STOP_SECONDS);
            cluster.use(process, consensus);
        }
        for (int process = 0; process < cluster.processes(); process++) {
            cluster.start(process);
        }
        awaitWhole();
    }

    /** Takes every shard of gossip mode whose primary is in this process to a replica elsewhere; nothing that was acknowledged is lost by it. */
    private void handOver(int process) {
        List<Address> own = cluster.nodes(process);
        for (Shards.Shard shard : Shards.of(cluster)) {
            if (!own.contains(shard.primary())) {
                continue;
            }
            Address heir = shard.replicas().stream()
                    .filter(replica -> !own.contains(replica))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no replica elsewhere of " + shard));
            Await.until(heir + " is primary", STEP_SECONDS, () -> {
                if (role(heir).equals("master")) {
                    return true;
                }
                Reply reply = ClusterState.ask(cluster.direct(heir), "CLUSTER", "FAILOVER");
                for (int look = 0; look < 100 && !reply.failed() && !role(heir).equals("master"); look++) {
                    Thread.sleep(20);
                }
                return role(heir).equals("master");
            });
        }
        awaitWhole();
    }

    private String role(Address node) throws NotSentException, OutcomeUnknownException {
        List<Reply> role = ClusterState.ask(cluster.direct(node), "ROLE").items();
        return role.isEmpty() ? "" : role.get(0).text();
    }

    /** Waits until every node finds the cluster whole, and every replica follows its primary. */
    public void awaitWhole() {
        ClusterState.awaitHealthy(cluster.nodes().stream().map(cluster::direct).toList(), STEP_SECONDS);
        for (Address node : cluster.nodes()) {
            Await.until(node + " follows", STEP_SECONDS, () -> {
                String info = ClusterState.ask(cluster.direct(node), "INFO", "replication")
                        .text();
                return info.contains("role:master") || info.contains("master_link_status:up");
            });
        }
    }

    /**
     * CLUSTER CONSENSUS, until it is done. What was given up is begun again, and so is what was refused: a node may be starting.
     *
     * @param target raft or gossip
     * @throws IllegalStateException when it is not done in time
     */
    public void change(String target, int seconds) {
        Set<String> reasons = new LinkedHashSet<>();
        try {
            Await.until("the cluster is " + target, seconds, () -> {
                ConsensusStatus status = ConsensusStatus.ofAny(direct());
                if (status == null) {
                    throw new IllegalStateException("no node answers CLUSTER CONSENSUS STATUS");
                }
                if (status.is(target)) {
                    return true;
                }
                if (!status.lastError().isEmpty() && reasons.add(status.lastError())) {
                    said.accept("CLUSTER CONSENSUS STATUS: last-error " + status.lastError());
                }
                if (!status.target().equals(target) || status.step().equals("none")) {
                    begin(target, reasons);
                }
                return false;
            });
        } catch (IllegalStateException e) {
            ConsensusStatus last = ConsensusStatus.ofAny(direct());
            throw new IllegalStateException(
                    e.getMessage() + "; " + (last == null ? "no node answers" : last.brief()) + "; said before: "
                            + reasons,
                    e);
        }
    }

    private void begin(String target, Set<String> reasons) throws InterruptedException {
        for (Address node : direct()) {
            try {
                Reply reply = ClusterState.ask(node, "CLUSTER", "CONSENSUS", target.toUpperCase(java.util.Locale.ROOT));
                if (!reply.failed()) {
                    return;
                }
                if (reasons.add(reply.text())) {
                    said.accept("CLUSTER CONSENSUS " + target + " at " + node + ": " + reply.text());
                }
                Thread.sleep(200);
                return;
            } catch (NotSentException | OutcomeUnknownException e) {
                // It is down, or its answer was lost; asking again is harmless.
            }
        }
    }

    private List<Address> direct() {
        return cluster.nodes().stream().map(cluster::direct).toList();
    }
}

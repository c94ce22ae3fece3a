package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Shards;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@code CLUSTER FORGET} of a node, a primary as it may be: its shard goes on without it, and so does the meta group. Then it
 * is reset, meets the cluster again under a new id and follows the shard that it was of.
 */
final class MemberChurn implements Fault {
    static final String KIND = "member-churn";
    private static final int SECONDS = 60;

    private final int process;
    private final int node;
    private @Nullable Address victim;
    private String oldId = "";
    private int slot;

    /** @param node which of the process's nodes */
    MemberChurn(int process, int node) {
        this.process = process;
        this.node = node;
    }

    @Override
    public String kind() {
        return KIND;
    }

    @Override
    public List<Integer> victims() {
        return List.of(process);
    }

    @Override
    public void strike(TestCluster cluster) {
        Proof.settled(cluster);
        Address chosen =
                cluster.nodes(process).get(node % cluster.nodes(process).size());
        Shards.Shard shard = shardOf(cluster, chosen);
        slot = shard.slot();
        Await.until(chosen + " is forgotten", SECONDS, () -> {
            oldId = ClusterState.ask(cluster.direct(chosen), "CLUSTER", "MYID").text();
            victim = chosen;
            return forget(cluster, chosen);
        });
    }

    private static Shards.Shard shardOf(TestCluster cluster, Address node) {
        for (Shards.Shard shard : Shards.of(cluster)) {
            if (shard.primary().equals(node) || shard.replicas().contains(node)) {
                return shard;
            }
        }
        throw new IllegalStateException("nobody tells of a shard of " + node);
    }

    /** A replica cannot forget its primary; where there is nobody else to ask, another becomes primary first. */
    private boolean forget(TestCluster cluster, Address chosen) throws NotSentException {
        Address heir = null;
        for (Address asked : cluster.nodes()) {
            if (asked.equals(chosen)) {
                continue;
            }
            String answer = answer(cluster, asked, "CLUSTER", "FORGET", oldId);
            if (answer.equals("OK") || answer.startsWith("ERR Unknown node")) {
                return true;
            }
            heir = answer.contains("my master") ? asked : heir;
        }
        if (heir != null) {
            answer(cluster, heir, "CLUSTER", "FAILOVER");
        }
        return false;
    }

    private static String answer(TestCluster cluster, Address node, String... words) {
        try {
            return ClusterState.ask(cluster.direct(node), words).text();
        } catch (NotSentException | OutcomeUnknownException e) {
            return "no answer: " + e.getMessage();
        }
    }

    @Override
    public String confirm(TestCluster cluster) {
        Address gone = Objects.requireNonNull(victim);
        try {
            for (Address other : cluster.nodes()) {
                if (!other.equals(gone)) {
                    Await.until(
                            other + " knows " + oldId + " no more",
                            SECONDS,
                            () -> !nodes(cluster, other).contains(oldId));
                }
            }
        } catch (IllegalStateException e) {
            throw new UnconfirmedException("member-churn: " + e.getMessage());
        }
        return "no other node's CLUSTER NODES has " + oldId + " (" + gone + ")";
    }

    private static String nodes(TestCluster cluster, Address node) throws NotSentException, OutcomeUnknownException {
        return ClusterState.ask(cluster.direct(node), "CLUSTER", "NODES").text();
    }

    @Override
    public void heal(TestCluster cluster) {
        Address node = victim;
        if (node == null) {
            return;
        }
        Await.until(node + " is a replica under a new id", SECONDS, () -> comeBack(cluster, node));
    }

    /** The next step that is due; true when there is none. */
    private boolean comeBack(TestCluster cluster, Address node) throws NotSentException, OutcomeUnknownException {
        String id = ClusterState.ask(cluster.direct(node), "CLUSTER", "MYID").text();
        if (id.equals(oldId)) {
            ClusterState.ask(cluster.direct(node), "CLUSTER", "RESET");
            return false;
        }
        Address primary = Shards.primaryOf(cluster, slot);
        if (primary == null || primary.equals(node)) {
            return false;
        }
        String known = nodes(cluster, primary);
        if (!known.contains(id)) {
            ClusterState.ask(cluster.direct(node), "CLUSTER", "MEET", primary.host(), Integer.toString(primary.port()));
            return false;
        }
        String primaryId =
                ClusterState.ask(cluster.direct(primary), "CLUSTER", "MYID").text();
        if (known.lines().anyMatch(line -> line.startsWith(id) && line.contains("slave " + primaryId))) {
            return true;
        }
        ClusterState.ask(cluster.direct(node), "CLUSTER", "REPLICATE", primaryId);
        return false;
    }

    @Override
    public String describe() {
        return KIND + " of " + (victim == null ? "a node of process " + process : victim + ", " + oldId);
    }
}

package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Shards;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.Reply;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@code CLUSTER FAILOVER} at a replica: the primary hands over while both live. */
final class Transfer implements Fault {
    private static final int SECONDS = 15;

    private final int slot;
    private final Address primary;
    private final Map<Address, Integer> processes;
    private Address replica;
    private @Nullable Address before;
    private boolean taken;

    /** @param replica of the shard */
    Transfer(Shards.Shard shard, Address replica, Map<Address, Integer> processes) {
        this.slot = shard.slot();
        this.primary = shard.primary();
        this.replica = replica;
        this.processes = processes;
    }

    @Override
    public String kind() {
        return "transfer";
    }

    @Override
    public List<Integer> victims() {
        return List.of(Objects.requireNonNull(processes.get(replica)));
    }

    @Override
    public void strike(TestCluster cluster) {
        before = Shards.primaryOf(cluster, slot);
        if (replica.equals(before)) {
            // Leadership came to it by itself since it was chosen.
            replica = primary;
        }
        Await.until("CLUSTER FAILOVER is taken by " + replica, SECONDS, () -> {
            taken |= taken(cluster);
            return taken || isPrimary(cluster);
        });
    }

    /** Whether the replica does what it is asked, as far as can be told: an answer that was lost may have been a yes. */
    private boolean taken(TestCluster cluster) throws NotSentException {
        try {
            Reply reply = ClusterState.ask(cluster.direct(replica), "CLUSTER", "FAILOVER");
            return !(reply instanceof Reply.Failure failure) || failure.value().contains("in progress");
        } catch (OutcomeUnknownException e) {
            return true;
        }
    }

    @Override
    public String confirm(TestCluster cluster) {
        if (before == null || before.equals(replica) || !taken) {
            throw new UnconfirmedException("transfer: the primary was " + before + " before " + replica
                    + (taken ? " was asked" : ", which refused, became it"));
        }
        try {
            Await.until(replica + " is primary", SECONDS, () -> isPrimary(cluster));
        } catch (IllegalStateException e) {
            throw new UnconfirmedException("transfer: " + e.getMessage());
        }
        return "the primary of slot %d was %s, now ROLE of %s says master".formatted(slot, before, replica);
    }

    private boolean isPrimary(TestCluster cluster) throws NotSentException, OutcomeUnknownException {
        return ClusterState.ask(cluster.direct(replica), "ROLE")
                .items()
                .get(0)
                .text()
                .equals("master");
    }

    @Override
    public void heal(TestCluster cluster) {
        // Whoever is primary may stay so.
    }

    @Override
    public String describe() {
        return "transfer of the shard of slot " + slot + " to " + replica;
    }
}

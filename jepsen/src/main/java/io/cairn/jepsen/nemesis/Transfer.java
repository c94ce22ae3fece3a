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

/** {@code CLUSTER FAILOVER} at a replica: the primary hands over while both live. */
final class Transfer implements Fault {
    private static final int SECONDS = 15;

    private final int slot;
    private final Address replica;
    private final int victim;
    private String before = "";

    /** @param replica of the shard that has {@code slot} */
    Transfer(int slot, Address replica, Map<Address, Integer> processes) {
        this.slot = slot;
        this.replica = replica;
        this.victim = Objects.requireNonNull(processes.get(replica));
    }

    @Override
    public String kind() {
        return "transfer";
    }

    @Override
    public List<Integer> victims() {
        return List.of(victim);
    }

    @Override
    public void strike(TestCluster cluster) {
        Await.until("CLUSTER FAILOVER is taken by " + replica, SECONDS, () -> {
            before = String.valueOf(Shards.primaryOf(cluster, slot));
            Reply reply = ClusterState.ask(cluster.direct(replica), "CLUSTER", "FAILOVER");
            // Leadership may have come to it by itself between the choice and now.
            return !(reply instanceof Reply.Failure failure) || isPrimary(cluster) || taken(failure);
        });
    }

    private static boolean taken(Reply.Failure failure) {
        return failure.value().contains("in progress");
    }

    @Override
    public String confirm(TestCluster cluster) {
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

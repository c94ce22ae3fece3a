package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Shards;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.HashSlot;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Timeouts;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Some slots with keys are moved to another shard key by key, as redis-cli does it: SETSLOT IMPORTING and MIGRATING, half of
 * the keys by MIGRATE; they stay open while the fault lasts; then the other keys, and SETSLOT NODE.
 */
final class ClassicMigration implements Fault {
    static final String KIND = "classic-migration";
    private static final int SLOTS = 3;
    private static final int SECONDS = 30;
    private static final String MIGRATE_MILLIS = "5000";

    private final int processes;
    private final SplittableRandom random;
    private final List<Integer> slots = new ArrayList<>();
    private @Nullable Address target;
    private @Nullable Address source;
    private int moved;

    ClassicMigration(int processes, SplittableRandom random) {
        this.processes = processes;
        this.random = random;
    }

    @Override
    public String kind() {
        return KIND;
    }

    @Override
    public List<Integer> victims() {
        return IntStream.range(0, processes).boxed().toList();
    }

    @Override
    public void strike(TestCluster cluster) {
        List<Shards.Shard> shards = Shards.of(cluster);
        if (shards.size() < 2) {
            throw new IllegalStateException("there are " + shards.size() + " shards to move slots between");
        }
        int from = random.nextInt(shards.size());
        int to = (from + 1 + random.nextInt(shards.size() - 1)) % shards.size();
        Address giver = shards.get(from).primary();
        source = giver;
        target = shards.get(to).primary();
        Await.until("slots with keys are found", SECONDS, () -> {
            choose(cluster, giver);
            return !slots.isEmpty();
        });
        for (int slot : slots) {
            Await.until("slot " + slot + " is open", SECONDS, () -> open(cluster, slot));
            Await.until("half of slot " + slot + " has moved", SECONDS, () -> {
                Address owner = owner(cluster, slot);
                List<Reply> keys = keys(cluster, owner, slot);
                return migrate(cluster, owner, keys.subList(0, (keys.size() + 1) / 2));
            });
        }
    }

    private void choose(TestCluster cluster, Address giver) throws NotSentException, OutcomeUnknownException {
        List<Integer> full = new ArrayList<>();
        try (RawClient client = RawClient.connect(cluster.direct(giver), Timeouts.PATIENT)) {
            for (int slot = 0; slot < HashSlot.COUNT; slot++) {
                client.send(RawClient.words("CLUSTER", "COUNTKEYSINSLOT", Integer.toString(slot)));
            }
            client.flush();
            for (int slot = 0; slot < HashSlot.COUNT; slot++) {
                if (client.receive().number() > 0) {
                    full.add(slot);
                }
            }
        }
        slots.clear();
        while (slots.size() < SLOTS && !full.isEmpty()) {
            slots.add(full.remove(random.nextInt(full.size())));
        }
    }

    /** Who serves the slot now; leaders may change meanwhile. */
    private static Address owner(TestCluster cluster, int slot) {
        Address owner = Shards.primaryOf(cluster, slot);
        if (owner == null) {
            throw new IllegalStateException("nobody is known to own slot " + slot);
        }
        return owner;
    }

    /** Who leads now the shard that the node is of. */
    private static Address primary(TestCluster cluster, @Nullable Address node) {
        for (Shards.Shard shard : Shards.of(cluster)) {
            if (shard.primary().equals(node) || shard.replicas().contains(node)) {
                return shard.primary();
            }
        }
        throw new IllegalStateException("nobody is known to lead the shard of " + node);
    }

    private static String id(TestCluster cluster, Address node) throws NotSentException, OutcomeUnknownException {
        return ClusterState.ask(cluster.direct(node), "CLUSTER", "MYID").text();
    }

    private static boolean setSlot(TestCluster cluster, Address at, int slot, String how, String id)
            throws NotSentException, OutcomeUnknownException {
        return ClusterState.ask(cluster.direct(at), "CLUSTER", "SETSLOT", Integer.toString(slot), how, id)
                .text()
                .equals("OK");
    }

    private boolean open(TestCluster cluster, int slot) throws NotSentException, OutcomeUnknownException {
        Address giver = primary(cluster, source);
        Address taker = primary(cluster, target);
        return setSlot(cluster, taker, slot, "IMPORTING", id(cluster, giver))
                && setSlot(cluster, giver, slot, "MIGRATING", id(cluster, taker));
    }

    private static List<Reply> keys(TestCluster cluster, Address node, int slot)
            throws NotSentException, OutcomeUnknownException {
        return ClusterState.ask(cluster.direct(node), "CLUSTER", "GETKEYSINSLOT", Integer.toString(slot), "1000")
                .items();
    }

    /** The source has a key until it is sure that the target has it, so what is at both is the source's. */
    private boolean migrate(TestCluster cluster, Address giver, List<Reply> keys)
            throws NotSentException, OutcomeUnknownException {
        Address taker = primary(cluster, target);
        for (Reply key : keys) {
            Reply reply = ClusterState.ask(
                    cluster.direct(giver),
                    "MIGRATE",
                    taker.host(),
                    Integer.toString(taker.port()),
                    key.text(),
                    "0",
                    MIGRATE_MILLIS,
                    "REPLACE");
            if (reply.failed()) {
                return false;
            }
            moved++;
        }
        return true;
    }

    @Override
    public String confirm(TestCluster cluster) {
        try {
            Address giver = primary(cluster, source);
            String nodes =
                    ClusterState.ask(cluster.direct(giver), "CLUSTER", "NODES").text();
            for (int slot : slots) {
                if (!nodes.contains("[" + slot + "->-")) {
                    throw new UnconfirmedException("slot " + slot + " is not open at " + giver);
                }
            }
            return "slots %s are open at %s, %d keys have gone to the shard of %s"
                    .formatted(slots, giver, moved, target);
        } catch (NotSentException | OutcomeUnknownException | IllegalStateException e) {
            throw new UnconfirmedException("classic-migration: " + e.getMessage());
        }
    }

    @Override
    public void heal(TestCluster cluster) {
        for (int slot : slots) {
            Await.until("slot " + slot + " has moved", SECONDS, () -> finish(cluster, slot));
        }
    }

    private boolean finish(TestCluster cluster, int slot) throws NotSentException, OutcomeUnknownException {
        Address taker = primary(cluster, target);
        Address owner = owner(cluster, slot);
        String takerId = id(cluster, taker);
        if (owner.equals(taker)) {
            // Also closes what SETSLOT IMPORTING opened.
            return setSlot(cluster, taker, slot, "NODE", takerId);
        }
        return migrate(cluster, owner, keys(cluster, owner, slot))
                && keys(cluster, owner, slot).isEmpty()
                && setSlot(cluster, taker, slot, "NODE", takerId)
                && setSlot(cluster, owner, slot, "NODE", takerId);
    }

    @Override
    public String describe() {
        return KIND + " of slots " + slots + " from the shard of " + source + " to that of " + target;
    }
}

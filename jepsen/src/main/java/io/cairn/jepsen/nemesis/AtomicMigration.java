package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Shards;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** {@code CLUSTER MIGRATION IMPORT}: half of the slots of a shard go to another one, as a whole, while clients write to them. */
final class AtomicMigration implements Fault {
    static final String KIND = "atomic-migration";
    private static final int SECONDS = 60;

    private final int processes;
    private final SplittableRandom random;
    private final List<ClusterState.Range> parts = new ArrayList<>();
    private String id = "";
    private String what = "slots";

    AtomicMigration(int processes, SplittableRandom random) {
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
        int slotThere = shards.get(to).slot();
        boolean upper = random.nextBoolean();
        Await.until(
                "a migration begins",
                SECONDS,
                () -> begin(cluster, shards.get(from).slot(), slotThere, upper));
    }

    /** Asks the primary that serves one slot for half of what the one serves that serves another. */
    private boolean begin(TestCluster cluster, int slotHere, int slotThere, boolean upper)
            throws NotSentException, OutcomeUnknownException {
        Address source = Shards.primaryOf(cluster, slotHere);
        Address target = Shards.primaryOf(cluster, slotThere);
        if (source == null || target == null || source.equals(target)) {
            return false;
        }
        parts.clear();
        for (ClusterState.Range range : ClusterState.slots(cluster.direct(source))) {
            if (range.primary().equals(source)) {
                int middle = (range.first() + range.last()) >>> 1;
                parts.add(
                        new ClusterState.Range(upper ? middle : range.first(), upper ? range.last() : middle, source));
            }
        }
        List<String> words = new ArrayList<>(List.of("CLUSTER", "MIGRATION", "IMPORT"));
        for (ClusterState.Range part : parts) {
            words.add(Integer.toString(part.first()));
            words.add(Integer.toString(part.last()));
        }
        Reply reply = ClusterState.ask(cluster.direct(target), words.toArray(new String[0]));
        if (reply.failed()) {
            throw new IllegalStateException(reply.text());
        }
        id = reply.text();
        what = "slots from " + source + " to " + target;
        return true;
    }

    /** As the first node says that knows of it; empty when none does. */
    private String state(TestCluster cluster) {
        for (Address node : cluster.nodes()) {
            try {
                Reply reply = ClusterState.ask(cluster.direct(node), "CLUSTER", "MIGRATION", "STATUS", "ID", id);
                List<Reply> fields = reply.failed() || reply.items().isEmpty()
                        ? List.of()
                        : reply.items().get(0).items();
                for (int i = 0; i + 1 < fields.size(); i += 2) {
                    if (fields.get(i).text().equals("state")) {
                        return fields.get(i + 1).text();
                    }
                }
            } catch (NotSentException | OutcomeUnknownException e) {
                // The next one may know.
            }
        }
        return "";
    }

    @Override
    public String confirm(TestCluster cluster) {
        String state = state(cluster);
        if (state.isEmpty()) {
            throw new UnconfirmedException("nobody knows of migration " + id);
        }
        return "migration " + id + " is " + state;
    }

    @Override
    public void heal(TestCluster cluster) {
        Await.until("migration " + id + " is completed", SECONDS, () -> {
            String state = state(cluster);
            if (!state.equals("completed")) {
                throw new IllegalStateException("it is " + state);
            }
            return true;
        });
    }

    @Override
    public String describe() {
        return KIND + " of " + what;
    }
}

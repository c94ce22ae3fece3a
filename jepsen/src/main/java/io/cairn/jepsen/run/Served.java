package io.cairn.jepsen.run;

import io.cairn.jepsen.check.Vacuity;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.history.Recorder;
import io.cairn.jepsen.resp.HashSlot;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Whether clients are served through a fault: only what was called once it was in force tells. */
final class Served {
    private final Collection<Recorder> parts;
    private final String[] shardOfSlot = new String[HashSlot.COUNT];
    private final Set<String> shards = new HashSet<>();

    /**
     * @param parts the operations of each workload
     * @param shards {@code [firstSlot, lastSlot, name]}, as {@code about.shards} has them
     */
    Served(Collection<Recorder> parts, List<List<Object>> shards) {
        this.parts = List.copyOf(parts);
        for (List<Object> range : shards) {
            String name = (String) range.get(2);
            int last = ((Long) range.get(1)).intValue();
            for (int slot = ((Long) range.get(0)).intValue(); slot <= last; slot++) {
                shardOfSlot[slot] = name;
            }
            this.shards.add(name);
        }
    }

    /**
     * Whether every shard has served something, every workload was served {@code least} operations and a change among
     * them, and all together {@code least} changes: what {@link Vacuity} asks of a fault that leaves a quorum.
     */
    boolean everywhere(long struck, long least) {
        Set<String> served = new HashSet<>();
        boolean everyWorkload = true;
        long allChanges = 0;
        for (Recorder part : parts) {
            long acknowledged = 0;
            long changes = 0;
            for (Operation operation : part.since(struck)) {
                if (operation.outcome() == Outcome.OK && operation.call() >= struck) {
                    served.add(shardOfSlot[HashSlot.of(operation.key())]);
                    acknowledged++;
                    changes += Vacuity.changes(operation) ? 1 : 0;
                }
            }
            everyWorkload &= acknowledged >= least && changes > 0;
            allChanges += changes;
        }
        return everyWorkload && allChanges >= least && served.containsAll(shards);
    }
}

package io.cairn.jepsen.history;

import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * A whole run.
 *
 * @param about what was run: workload, faults, seed, seconds, target and so on, as written to the verdict
 * @param operations in the order of their calls
 * @param faults in the order in which they struck
 * @param phases in the order of time
 */
public record History(
        Map<String, Object> about, List<Operation> operations, List<FaultWindow> faults, List<Phase> phases) {
    public History {
        operations = operations.stream()
                .sorted(Comparator.comparingLong(Operation::call))
                .toList();
        faults = List.copyOf(faults);
        phases = List.copyOf(phases);
    }
}

package io.cairn.jepsen.mutant;

import java.util.List;

/**
 * What is run to bring a bug out.
 *
 * @param workload name of the workload
 * @param faults names of the faults
 * @param linearizableReplicas whether replicas are told to read linearizably, so that clients may ask them
 */
public record MutantSchedule(String workload, List<String> faults, boolean linearizableReplicas) {
    public MutantSchedule {
        faults = List.copyOf(faults);
    }
}

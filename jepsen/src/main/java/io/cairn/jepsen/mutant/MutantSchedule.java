package io.cairn.jepsen.mutant;

import java.util.List;

/**
 * What is run to bring a bug out.
 *
 * @param workload name of the workload
 * @param faults names of the faults
 * @param linearizableReplicas whether replicas are told to read linearizably, so that clients may ask them
 * @param leaseReads whether primaries read by their leases
 */
public record MutantSchedule(String workload, List<String> faults, boolean linearizableReplicas, boolean leaseReads) {
    /** Without leases. */
    public MutantSchedule(String workload, List<String> faults, boolean linearizableReplicas) {
        this(workload, faults, linearizableReplicas, false);
    }

    public MutantSchedule {
        faults = List.copyOf(faults);
    }
}

package io.cairn.jepsen.mutant;

import java.util.List;

/**
 * What is run to bring a bug out.
 *
 * @param workload name of the workload
 * @param faults names of the faults
 * @param server arguments that the servers get beside the usual ones
 */
public record MutantSchedule(String workload, List<String> faults, List<String> server) {
    public MutantSchedule {
        faults = List.copyOf(faults);
        server = List.copyOf(server);
    }

    /** Whether replicas are told to read linearizably, so that clients may ask them. */
    public boolean linearizableReplicas() {
        return server.contains("linearizable");
    }
}

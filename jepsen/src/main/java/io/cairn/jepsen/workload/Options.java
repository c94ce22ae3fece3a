package io.cairn.jepsen.workload;

import java.util.SplittableRandom;

/**
 * How a workload is run.
 *
 * @param prefix with what all its keys begin; unique among the runs against one cluster
 * @param keys how many keys, groups of keys or banks are in use at a time; 0 for the workload's own number
 * @param operationsPerSecond how many operations a client begins in a second at most; 0 for as many as it can
 * @param replicaReads the share of the reads, 0 to 1, that goes to replicas; for clusters whose replicas' reads are
 *     linearizable
 */
public record Options(String prefix, int keys, double operationsPerSecond, double replicaReads) {
    public Options {
        if (keys < 0 || operationsPerSecond < 0 || replicaReads < 0 || replicaReads > 1) {
            throw new IllegalArgumentException("keys %d, operations per second %s, replica reads %s"
                    .formatted(keys, operationsPerSecond, replicaReads));
        }
    }

    /** The workload's own number of keys, 100 operations a second for each client, no reads at replicas. */
    public static Options standard(String prefix) {
        return new Options(prefix, 0, 100, 0);
    }

    /** The same with this share of the reads at replicas. */
    public Options withReplicaReads(double share) {
        return new Options(prefix, keys, operationsPerSecond, share);
    }

    /** The same with this pace. */
    public Options withOperationsPerSecond(double each) {
        return new Options(prefix, keys, each, replicaReads);
    }

    /** The same with this many keys. */
    public Options withKeys(int count) {
        return new Options(prefix, count, operationsPerSecond, replicaReads);
    }

    int keysOr(int own) {
        return keys == 0 ? own : keys;
    }

    boolean atReplica(SplittableRandom random) {
        return replicaReads > 0 && random.nextDouble() < replicaReads;
    }
}

package io.cairn.jepsen.run;

import io.cairn.jepsen.nemesis.Faults;
import io.cairn.jepsen.workload.Workloads;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code cairn-jepsen list}. */
@Command(name = "list", description = "Workloads, faults and targets by name.", mixinStandardHelpOptions = true)
final class ListCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        out.println("workloads: " + String.join(" ", Workloads.names()));
        out.println("faults: " + String.join(" ", Faults.names()));
        out.println("targets: cairn (raft mode), redis (a real Redis Cluster, which loses acknowledged writes)");
        out.flush();
        return 0;
    }
}

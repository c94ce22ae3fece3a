package io.cairn.jepsen.run;

import io.cairn.jepsen.check.Finding;
import io.cairn.jepsen.mutant.MutantSchedule;
import io.cairn.jepsen.mutant.Trial;
import io.cairn.jepsen.process.ClusterOptions.Start;
import io.cairn.jepsen.process.Disk;
import io.cairn.jepsen.process.Distribution;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A round of a mutant's hunt is a run like any other. */
final class RunnerTrial implements Trial {
    private static final int CLIENTS = 12;
    private static final int RATE = 480;

    private final int port;
    private final int seconds;
    private final PrintStream out;

    /** @param seconds how long faults are drawn */
    RunnerTrial(int port, int seconds, PrintStream out) {
        this.port = port;
        this.seconds = seconds;
        this.out = out;
    }

    @Override
    public List<Finding> round(
            Distribution build, @Nullable String mutant, MutantSchedule schedule, long seed, Path folder)
            throws Exception {
        Disk.makeDirectory(folder);
        Plan plan = new Plan(
                List.of(schedule.workload()),
                schedule.faults(),
                0,
                seconds,
                seed,
                Plan.Target.CAIRN,
                Start.RAFT,
                3,
                CLIENTS,
                RATE,
                schedule.linearizableReplicas(),
                schedule.leaseReads(),
                port,
                folder,
                build,
                mutant);
        return new RunFolder(plan).execute(out, true).findings();
    }
}

package io.cairn.jepsen.mutant;

import io.cairn.jepsen.check.Finding;
import io.cairn.jepsen.process.Distribution;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;

/** A round as the harness's own runner makes it. */
final class RunnerTrial implements Trial {
    private final int port;
    private final int seconds;
    private final PrintStream out;

    RunnerTrial(int port, int seconds, PrintStream out) {
        this.port = port;
        this.seconds = seconds;
        this.out = out;
    }

    @Override
    public List<Finding> round(Distribution build, String name, MutantSchedule schedule, long seed, Path folder) {
        out.println("  " + name + " at port " + port + " for " + seconds + " s");
        throw new UnsupportedOperationException(name + " needs the runner: " + schedule + seed + folder + build.root());
    }
}

package io.cairn.jepsen.mutant;

import io.cairn.jepsen.check.Finding;
import io.cairn.jepsen.process.Disk;
import io.cairn.jepsen.process.Distribution;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs rounds of a build until a check sees what is wrong with it. Only the checks that a mutant names count, and of their problems only
 * those with the mutant's sign: a cluster that does not come up on a busy box, or a round without its last reads, is wrong, too, but no
 * proof that the harness saw the bug. One thread.
 */
public final class Hunt {
    private static final int MOST_CHARS = 300;

    private final Distribution real;
    private final BiFunction<Mutant, Path, Distribution> plant;
    private final Trial trial;
    private final Path folder;
    private final long seed;
    private final LongSupplier nanos;
    private final PrintStream out;

    /**
     * @param real the real build
     * @param plant makes a mutant's build out of it in a folder
     * @param nanos the clock that the limit is measured by
     */
    public Hunt(
            Distribution real,
            BiFunction<Mutant, Path, Distribution> plant,
            Trial trial,
            Path folder,
            long seed,
            LongSupplier nanos,
            PrintStream out) {
        this.real = real;
        this.plant = plant;
        this.trial = trial;
        this.folder = folder;
        this.seed = seed;
        this.nanos = nanos;
        this.out = out;
    }

    /** Builds the mutant and hunts it for {@code mostSeconds} at most; a round that is under way then is ended first. */
    public Catch hunt(Mutant mutant, int mostSeconds) {
        long begin = nanos.getAsLong();
        Path home = folder.resolve(mutant.name());
        Disk.delete(home);
        Distribution build = plant.apply(mutant, home.resolve("build"));
        String missed = "no check saw anything";
        int round = 0;
        while (seconds(begin) < mostSeconds) {
            round++;
            try {
                List<Finding> findings = trial.round(
                        build, mutant.name(), mutant.schedule(), seed + round - 1, home.resolve("round-" + round));
                for (Finding finding : findings) {
                    if (finding.valid()) {
                        continue;
                    }
                    String sign = sign(mutant, finding);
                    String problem = finding.checker() + ": " + (sign == null ? first(finding) : sign);
                    out.println("  round " + round + ": " + problem);
                    if (sign != null) {
                        return caught(mutant, seconds(begin), mostSeconds, round, finding.checker(), sign);
                    }
                    missed = "seen only by " + problem;
                }
            } catch (Exception e) {
                missed = "round " + round + " broke: " + e;
                out.println("  " + missed);
                if (Thread.currentThread().isInterrupted()) {
                    break;
                }
            }
        }
        return new Catch(mutant.name(), mutant.what(), false, seconds(begin), round, "", missed);
    }

    /** The first problem that shows the mutant's bug; null when there is none. */
    private static @Nullable String sign(Mutant mutant, Finding finding) {
        if (!mutant.seenBy().contains(finding.checker())) {
            return null;
        }
        return finding.problems().stream()
                .filter(problem -> mutant.sign().matcher(problem).find())
                .map(Hunt::firstLine)
                .findFirst()
                .orElse(null);
    }

    private static Catch caught(Mutant mutant, long seconds, int mostSeconds, int round, String checker, String sign) {
        boolean inTime = seconds <= mostSeconds;
        String problem = (inTime ? "" : "too late: ") + sign;
        return new Catch(mutant.name(), mutant.what(), inTime, seconds, round, checker, problem);
    }

    /** One round of the real build, in which every check must be content; {@code caught} says that it was not. */
    public Catch real(MutantSchedule schedule) {
        long begin = nanos.getAsLong();
        String name = "real-" + schedule.workload() + "-" + String.join("-", schedule.faults());
        Path home = folder.resolve(name);
        Disk.delete(home);
        try {
            for (Finding finding : trial.round(real, null, schedule, seed, home)) {
                if (!finding.valid()) {
                    return new Catch(name, "", true, seconds(begin), 1, finding.checker(), first(finding));
                }
            }
        } catch (Exception e) {
            return new Catch(name, "", true, seconds(begin), 1, "the round", "broke: " + e);
        }
        return new Catch(name, "", false, seconds(begin), 1, "", "");
    }

    private long seconds(long begin) {
        return TimeUnit.NANOSECONDS.toSeconds(nanos.getAsLong() - begin);
    }

    /** The first line of the first problem; a round's own report has the rest. */
    private static String first(Finding finding) {
        return finding.problems().isEmpty()
                ? "no problem named"
                : firstLine(finding.problems().get(0));
    }

    private static String firstLine(String problem) {
        String line = problem.lines().findFirst().orElse("");
        return line.length() <= MOST_CHARS ? line : line.substring(0, MOST_CHARS) + " ...";
    }
}

package io.cairn.jepsen.run;

import io.cairn.jepsen.mutant.Catch;
import io.cairn.jepsen.mutant.Hunt;
import io.cairn.jepsen.mutant.Mutant;
import io.cairn.jepsen.mutant.MutantSchedule;
import io.cairn.jepsen.mutant.Mutants;
import io.cairn.jepsen.mutant.Plant;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.SourceTree;
import io.cairn.jepsen.report.Results;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine;

/**
 * Shows that the harness can fail: hunts each mutant, then runs the same schedules on the real build, which must be clean.
 * Exit codes: 0 when all is as it must be, 1 when a mutant was not caught or the real build not clean, 2 for wrong arguments.
 */
@CommandLine.Command(
        name = "mutants",
        mixinStandardHelpOptions = true,
        description = "Runs builds with one bug planted each until a check sees it, then the real build.")
final class MutantsCommand implements Callable<Integer> {
    private static final int TEN_MINUTES = 600;

    @CommandLine.Parameters(paramLabel = "NAME", description = "Mutants to hunt; all when none is named.")
    private List<String> names = new ArrayList<>();

    @CommandLine.Option(names = "--seconds", description = "Limit for each mutant (${DEFAULT-VALUE}).")
    private int seconds = TEN_MINUTES;

    @CommandLine.Option(names = "--round", description = "Seconds of faults in each round (${DEFAULT-VALUE}).")
    private int roundSeconds = 45;

    @CommandLine.Option(names = "--seed", description = "Seed of the first round (${DEFAULT-VALUE}).")
    private long seed = 1;

    @CommandLine.Option(names = "--port", description = "First port (${DEFAULT-VALUE}).")
    private int port = 20400;

    @CommandLine.Option(names = "--folder", description = "Where rounds leave what they have.")
    private Path folder = Path.of("jepsen/target/mutants");

    @CommandLine.Option(names = "--results", description = "Where " + Results.MUTANTS + " is written.")
    private Path results = Path.of("jepsen/results");

    @CommandLine.Option(names = "--no-real", description = "Do not run the real build afterwards.")
    private boolean noReal;

    @CommandLine.Option(names = "--list", description = "Only says what there is.")
    private boolean list;

    @CommandLine.Spec
    CommandLine.Model.CommandSpec spec;

    private final PrintStream out;
    private final String started = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();

    MutantsCommand() {
        this(System.out);
    }

    MutantsCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        List<Mutant> chosen = chosen();
        if (list) {
            chosen.forEach(mutant -> out.println(mutant.name() + ": " + mutant.what()));
            return 0;
        }
        Distribution distribution = Distribution.find();
        if (!distribution.present()) {
            throw new IllegalStateException("the distribution is not built: make dist");
        }
        Hunt hunt = new Hunt(
                distribution,
                (mutant, home) -> distribution.withPrefix(new Plant(distribution.root()).build(mutant, home)),
                new RunnerTrial(port, roundSeconds, out),
                folder.toAbsolutePath(),
                seed,
                System::nanoTime,
                out);
        String commit = SourceTree.commit(distribution.root());
        boolean fine = true;
        for (Mutant mutant : chosen) {
            out.println("hunting " + mutant.name() + ": " + mutant.what());
            Catch came = hunt.hunt(mutant, seconds);
            out.println(came.line());
            fine &= came.caught();
            keep(mutant(came, commit));
        }
        return (noReal || realIsClean(hunt, chosen, commit)) && fine ? 0 : 1;
    }

    private List<Mutant> chosen() {
        List<Mutant> all = Mutants.all();
        Set<String> unknown = new LinkedHashSet<>(names);
        all.forEach(mutant -> unknown.remove(mutant.name()));
        if (!unknown.isEmpty()) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(),
                    "no mutant " + unknown + ": there are "
                            + all.stream().map(Mutant::name).toList());
        }
        return all.stream()
                .filter(mutant -> names.isEmpty() || names.contains(mutant.name()))
                .toList();
    }

    private boolean realIsClean(Hunt hunt, List<Mutant> chosen, String commit) throws IOException {
        Set<MutantSchedule> schedules = new LinkedHashSet<>();
        chosen.forEach(mutant -> schedules.add(mutant.schedule()));
        boolean clean = true;
        for (MutantSchedule schedule : schedules) {
            Catch came = hunt.real(schedule);
            Results.Real round = real(schedule, came, commit);
            out.println(
                    round.clean()
                            ? "real build: clean after %d s, %s".formatted(round.seconds(), round.schedule())
                            : "real build: NOT CLEAN after %d s, %s: %s"
                                    .formatted(round.seconds(), round.schedule(), round.problem()));
            keep(round);
            clean &= round.clean();
        }
        return clean;
    }

    private Results.Mutant mutant(Catch came, String commit) {
        return new Results.Mutant(
                came.name(),
                came.what(),
                came.caught(),
                came.seconds(),
                came.rounds(),
                came.by(),
                came.problem(),
                commit,
                seed,
                started);
    }

    private Results.Real real(MutantSchedule schedule, Catch came, String commit) {
        String what = schedule.workload() + " under " + String.join(", ", schedule.faults());
        String problem = came.caught() ? came.by() + ": " + came.problem() : "";
        return new Results.Real(what, !came.caught(), came.seconds(), problem, commit, seed, started);
    }

    /** Who hunts one mutant again keeps what is known of the others; so do the rounds of the real build. */
    private void keep(Results.Mutant mutant) throws IOException {
        Results.Hunts known = Results.readHunts(results);
        Results.writeHunts(
                new Results.Hunts(replaced(known.mutants(), mutant, Results.Mutant::name), known.real()), results);
    }

    private void keep(Results.Real round) throws IOException {
        Results.Hunts known = Results.readHunts(results);
        Results.writeHunts(
                new Results.Hunts(known.mutants(), replaced(known.real(), round, Results.Real::schedule)), results);
    }

    /** The one of the same name in its place, or a new one at the end. */
    static <T> List<T> replaced(List<T> all, T one, Function<T, String> name) {
        Map<String, T> byName = new LinkedHashMap<>();
        all.forEach(each -> byName.put(name.apply(each), each));
        byName.put(name.apply(one), one);
        return List.copyOf(byName.values());
    }
}

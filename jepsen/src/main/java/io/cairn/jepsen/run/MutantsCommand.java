package io.cairn.jepsen.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.cairn.jepsen.mutant.Catch;
import io.cairn.jepsen.mutant.FirstMutants;
import io.cairn.jepsen.mutant.Hunt;
import io.cairn.jepsen.mutant.Mutant;
import io.cairn.jepsen.mutant.MutantSchedule;
import io.cairn.jepsen.mutant.Plant;
import io.cairn.jepsen.process.Disk;
import io.cairn.jepsen.process.Distribution;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
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
    /** One object for each mutant: name, what, caught, seconds, rounds, by, problem. */
    private static final String RESULTS = "mutants.json";
    /** One line for each schedule on the real build. */
    private static final String REAL_RESULTS = "mutants-real.txt";

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

    @CommandLine.Option(names = "--results", description = "Where mutants.json is written.")
    private Path results = Path.of("jepsen/results");

    @CommandLine.Option(names = "--no-real", description = "Do not run the real build afterwards.")
    private boolean noReal;

    @CommandLine.Option(names = "--list", description = "Only says what there is.")
    private boolean list;

    @CommandLine.Spec
    CommandLine.Model.CommandSpec spec;

    private final PrintStream out;
    private final ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

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
        Map<String, Object> written = before();
        boolean fine = true;
        for (Mutant mutant : chosen) {
            out.println("hunting " + mutant.name() + ": " + mutant.what());
            Catch came = hunt.hunt(mutant, seconds);
            out.println(came.line());
            fine &= came.caught();
            written.put(came.name(), came.asJson());
            write(written);
        }
        return (noReal || realIsClean(hunt, chosen)) && fine ? 0 : 1;
    }

    private List<Mutant> chosen() {
        List<Mutant> all = FirstMutants.all();
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

    private boolean realIsClean(Hunt hunt, List<Mutant> chosen) throws IOException {
        Set<MutantSchedule> schedules = new LinkedHashSet<>();
        chosen.forEach(mutant -> schedules.add(mutant.schedule()));
        List<String> lines = new ArrayList<>();
        boolean clean = true;
        for (MutantSchedule schedule : schedules) {
            Catch came = hunt.real(schedule);
            String what = schedule.workload() + " under " + String.join(", ", schedule.faults());
            String line = came.caught()
                    ? "real build: NOT CLEAN after %d s, %s: %s: %s"
                            .formatted(came.seconds(), what, came.by(), came.problem())
                    : "real build: clean after %d s, %s".formatted(came.seconds(), what);
            out.println(line);
            lines.add(line);
            clean &= !came.caught();
        }
        if (names.isEmpty()) {
            Disk.makeDirectory(results);
            Files.write(results.resolve(REAL_RESULTS), lines);
        }
        return clean;
    }

    /** What earlier runs wrote, by name: who hunts one mutant again keeps what is known of the others. */
    private Map<String, Object> before() throws IOException {
        Map<String, Object> byName = new LinkedHashMap<>();
        Path path = results.resolve(RESULTS);
        if (Files.exists(path)) {
            for (JsonNode one : mapper.readTree(Files.readString(path))) {
                byName.put(one.path("name").asText(), one);
            }
        }
        return byName;
    }

    private void write(Map<String, Object> byName) throws IOException {
        Disk.makeDirectory(results);
        Files.writeString(results.resolve(RESULTS), mapper.writeValueAsString(byName.values()) + "\n");
    }
}

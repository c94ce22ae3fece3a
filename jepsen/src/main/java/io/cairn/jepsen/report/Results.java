package io.cairn.jepsen.report;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Verdicts and hunts for mutants as JSON files. */
public final class Results {
    /** The file of the hunts for mutants in the directory of results; every other {@code .json} file there is a verdict. */
    public static final String MUTANTS = "mutants.json";

    private static final ObjectMapper JSON =
            new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    private Results() {}

    /**
     * What the hunts for mutants came to, and the same schedules on the real build.
     *
     * @param mutants one for each mutant
     * @param real one for each schedule
     */
    public record Hunts(List<Mutant> mutants, List<Real> real) {}

    /**
     * A build with one planted bug.
     *
     * @param name by which it is chosen
     * @param what the bug, for people
     * @param caught whether a check saw it
     * @param seconds until the run that caught it ended, or that were spent in vain
     * @param rounds runs until then
     * @param by the checker that saw it, empty when none did
     * @param problem what it saw, or what went wrong instead
     * @param commit of the sources that the bug was planted in
     * @param seed of the first round
     * @param started when, in ISO 8601
     */
    public record Mutant(
            String name,
            String what,
            boolean caught,
            long seconds,
            int rounds,
            String by,
            String problem,
            String commit,
            long seed,
            String started) {}

    /**
     * The real build on a schedule of mutants.
     *
     * @param schedule workload and faults
     * @param clean whether every check was content
     * @param problem what was wrong, empty when nothing was
     */
    public record Real(
            String schedule, boolean clean, long seconds, String problem, String commit, long seed, String started) {}

    /** Writes one verdict, readable by people and the same bytes for the same verdict. Makes the directory where missing. */
    public static void write(Verdict verdict, Path file) throws IOException {
        writeJson(verdict, file);
    }

    /** Reads one verdict; fields that it does not know are passed over. */
    public static Verdict read(Path file) throws IOException {
        return JSON.readValue(file.toFile(), Verdict.class);
    }

    /** All verdicts of a directory by name of run; none when there is no such directory. */
    public static List<Verdict> readAll(Path directory) throws IOException {
        List<Verdict> verdicts = new ArrayList<>();
        if (Files.isDirectory(directory)) {
            try (Stream<Path> files = Files.list(directory)) {
                for (Path file : files.sorted().toList()) {
                    String name = file.getFileName().toString();
                    if (name.endsWith(".json") && !name.equals(MUTANTS)) {
                        verdicts.add(read(file));
                    }
                }
            }
        }
        verdicts.sort(Comparator.comparing(Verdict::run).thenComparing(Verdict::started));
        return verdicts;
    }

    /** Writes {@value #MUTANTS} into the directory of results. */
    public static void writeHunts(Hunts hunts, Path directory) throws IOException {
        writeJson(hunts, directory.resolve(MUTANTS));
    }

    /** What {@link #writeHunts} wrote, in the order of the file; nothing when there is no such file. */
    public static Hunts readHunts(Path directory) throws IOException {
        Path file = directory.resolve(MUTANTS);
        return Files.exists(file) ? JSON.readValue(file.toFile(), Hunts.class) : new Hunts(List.of(), List.of());
    }

    private static void writeJson(Object value, Path file) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory != null) {
            Files.createDirectories(directory);
        }
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));
        Files.writeString(file, JSON.writer(printer).writeValueAsString(value) + "\n");
    }
}

package io.cairn.jepsen.report;

import com.fasterxml.jackson.core.type.TypeReference;
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

/** Verdicts and the list of mutants as JSON files. */
public final class Results {
    /** The file of the mutants' list in the directory of results; every other {@code .json} file there is a verdict. */
    public static final String MUTANTS = "mutants.json";

    private static final ObjectMapper JSON =
            new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    private Results() {}

    /**
     * A build with one planted bug.
     *
     * @param name by which it is chosen
     * @param what the bug, for people
     * @param caught whether a check saw it
     * @param seconds until the run that caught it ended, or that were spent in vain
     * @param by the checker that saw it, empty when none did
     */
    public record Mutant(String name, String what, boolean caught, long seconds, String by) {}

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

    /** Writes the list of mutants as {@value #MUTANTS} into the directory of results. */
    public static void writeMutants(List<Mutant> mutants, Path directory) throws IOException {
        writeJson(mutants, directory.resolve(MUTANTS));
    }

    /** The list of mutants in the order of the file; none when there is no such file. */
    public static List<Mutant> readMutants(Path directory) throws IOException {
        Path file = directory.resolve(MUTANTS);
        return Files.exists(file) ? JSON.readValue(file.toFile(), new TypeReference<List<Mutant>>() {}) : List.of();
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

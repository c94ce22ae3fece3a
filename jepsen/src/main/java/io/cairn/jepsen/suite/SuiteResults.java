package io.cairn.jepsen.suite;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * What the suite came to in one mode; kept as JSON, from which the page in docs is made.
 *
 * @param mode of {@link SuiteServer.Mode}, in small letters
 * @param files in the order of {@link SuiteFile#ALL}
 */
record SuiteResults(String mode, List<OfFile> files) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * What one file came to.
     *
     * @param file its name
     * @param commit of the sources that ran
     * @param redis tests that redis-server passes in the same mode
     * @param passed of those, how many passed here
     * @param missing those that did not, in the order of the suite
     * @param hung whether the file had to be ended
     */
    record OfFile(String file, String commit, int redis, int passed, List<Missing> missing, boolean hung) {}

    /**
     * A test that redis-server passes.
     *
     * @param why what the suite said
     */
    record Missing(String name, String why) {}

    /** Compares two runs of one file: what the real server passed decides which tests count. */
    static OfFile compare(SuiteFile file, String commit, List<String> redisPassed, SuiteRunner.Ran ran) {
        List<String> left = new ArrayList<>(ran.output().passed());
        List<Missing> missing = new ArrayList<>();
        for (String name : redisPassed) {
            if (!left.remove(name)) {
                missing.add(new Missing(name, why(name, ran)));
            }
        }
        return new OfFile(
                file.name(), commit, redisPassed.size(), redisPassed.size() - missing.size(), missing, ran.hung());
    }

    private static String why(String name, SuiteRunner.Ran ran) {
        Optional<SuiteOutput.Failure> failure = ran.output().failed().stream()
                .filter(failed -> failed.name().equals(name))
                .findFirst();
        if (failure.isPresent()) {
            return failure.get().why();
        }
        if (ran.hung()) {
            return "the file hung here or before";
        }
        return ran.output().done() ? "not run" : "the file ended before";
    }

    static Path path(Path directory, String mode) {
        return directory.resolve(mode.toLowerCase(Locale.ROOT) + ".json");
    }

    /** The results of a mode, none when there is no file. */
    static SuiteResults read(Path directory, String mode) throws IOException {
        Path file = path(directory, mode);
        return Files.exists(file)
                ? JSON.readValue(file.toFile(), SuiteResults.class)
                : new SuiteResults(mode.toLowerCase(Locale.ROOT), List.of());
    }

    /** These results with those of one file in the place of what was known of it. */
    SuiteResults with(OfFile result) {
        List<OfFile> all = new ArrayList<>(files);
        all.removeIf(one -> one.file().equals(result.file()));
        all.add(result);
        all.sort(Comparator.comparingInt(one -> place(one.file())));
        return new SuiteResults(mode, all);
    }

    Optional<OfFile> file(String name) {
        return files.stream().filter(one -> one.file().equals(name)).findFirst();
    }

    void write(Path directory) throws IOException {
        Files.createDirectories(directory);
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));
        Files.writeString(path(directory, mode), JSON.writer(printer).writeValueAsString(this) + "\n");
    }

    private static int place(String name) {
        int at = SuiteFile.ALL.indexOf(SuiteFile.of(name));
        return at < 0 ? SuiteFile.ALL.size() : at;
    }

    /** Tests that redis-server passed of each file: what a run of it leaves in the cache. */
    static List<String> readNames(Path file) throws IOException {
        return Files.exists(file) ? List.of(JSON.readValue(file.toFile(), String[].class)) : List.of();
    }

    static void writeNames(List<String> names, Path file) throws IOException {
        Files.createDirectories(Objects.requireNonNull(file.toAbsolutePath().getParent()));
        JSON.writeValue(file.toFile(), names);
    }
}

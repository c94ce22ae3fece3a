package io.cairn.jepsen.suite;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** {@code docs/redis-compatibility.md}: what the suite came to in every mode. The same results always make the same page. */
public final class SuitePage {
    /** Where the page and the results are below the root of the repository. */
    public static final Path PAGE = Path.of("docs", "redis-compatibility.md");

    public static final Path RESULTS = Path.of("jepsen", "redis-suite");

    /** Why tests do not pass, in the directory of results: see {@link SuiteReasons}. */
    static final String REASONS = "reasons.txt";

    private static final List<String> MODES = List.of("standalone", "cluster", "raft");

    private SuitePage() {}

    /** Writes the page from the results of a checkout; returns the page's path. */
    public static Path write(Path root) throws IOException {
        Path page = root.resolve(PAGE);
        Files.createDirectories(page.toAbsolutePath().getParent());
        Files.writeString(page, markdown(root.resolve(RESULTS)));
        return page;
    }

    /** The page from a directory of results, which need not exist. */
    static String markdown(Path directory) throws IOException {
        StringBuilder page = new StringBuilder(preface());
        SuiteReasons reasons = SuiteReasons.read(directory.resolve(REASONS));
        List<SuiteResults> all = new ArrayList<>();
        for (String mode : MODES) {
            all.add(SuiteResults.read(directory, mode));
        }
        page.append("\n## Passed of what redis-server passes\n\n");
        figures(page, all);
        page.append("\n## Not passed\n");
        for (SuiteResults results : all) {
            missing(page, results, reasons);
        }
        return page.toString();
    }

    private static void figures(StringBuilder page, List<SuiteResults> all) {
        page.append("| file |");
        all.forEach(results -> page.append(' ').append(results.mode()).append(" |"));
        page.append("\n|---|").append("--:|".repeat(all.size())).append('\n');
        for (SuiteFile file : SuiteFile.ALL) {
            page.append("| ").append(file.name()).append(" |");
            for (SuiteResults results : all) {
                page.append(' ')
                        .append(results.file(file.name())
                                .map(one -> one.passed() + " of " + one.redis())
                                .orElse("–"))
                        .append(" |");
            }
            page.append('\n');
        }
        page.append("| **all** |");
        for (SuiteResults results : all) {
            int passed = results.files().stream()
                    .mapToInt(SuiteResults.OfFile::passed)
                    .sum();
            int redis = results.files().stream()
                    .mapToInt(SuiteResults.OfFile::redis)
                    .sum();
            page.append(
                    redis == 0
                            ? " – |"
                            : String.format(
                                    Locale.ROOT, " %,d of %,d (%.2f %%) |", passed, redis, 100.0 * passed / redis));
        }
        page.append('\n');
        page.append("\nCommits: ");
        List<String> commits = new ArrayList<>();
        for (SuiteResults results : all) {
            TreeSet<String> ofMode = new TreeSet<>();
            results.files().forEach(file -> ofMode.add(file.commit()));
            if (!ofMode.isEmpty()) {
                commits.add(results.mode() + " " + String.join(", ", ofMode));
            }
        }
        page.append(commits.isEmpty() ? "none" : String.join("; ", commits)).append(".\n");
    }

    private static void missing(StringBuilder page, SuiteResults results, SuiteReasons reasons) {
        List<SuiteResults.OfFile> incomplete = results.files().stream()
                .filter(file -> !file.missing().isEmpty())
                .toList();
        if (results.files().isEmpty()) {
            return;
        }
        page.append("\n### ").append(results.mode()).append("\n\n");
        if (incomplete.isEmpty()) {
            page.append("None.\n");
            return;
        }
        page.append("| file | test | why |\n|---|---|---|\n");
        for (SuiteResults.OfFile file : incomplete) {
            for (SuiteResults.Missing test : file.missing()) {
                page.append("| ")
                        .append(file.file())
                        .append(" | ")
                        .append(cell(test.name()))
                        .append(" | ")
                        .append(why(reasons.of(results.mode(), file.file(), test.name()), test.why()))
                        .append(" |\n");
            }
        }
    }

    /** Tests without a reason, as mode, file and name; reasons that no test needs. */
    static Map<String, List<String>> unexplained(Path directory) throws IOException {
        SuiteReasons reasons = SuiteReasons.read(directory.resolve(REASONS));
        List<String> without = new ArrayList<>();
        for (String mode : MODES) {
            for (SuiteResults.OfFile file : SuiteResults.read(directory, mode).files()) {
                for (SuiteResults.Missing test : file.missing()) {
                    if (reasons.of(mode, file.file(), test.name()) == null) {
                        without.add(mode + " " + file.file() + " " + test.name());
                    }
                }
            }
        }
        return Map.of("without a reason", without, "not needed", reasons.unused());
    }

    private static String why(@Nullable String reason, String said) {
        return reason == null ? "**no reason given**: " + cell(said) : cell(reason);
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replaceAll("\\s+", " ");
    }

    private static String preface() {
        try (InputStream in = SuitePage.class.getResourceAsStream("redis-compatibility.md")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package io.cairn.jepsen.report;

import io.cairn.jepsen.check.Availability;
import io.cairn.jepsen.check.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** {@code docs/jepsen.md}: all committed results in Markdown. The same results always make the same page. */
public final class Table {
    /** Where the page and the results are below the root of the repository. */
    public static final Path PAGE = Path.of("docs", "jepsen.md");

    public static final Path RESULTS = Path.of("jepsen", "results");

    private static final String REAL_REDIS = "redis";
    private static final Pattern LEFT_OUT = Pattern.compile("(\\d+) more of them");
    private static final String NONE = "–";

    private Table() {}

    /** Writes the page from the results of a checkout; returns the page's path. */
    public static Path write(Path root) throws IOException {
        Path page = root.resolve(PAGE);
        Files.createDirectories(page.toAbsolutePath().getParent());
        Files.writeString(page, markdown(root.resolve(RESULTS)));
        return page;
    }

    /** The page from a directory of results, which need not exist. */
    public static String markdown(Path results) throws IOException {
        List<Verdict> verdicts = Results.readAll(results);
        StringBuilder page = new StringBuilder(HtmlReport.resource("jepsen.md"));
        page.append("\n## By fault and workload\n\n");
        faults(page, ofTarget(verdicts, false));
        page.append("\n## By kind of fault\n\nOver all runs, alone and mixed.\n\n");
        kinds(page, ofTarget(verdicts, false));
        Results.Hunts hunts = Results.readHunts(results);
        if (!hunts.mutants().isEmpty()) {
            mutants(page, hunts.mutants());
        }
        if (!hunts.real().isEmpty()) {
            real(page, hunts.real());
        }
        List<Verdict> redis = ofTarget(verdicts, true);
        if (!redis.isEmpty()) {
            redis(page, redis);
        }
        return page.toString();
    }

    private static List<Verdict> ofTarget(List<Verdict> verdicts, boolean redis) {
        return verdicts.stream()
                .filter(verdict -> verdict.target().equals(REAL_REDIS) == redis)
                .toList();
    }

    private static void faults(StringBuilder page, List<Verdict> verdicts) {
        page.append("""
                | faults | workload | runs | minutes | ok | fail | info | confirmed | violations | gap median ms | gap max ms | recovery median ms | recovery max ms |
                |---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
                """);
        Map<String, Sum> rows = new TreeMap<>();
        Sum total = new Sum();
        for (Verdict verdict : verdicts) {
            rows.computeIfAbsent(cell(verdict.faults()) + " | " + cell(verdict.workload()), row -> new Sum())
                    .add(verdict);
            total.add(verdict);
        }
        rows.forEach((row, sum) -> page.append("| ").append(row).append(sum.cells()));
        page.append("| **all** | ").append(total.cells());
    }

    private static void kinds(StringBuilder page, List<Verdict> verdicts) {
        page.append("""
                | fault | confirmed | tried | no answer while it lasted | gap median ms | gap max ms | recovery median ms | recovery max ms |
                |---|--:|--:|--:|--:|--:|--:|--:|
                """);
        Map<String, Sum> rows = new TreeMap<>();
        for (Verdict verdict : verdicts) {
            verdict.injections()
                    .keySet()
                    .forEach(
                            kind -> rows.computeIfAbsent(kind, row -> new Sum()).add(verdict, kind));
        }
        rows.forEach((kind, sum) -> page.append("| " + cell(kind))
                .append(" | " + number(sum.confirmed) + " | " + number(sum.tried) + " | " + number(sum.unanswered))
                .append(sum.times()));
    }

    private static void mutants(StringBuilder page, List<Results.Mutant> mutants) {
        long caught = mutants.stream().filter(Results.Mutant::caught).count();
        page.append("\n## Mutants\n\nBuilds with one planted bug each; " + caught + " of " + mutants.size()
                + " caught, by checks that see only histories, logs and disks.\n\n");
        page.append("| mutant | bug | caught | seconds | by | commit |\n|---|---|---|--:|---|---|\n");
        for (Results.Mutant mutant : mutants) {
            page.append("| " + cell(mutant.name()) + " | " + cell(mutant.what()) + " | ")
                    .append(mutant.caught() ? "yes" : "**no**")
                    .append(" | " + number(mutant.seconds()) + " | " + cell(mutant.by()))
                    .append(" | " + cell(mutant.commit()) + " |\n");
        }
    }

    private static void real(StringBuilder page, List<Results.Real> rounds) {
        long clean = rounds.stream().filter(Results.Real::clean).count();
        page.append("\nThe real build on the same schedules: " + clean + " of " + rounds.size() + " clean.\n\n");
        page.append("| schedule | clean | seconds | what was wrong | commit |\n|---|---|--:|---|---|\n");
        for (Results.Real round : rounds) {
            page.append("| " + cell(round.schedule()) + " | " + (round.clean() ? "yes" : "**no**"))
                    .append(" | " + number(round.seconds()) + " | " + cell(round.problem()))
                    .append(" | " + cell(round.commit()) + " |\n");
        }
    }

    private static void redis(StringBuilder page, List<Verdict> verdicts) {
        page.append("""

                ## A real Redis Cluster under the same harness

                Redis 7.0.15 replicates asynchronously and loses acknowledged writes by design when a primary is cut off; a harness that did not see it would prove nothing.

                | run | faults | workload | minutes | ok | confirmed | acknowledged writes lost | violations |
                |---|---|---|--:|--:|--:|--:|--:|
                """);
        for (Verdict verdict : verdicts) {
            Sum sum = new Sum();
            sum.add(verdict);
            page.append("| " + cell(verdict.run()) + " | " + cell(verdict.faults()) + " | " + cell(verdict.workload()))
                    .append(" | " + minutes(sum.seconds) + " | " + number(sum.ok) + " | " + number(sum.confirmed))
                    .append(" | " + (sum.lost == null ? NONE : number(sum.lost)) + " | " + number(sum.violations)
                            + " |\n");
        }
    }

    /** What several runs come to. */
    private static final class Sum {
        private int runs;
        private long seconds;
        private long ok;
        private long fail;
        private long info;
        private long confirmed;
        private long tried;
        private long unanswered;
        private long violations;
        /** Null when no run looked for losses. */
        private @Nullable Long lost;

        private final List<Long> gaps = new ArrayList<>();
        private final List<Long> recoveries = new ArrayList<>();

        void add(Verdict verdict) {
            runs++;
            seconds += verdict.lasted();
            ok += verdict.operations().getOrDefault("ok", 0L);
            fail += verdict.operations().getOrDefault("fail", 0L);
            info += verdict.operations().getOrDefault("info", 0L);
            long before = violations;
            for (Finding finding : verdict.findings()) {
                violations += violations(finding);
                if (finding.figures().get("lost") instanceof Number count) {
                    lost = (lost == null ? 0 : lost) + count.longValue();
                }
            }
            // A run may be invalid for a reason outside of its findings, like too few operations.
            violations += !verdict.valid() && violations == before ? 1 : 0;
            verdict.injections().keySet().forEach(kind -> add(verdict, kind));
        }

        void add(Verdict verdict, String kind) {
            Verdict.Injections injections =
                    Objects.requireNonNull(verdict.injections().get(kind));
            confirmed += injections.confirmed();
            tried += injections.all();
            for (Finding finding : verdict.findings()) {
                if (finding.checker().equals(Availability.NAME)
                        && finding.figures().get("byKind") instanceof Map<?, ?> kinds
                        && kinds.get(kind) instanceof Map<?, ?> figures) {
                    unanswered += figures.get("unansweredWhileItLasted") instanceof Number n ? n.longValue() : 0;
                    addTimes(figures.get("gap"), gaps);
                    addTimes(figures.get("recovery"), recoveries);
                }
            }
        }

        private static void addTimes(@Nullable Object spread, List<Long> times) {
            if (spread instanceof Map<?, ?> figures && figures.get("allMillis") instanceof List<?> all) {
                all.forEach(value -> times.add(((Number) value).longValue()));
            }
        }

        String cells() {
            return " | " + runs + " | " + minutes(seconds) + " | " + number(ok) + " | " + number(fail) + " | "
                    + number(info) + " | " + number(confirmed) + " | " + number(violations) + times();
        }

        String times() {
            return " | " + spread(gaps) + " | " + spread(recoveries) + " |\n";
        }

        private static String spread(List<Long> times) {
            if (times.isEmpty()) {
                return NONE + " | " + NONE;
            }
            long[] sorted = times.stream().mapToLong(Long::longValue).sorted().toArray();
            return number(Availability.quantile(sorted, 0.5)) + " | " + number(sorted[sorted.length - 1]);
        }
    }

    /** Problems of a finding, with those that its last line only counts. */
    static long violations(Finding finding) {
        long count = finding.problems().size();
        if (count > Finding.MOST_PROBLEMS) {
            Matcher leftOut = LEFT_OUT.matcher(finding.problems().get((int) count - 1));
            count += leftOut.matches() ? Long.parseLong(leftOut.group(1)) - 1 : 0;
        }
        return finding.valid() ? count : Math.max(1, count);
    }

    private static String minutes(long seconds) {
        return String.format(Locale.ROOT, "%.1f", seconds / 60.0);
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static String cell(String text) {
        return text.isEmpty()
                ? NONE
                : text.replace("|", "\\|").replace("<", "&lt;").replaceAll("\\s+", " ");
    }
}

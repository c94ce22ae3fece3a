package io.cairn.jepsen.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cairn.jepsen.check.Availability;
import io.cairn.jepsen.check.Finding;
import io.cairn.jepsen.history.FaultWindow;
import io.cairn.jepsen.history.History;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One run as one HTML file that needs nothing else: no network, no library. Text and plots are there without a script; the
 * timeline of operations needs one. Everything that comes from the run is escaped.
 */
public final class HtmlReport {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST_FAULT_ROWS = 500;

    private final History history;
    private final Verdict verdict;
    private final Map<String, Object> extras;
    private final StringBuilder page = new StringBuilder(1 << 20);

    private HtmlReport(History history, Verdict verdict, Map<String, Object> extras) {
        this.history = history;
        this.verdict = verdict;
        this.extras = extras;
    }

    /**
     * Writes the page; below 5 MB for any history. Makes the directory where missing.
     *
     * @param extras shown among the parameters beside {@code history.about()}, and instead of what has the same name there;
     *     {@code command} is shown on top; {@code valid} false makes the run invalid though all findings are valid
     */
    public static void write(History history, List<Finding> findings, Path file, Map<String, Object> extras)
            throws IOException {
        Map<String, Object> about = new LinkedHashMap<>(history.about());
        about.putAll(extras);
        History merged = new History(about, history.operations(), history.faults(), history.phases());
        Verdict verdict = Verdict.of(merged, findings, Boolean.FALSE.equals(extras.get("valid")));
        Path directory = file.toAbsolutePath().getParent();
        if (directory != null) {
            Files.createDirectories(directory);
        }
        Files.writeString(file, new HtmlReport(merged, verdict, extras).render(), StandardCharsets.UTF_8);
    }

    private String render() throws IOException {
        Buckets buckets = new Buckets(history);
        OperationSample sample = new OperationSample(history, verdict.findings());
        String title = (verdict.valid() ? "valid" : "INVALID") + ": " + verdict.workload() + ", " + verdict.faults();
        page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n");
        page.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
        page.append("<meta name=\"color-scheme\" content=\"light dark\"/>\n");
        page.append("<title>").append(Html.escape(title)).append("</title>\n");
        page.append("<style>\n").append(resource("report.css")).append("</style>\n</head>\n<body>\n<main>\n");
        head(buckets);
        findings();
        plots(buckets);
        timeline(sample);
        faults();
        parameters();
        page.append("</main>\n<script type=\"application/json\" id=\"data\">");
        page.append(new PageData(history, sample).json(buckets)).append("</script>\n");
        page.append("<script>\n").append(resource("report.js")).append("</script>\n</body>\n</html>\n");
        return page.toString();
    }

    private void head(Buckets buckets) {
        page.append("<header>\n<h1><span class=\"verdict ")
                .append(verdict.valid() ? "good" : "bad")
                .append("\">");
        page.append(verdict.valid() ? "valid" : "INVALID").append("</span> ");
        page.append(Html.escape(verdict.workload())).append(" <span class=\"quiet\">under</span> ");
        page.append(Html.escape(verdict.faults())).append("</h1>\n");
        int confirmed = 0;
        int all = 0;
        for (Verdict.Injections injections : verdict.injections().values()) {
            confirmed += injections.confirmed();
            all += injections.all();
        }
        long right = verdict.findings().stream().filter(Finding::valid).count();
        page.append("<dl class=\"tiles\">");
        tile(
                "acknowledged",
                Html.count(Objects.requireNonNullElse(verdict.operations().get("ok"), 0L)),
                "ok");
        tile(
                "refused",
                Html.count(Objects.requireNonNullElse(verdict.operations().get("fail"), 0L)),
                "fail");
        tile(
                "unknown",
                Html.count(Objects.requireNonNullElse(verdict.operations().get("info"), 0L)),
                "info");
        tile("faults confirmed", confirmed + " of " + all, "");
        tile("checks passed", right + " of " + verdict.findings().size(), "");
        tile("duration", Html.span(buckets.end), "");
        tile("seed", Long.toString(verdict.seed()), "");
        page.append("</dl>\n");
        if (!verdict.command().isEmpty()) {
            page.append("<p class=\"command\"><span class=\"quiet\">Repeat with</span> <code>");
            page.append(Html.escape(verdict.command())).append("</code></p>\n");
        }
        page.append("</header>\n");
    }

    private void tile(String name, String value, String css) {
        page.append("<div><dt>");
        if (!css.isEmpty()) {
            page.append("<i class=\"key ").append(css).append("\"></i>");
        }
        page.append(name).append("</dt><dd>").append(Html.escape(value)).append("</dd></div>");
    }

    private void findings() throws JsonProcessingException {
        page.append("<section>\n<h2>Checks</h2>\n");
        if (verdict.findings().isEmpty()) {
            page.append("<p class=\"quiet\">No check was made.</p>\n");
        }
        if (!verdict.valid() && verdict.findings().stream().allMatch(Finding::valid)) {
            page.append("<p class=\"badtext\">The run is invalid for a reason outside of the checks; ");
            page.append("the parameters below may name it.</p>\n");
        }
        List<Finding> ordered = new ArrayList<>(verdict.findings());
        ordered.sort((a, b) -> Boolean.compare(a.valid(), b.valid()));
        for (Finding finding : ordered) {
            page.append("<article class=\"finding ")
                    .append(finding.valid() ? "good" : "bad")
                    .append("\">\n<h3>");
            page.append("<span class=\"mark\">")
                    .append(finding.valid() ? "✓" : "✗")
                    .append("</span> ");
            page.append(Html.escape(finding.checker())).append("</h3>\n");
            figures(finding.figures());
            if (!finding.problems().isEmpty()) {
                page.append("<ol class=\"problems\">\n");
                finding.problems()
                        .forEach(problem ->
                                page.append("<li>").append(Html.escape(problem)).append("</li>\n"));
                page.append("</ol>\n");
            }
            page.append("</article>\n");
        }
        page.append("</section>\n");
    }

    private void figures(Map<String, Object> figures) throws JsonProcessingException {
        Map<String, Object> nested = new LinkedHashMap<>();
        StringBuilder flat = new StringBuilder();
        figures.forEach((name, value) -> {
            if (value instanceof Map<?, ?> || (value instanceof Collection<?> many && !many.isEmpty())) {
                nested.put(name, value);
            } else if (!(value instanceof Collection<?>)) {
                flat.append("<span>").append(Html.escape(name)).append(" <b>");
                flat.append(Html.escape(
                                value instanceof Long || value instanceof Integer
                                        ? Html.count(((Number) value).longValue())
                                        : value))
                        .append("</b></span> ");
            }
        });
        page.append("<p class=\"figures\">").append(flat).append("</p>\n");
        if (!nested.isEmpty()) {
            page.append("<details><summary>more figures</summary><pre>");
            String json = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(nested);
            page.append(Html.escape(json)).append("</pre></details>\n");
        }
    }

    private void plots(Buckets buckets) {
        Plots plots = new Plots(history, buckets);
        page.append("<section id=\"plots\">\n<h2>Over time</h2>\n");
        page.append(
                "<p class=\"readout\" id=\"readout\">Shaded: a fault in force. Point at the plots to read them.</p>\n");
        page.append(plots.band());
        page.append("<h3>Operations per second <span class=\"legend\"><i class=\"key ok\"></i>acknowledged");
        page.append(" <i class=\"key fail\"></i>refused <i class=\"key info\"></i>unknown</span></h3>\n");
        page.append(plots.availability());
        page.append("<h3>Latency, each ").append(Html.span(buckets.latencyWidth));
        page.append(" <span class=\"legend\"><i class=\"key ok\"></i>acknowledged, median");
        page.append(" <i class=\"key okp99\"></i>99th percentile; dots: <i class=\"key fail\"></i>refused");
        page.append(" <i class=\"key info\"></i>unknown, 99th percentile</span></h3>\n");
        page.append(plots.latency()).append("</section>\n");
    }

    private void timeline(OperationSample sample) {
        int shown = sample.kept.cardinality();
        int all = history.operations().size();
        page.append("<section id=\"timeline\">\n<h2>Operations</h2>\n<p class=\"quiet\">");
        if (shown == all) {
            page.append("All ").append(Html.count(all)).append(" operations, a row for each client.");
        } else {
            page.append(Html.count(shown))
                    .append(" of ")
                    .append(Html.count(all))
                    .append(" operations are in this page: ");
            page.append("everything within the stretches underlined in the overview, around faults");
            page.append(sample.problemKeys.isEmpty() ? "" : ", and operations of the keys that problems name");
            page.append(". Elsewhere rows are empty because operations were left out. A row for each client.");
        }
        page.append(" Click on a bar to follow its key.</p>\n<div class=\"controls\">");
        page.append(
                "<label>Go to <select id=\"jump\"></select></label> <label>Show <select id=\"span\"></select></label>");
        page.append(" <span id=\"window\" class=\"num\"></span></div>\n");
        page.append("<canvas id=\"overview\" height=\"34\"></canvas>\n");
        page.append("<input id=\"position\" type=\"range\" min=\"0\" max=\"10000\" step=\"1\" value=\"0\"");
        page.append(" aria-label=\"Position in time\"/>\n");
        page.append("<canvas id=\"bars\" height=\"200\"></canvas>\n");
        page.append("<pre id=\"picked\" hidden=\"hidden\"></pre>\n<div id=\"tip\" hidden=\"hidden\"></div>\n");
        page.append("<noscript><p>The timeline is drawn by a script in this page.</p></noscript>\n</section>\n");
    }

    private void faults() {
        List<Availability.Felt> felt = Availability.felt(history);
        page.append("<section>\n<h2>Faults</h2>\n");
        if (felt.isEmpty()) {
            page.append("<p class=\"quiet\">None.</p>\n</section>\n");
            return;
        }
        page.append(
                "<p class=\"quiet\">Gap: from the begin of the fault to the first answer to a question asked once it was in force, ");
        page.append(
                "in the shard that waited longest; a dash: a shard had none while it lasted. Recovery: the same from its end; a dash: ");
        page.append(
                "the next fault or the run's end came first.</p>\n<div class=\"wide\"><table>\n<thead><tr><th>kind</th><th>what</th>");
        page.append(
                "<th class=\"n\">at s</th><th class=\"n\">lasted</th><th class=\"n\">gap</th><th class=\"n\">longest</th>");
        page.append("<th class=\"n\">recovery</th><th>probe</th></tr></thead>\n<tbody>\n");
        for (Availability.Felt one : felt.subList(0, Math.min(MOST_FAULT_ROWS, felt.size()))) {
            FaultWindow fault = one.fault();
            page.append("<tr><td>").append(Html.escape(fault.kind())).append("</td><td>");
            page.append(Html.escape(fault.what())).append("</td>");
            number(Html.seconds(fault.begin()));
            number(Html.span(fault.healed() - fault.begin()));
            number(Html.span(one.gap()));
            number(Html.span(one.longest()));
            number(Html.span(one.recovery()));
            page.append("<td").append(fault.confirmed() ? ">" : " class=\"badtext\">NOT confirmed: ");
            page.append(Html.escape(fault.probe())).append("</td></tr>\n");
        }
        page.append("</tbody></table></div>\n");
        if (felt.size() > MOST_FAULT_ROWS) {
            page.append("<p class=\"quiet\">")
                    .append(felt.size() - MOST_FAULT_ROWS)
                    .append(" more of them.</p>\n");
        }
        page.append("</section>\n");
    }

    private void number(String text) {
        page.append("<td class=\"n\">").append(text).append("</td>");
    }

    private void parameters() throws JsonProcessingException {
        Map<String, Object> rows = new LinkedHashMap<>(history.about());
        rows.remove("command");
        if (!extras.containsKey("jdk")) {
            rows.put("jdk", verdict.jdk());
        }
        page.append("<section>\n<h2>Parameters</h2>\n<div class=\"wide\"><table class=\"parameters\">\n<tbody>\n");
        for (Map.Entry<String, Object> row : rows.entrySet()) {
            page.append("<tr><th>").append(Html.escape(row.getKey())).append("</th><td>");
            page.append(Html.escape(text(row.getValue()))).append("</td></tr>\n");
        }
        page.append("</tbody></table></div>\n</section>\n");
    }

    private static String text(@Nullable Object value) throws JsonProcessingException {
        return value instanceof Map || value instanceof Collection
                ? JSON.writeValueAsString(value)
                : String.valueOf(value);
    }

    static String resource(String name) throws IOException {
        try (InputStream in = HtmlReport.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}

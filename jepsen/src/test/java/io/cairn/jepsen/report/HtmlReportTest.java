package io.cairn.jepsen.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cairn.jepsen.check.Availability;
import io.cairn.jepsen.check.Finding;
import io.cairn.jepsen.history.History;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class HtmlReportTest {
    private static final String HOSTILE = "</script><script>alert('x')</script>&\"\u0000";
    private static final String COMMAND = "make jepsen WORKLOAD=register FAULTS=mixed SECONDS=60 SEED=5";

    @TempDir
    Path directory;

    private String page(History history, List<Finding> findings, Map<String, Object> extras) throws IOException {
        Path file = directory.resolve("run/report.html");
        HtmlReport.write(history, findings, file, extras);
        return Files.readString(file);
    }

    private static JsonNode data(String page) throws IOException {
        int from = page.indexOf("id=\"data\">") + 10;
        return new ObjectMapper().readTree(page.substring(from, page.indexOf("</script>", from)));
    }

    /** The page up to its scripts is well-formed XML as well, which a parser of the JDK can judge. */
    private static Document parsed(String page) throws Exception {
        String markup = page.substring(page.indexOf("<html"), page.indexOf("<script type=\"application/json\""));
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(markup + "</body></html>")));
    }

    @Test
    void aPageHoldsVerdictCommandFaultsAndProblems() throws Exception {
        History history = SyntheticRun.of(5, 60, "k", 20);
        Finding wrong =
                Finding.of("linearizable", Map.of("keys", 40), List.of("key k7: read 3 after 4 was acknowledged"));
        String page = page(history, List.of(new Availability().check(history), wrong), Map.of("command", COMMAND));

        assertThat(parsed(page).getElementsByTagName("svg").getLength()).isEqualTo(3);
        assertThat(page)
                .contains("INVALID", COMMAND, "key k7: read 3 after 4 was acknowledged", "1 of 2")
                .contains(
                        "kill-one", "partition-halves", "NOT confirmed", "connect to 127.0.2.1 refused", "final reads")
                .doesNotContain("http://", "https://", "src=", "@import", "url(");
        assertThat(data(page).path("problems").get(0).get(0).asText()).isEqualTo("k7");
    }

    @Test
    void hostileStringsAreTextAndNothingElse() throws Exception {
        History quiet = SyntheticRun.of(6, 30, HOSTILE, 100);
        Finding wrong = Finding.of(HOSTILE, Map.of(HOSTILE, HOSTILE), List.of(HOSTILE));
        String page = page(quiet, List.of(wrong), Map.of("command", HOSTILE, HOSTILE, HOSTILE));

        assertThat(page).doesNotContain("<script>alert").contains("&lt;/script&gt;&lt;script&gt;alert(&#39;x&#39;)");
        assertThat(page.split("</script>", -1)).hasSize(3);
        assertThat(parsed(page).getElementsByTagName("script").getLength()).isZero();
        assertThat(data(page).path("strings").toString()).contains("</script><script>");
    }

    @Test
    void aShortRunIsShownWhole() throws Exception {
        History history = SyntheticRun.of(7, 30, "k", 50);
        String page = page(history, List.of(), Map.of());

        assertThat(page).contains("All " + Html.count(history.operations().size()) + " operations");
        JsonNode shown = data(page).path("operations");
        assertThat(shown.path("call").size()).isEqualTo(history.operations().size());
        assertThat(shown.path("lanes").asInt()).isEqualTo(8); // as many as worked at once, though clients were renewed
    }

    @Test
    void aLongRunIsSampledAroundFaultsAndProblems() throws Exception {
        History history = SyntheticRun.of(8, 120, "k", 10);
        Finding wrong = Finding.of("counter", Map.of(), List.of("key k11: 5 of 6"));
        String page = page(history, List.of(wrong), Map.of());

        assertThat(history.operations().size()).isGreaterThan(OperationSample.MOST);
        OperationSample sample = new OperationSample(history, List.of(wrong));
        assertThat(sample.kept.cardinality()).isBetween(OperationSample.MOST / 2, OperationSample.MOST);
        assertThat(sample.problemKeys).containsOnlyKeys("k11");
        for (int[] stretch : sample.stretches) {
            assertThat(sample.kept.nextClearBit(stretch[0])).isGreaterThan(stretch[1]);
        }
        assertThat(page)
                .contains(Html.count(sample.kept.cardinality()) + " of "
                        + Html.count(history.operations().size()) + " operations are in this page");
        assertThat(page.length()).isLessThan(5_000_000);
    }

    @Test
    void longValuesAreCutUntilThePageIsSmallEnough() throws Exception {
        History plain = SyntheticRun.of(9, 60, "k", 15);
        History large = new History(
                plain.about(),
                plain.operations().stream()
                        .map(o -> new io.cairn.jepsen.history.Operation(
                                o.client(),
                                o.f(),
                                o.key(),
                                o.in(),
                                "<".repeat(500) + o.call(),
                                o.call(),
                                o.ret(),
                                o.outcome(),
                                o.node(),
                                "<".repeat(200) + o.call()))
                        .toList(),
                plain.faults(),
                plain.phases());
        assertThat(page(large, List.of(), Map.of()).length()).isLessThan(5_000_000);
    }

    @Test
    void emptyHistoriesHaveAPageToo() throws Exception {
        History empty = new History(Map.of(), List.of(), List.of(), List.of());
        String page = page(empty, List.of(), Map.of("valid", false, "why", "nothing was done"));
        parsed(page);
        assertThat(page).contains("INVALID", "nothing was done", "a reason outside of the checks");
    }
}

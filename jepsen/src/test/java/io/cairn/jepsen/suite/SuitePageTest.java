package io.cairn.jepsen.suite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SuitePageTest {
    @TempDir
    Path directory;

    private static Path root() {
        Path here = Path.of("").toAbsolutePath();
        return Files.exists(here.resolve("gossip")) ? here : Objects.requireNonNull(here.getParent());
    }

    @Test
    void thePageSaysWhatIsMissingAndWhy() throws IOException {
        new SuiteResults("standalone", List.of())
                .with(new SuiteResults.OfFile("zset", "c1", 10, 10, List.of(), false))
                .with(new SuiteResults.OfFile(
                        "string",
                        "c1",
                        3,
                        1,
                        List.of(new SuiteResults.Missing("SET | x", "no"), new SuiteResults.Missing("GET", "why not")),
                        false))
                .write(directory);
        Files.writeString(
                directory.resolve(SuitePage.REASONS), "# remark\n* | string | SET . x | skip: for a reason\n");

        assertThat(SuitePage.markdown(directory))
                .contains("| string | 1 of 3 | – | – |")
                .contains("| zset | 10 of 10 | – | – |")
                .contains("| **all** | 11 of 13 (84.62 %) | – | – |")
                .contains("| string | SET \\| x | for a reason |")
                .contains("| string | GET | **no reason given**: why not |")
                .contains("Commits: standalone c1.");
        assertThat(SuiteReasons.read(directory.resolve(SuitePage.REASONS)).skipped("raft", "string"))
                .containsExactly("^(SET . x)$");
    }

    @Test
    void thePageInDocsIsWhatTheCommittedResultsMake() throws IOException {
        assertThat(Files.readString(root().resolve(SuitePage.PAGE)))
                .as("docs/redis-compatibility.md is stale: run `cairn-jepsen report`")
                .isEqualTo(SuitePage.markdown(root().resolve(SuitePage.RESULTS)));
    }

    @Test
    void everyTestThatDoesNotPassHasAReason() throws IOException {
        assertThat(SuitePage.unexplained(root().resolve(SuitePage.RESULTS)).get("without a reason"))
                .isEmpty();
    }
}

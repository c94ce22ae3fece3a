package io.cairn.jepsen.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.check.Availability;
import io.cairn.jepsen.check.Finding;
import io.cairn.jepsen.history.FaultWindow;
import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.history.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {
    private static final long MS = 1_000_000;

    @TempDir
    Path directory;

    /** One kill of one process, felt for {@code gapMillis}, in a run of 90 s. */
    private static Verdict verdict(String run, String workload, String target, long gapMillis, Finding... more) {
        List<Operation> operations = new ArrayList<>();
        for (long at = 0; at < 9_000; at += 10) {
            Outcome outcome = at < 1_000 || at >= 1_000 + gapMillis ? Outcome.OK : Outcome.FAIL;
            operations.add(new Operation(0, "add", "k", at, null, at * MS, (at + 1) * MS, outcome, "n1", null));
        }
        FaultWindow kill = new FaultWindow(
                "kill-one", "P1", List.of(0), 1_000 * MS, 1_001 * MS, 5_000 * MS, 5_000 * MS, true, "it is gone");
        History history = new History(
                Map.of(
                        "run",
                        run,
                        "workload",
                        workload,
                        "faults",
                        "kill-one",
                        "seed",
                        7,
                        "seconds",
                        60,
                        "target",
                        target,
                        "nodes",
                        3,
                        "jdk",
                        "17.0.15",
                        "command",
                        "cairn-jepsen run --seed 7"),
                operations,
                List.of(kill),
                List.of(new Phase("final reads", 9_000 * MS, 90_000 * MS)));
        List<Finding> findings = new ArrayList<>(List.of(more));
        findings.add(new Availability().check(history));
        return Verdict.of(history, findings, false);
    }

    @Test
    void aVerdictIsReadAsItWasWritten() throws IOException {
        Verdict verdict = verdict("r1", "set", "cairn", 300);
        Path file = directory.resolve("deep/verdict.json");
        Results.write(verdict, file);
        Results.write(Results.read(file), directory.resolve("again.json"));

        assertThat(directory.resolve("again.json")).hasSameTextualContentAs(file);
        assertThat(Results.read(file).injections()).containsEntry("kill-one", new Verdict.Injections(1, 1));
        assertThat(Results.read(file).operations())
                .containsEntry("ok", 870L)
                .containsEntry("fail", 30L)
                .containsEntry("info", 0L);
        assertThat(Results.read(file).valid()).isTrue();
    }

    @Test
    void oneInvalidFindingMakesTheVerdictInvalid() {
        Finding wrong = Finding.of("set", Map.of(), List.of("17 was acknowledged and is not there"));
        assertThat(verdict("r", "set", "cairn", 300, wrong).valid()).isFalse();
        History empty = new History(Map.of(), List.of(), List.of(), List.of());
        assertThat(Verdict.of(empty, List.of(), true).valid()).isFalse();
    }

    @Test
    void tableAddsUpRunsByFaultAndWorkload() throws IOException {
        Results.write(verdict("r1", "set", "cairn", 300), directory.resolve("r1.json"));
        Results.write(verdict("r2", "set", "cairn", 500), directory.resolve("r2.json"));
        Results.write(verdict("r3", "bank", "cairn", 200), directory.resolve("r3.json"));

        assertThat(Table.markdown(directory))
                .contains("| kill-one | bank | 1 | 1.5 | 880 | 20 | 0 | 1 | 0 | 201 | 201 | 1 | 1 |")
                .contains("| kill-one | set | 2 | 3.0 | 1,720 | 80 | 0 | 2 | 0 | 301 | 501 | 1 | 1 |")
                .contains("| **all** |  | 3 | 4.5 | 2,600 | 100 | 0 | 3 | 0 | 301 | 501 | 1 | 1 |")
                .contains("| kill-one | 3 | 3 | 0 | 301 | 501 | 1 | 1 |")
                .doesNotContain("## Mutants", "## A real Redis");
        assertThat(Table.markdown(directory)).isEqualTo(Table.markdown(directory));
    }

    @Test
    void realRedisAndMutantsStandApart() throws IOException {
        Finding lost = Finding.of(
                "set",
                Map.of("lost", 42),
                IntStream.range(0, 60).mapToObj(i -> i + " is lost").toList());
        Results.write(verdict("redis-1", "set", "redis", 300, lost), directory.resolve("redis-1.json"));
        Results.writeHunts(
                new Results.Hunts(
                        List.of(
                                new Results.Mutant(
                                        "early-reply",
                                        "reply before commit",
                                        true,
                                        73,
                                        1,
                                        "linearizable",
                                        "",
                                        "abc",
                                        1,
                                        ""),
                                new Results.Mutant(
                                        "no-fsync", "vote | not fsynced", false, 600, 9, "", "none", "abc", 1, "")),
                        List.of(
                                new Results.Real("set under kill-one", true, 70, "", "abc", 1, ""),
                                new Results.Real("ttl under wipe", false, 40, "set: 3\nis lost", "abc", 1, ""))),
                directory);

        assertThat(Table.markdown(directory))
                .contains("| redis-1 | kill-one | set | 1.5 | 870 | 1 | 42 | 60 |")
                .contains("1 of 2 caught")
                .contains("| early-reply | reply before commit | yes | 73 | linearizable | abc |")
                .contains("| no-fsync | vote \\| not fsynced | **no** | 600 | – | abc |")
                .contains("1 of 2 clean")
                .contains("| set under kill-one | yes | 70 | – | abc |")
                .contains("| ttl under wipe | **no** | 40 | set: 3 is lost | abc |")
                .contains("| **all** |  | 0 | 0.0 |");
    }

    @Test
    void withoutACheckThatLooksForThemNoLossesAreCounted() throws IOException {
        Results.write(verdict("redis-2", "register", "redis", 300), directory.resolve("redis-2.json"));
        assertThat(Table.markdown(directory)).contains("| redis-2 | kill-one | register | 1.5 | 870 | 1 | – | 0 |");
    }

    @Test
    void thePageInDocsIsWhatTheCommittedResultsMake() throws IOException {
        Path root = Path.of("").toAbsolutePath();
        if (!Files.exists(root.resolve("gossip"))) { // in the module, not at the root of the repository
            root = Objects.requireNonNull(root.getParent());
        }
        assertThat(Files.readString(root.resolve(Table.PAGE)))
                .as("docs/jepsen.md is stale: run `cairn-jepsen report`")
                .isEqualTo(Table.markdown(root.resolve(Table.RESULTS)));
    }
}

package io.cairn.jepsen.mutant;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.report.Results;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FirstMutantsTest {
    private static Mutant mutant(String name) {
        return Mutants.all().stream()
                .filter(mutant -> mutant.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void everyCatchThatIsKeptHasTheMutantsSign() throws IOException {
        Path results = Path.of("results").toAbsolutePath();
        if (!Files.exists(results)) { // at the root of the repository, not in the module
            results = Path.of("jepsen", "results");
        }
        List<Results.Mutant> mutants = Results.readHunts(results).mutants();
        assertThat(mutants).hasSameSizeAs(Mutants.all());
        for (Results.Mutant one : mutants) {
            assertThat(one.problem())
                    .containsPattern(Objects.requireNonNull(mutant(one.name())).sign());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "reply-before-commit|shard s: the logs of a and b differ in 3 entries up to 9",
                "expiry-by-local-clock|key {t} is gone although it had been made anew without an end: x",
                "expiry-by-local-clock|key {t} is there 70 ms after it had to expire (by 3 s): x",
                "vote-not-synced|log x: the vote file had term 3 and a vote for 'a', now it has term 2 and 'b'",
                "truncated-suffix-returns|lost: element 17 was known to be there by x and is missing in y",
            })
    void whatElseTheBugMayShowIsASignToo(String name, String problem) {
        assertThat(problem).containsPattern(mutant(name).sign());
    }

    @Test
    void whatOnlySaysThatNothingCouldBeSeenIsNoSign() {
        for (Mutant mutant : Mutants.all()) {
            for (String problem : List.of(
                    "counter k: no read after the last increment had ended, so the run is vacuous",
                    "no read after the last add had ended asks for 3 of 9 acknowledged elements, so the run is vacuous",
                    "ttl: 0 reads before an expiry and 3 after one were judged, so the run is vacuous",
                    "register r: undecided, more than 4000000 configurations",
                    "shard s: its replicas [a, b] never stood still at one index",
                    "shard s: no digest: lost a",
                    "the replicas cannot be compared: lost a",
                    "cairn log dump /p ended with nothing: []")) {
                assertThat(problem).doesNotContainPattern(mutant.sign());
            }
        }
    }
}

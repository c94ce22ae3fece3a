package io.cairn.jepsen.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.check.Finding;
import io.cairn.jepsen.history.History;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RunnerTest {
    @Test
    void whatWasSeenOfEachDeadDiskIsSummed() {
        Finding together = Runner.together(List.of(
                Finding.of("disk-dead", Map.of("logs", 4, "entries", 7L, "millis", 100L), List.of()),
                Finding.of("disk-dead", Map.of("logs", 3, "entries", 5L, "millis", 100L), List.of("a gap"))));
        assertThat(together.figures()).isEqualTo(Map.of("looked", 2, "logs", 7L, "entries", 12L));
        assertThat(together.problems()).containsExactly("a gap");
    }

    @Test
    void aCheckerThatBreaksIsAFinding() {
        History history = new History(Map.of(), List.of(), List.of(), List.of());
        Finding finding = Runner.checked(
                none -> {
                    throw new IllegalArgumentException("no field slots");
                },
                history);
        assertThat(finding.valid()).isFalse();
        assertThat(finding.problems()).singleElement().asString().contains("broke", "no field slots");
    }
}

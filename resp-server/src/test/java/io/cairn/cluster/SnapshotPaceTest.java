package io.cairn.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SnapshotPaceTest {
    private final SnapshotPace pace = new SnapshotPace();

    private int roundsUntilDue() {
        int rounds = 0;
        while (!pace.due(101, 100)) {
            rounds++;
        }
        return rounds;
    }

    @Test
    void itIsDueOnceTheLogHasGrownEnough() {
        assertThat(pace.due(100, 100)).isFalse();
        assertThat(pace.due(101, 100)).isTrue();
    }

    @Test
    void afterFailuresItWaitsLongerUpToAMinuteAndAfterASuccessNotAtAll() {
        List<Integer> pauses = new ArrayList<>();
        for (int failure = 0; failure < 8; failure++) {
            pace.ended(false);
            pauses.add(roundsUntilDue());
        }
        assertThat(pauses).containsExactly(1, 2, 4, 8, 16, 32, 60, 60);
        pace.ended(true);
        assertThat(roundsUntilDue()).isZero();
    }
}

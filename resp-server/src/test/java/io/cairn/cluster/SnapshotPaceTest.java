package io.cairn.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.SinceSnapshot;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SnapshotPaceTest {
    private static final int MAX_BYTES = 1_000;
    private static final int MAX_ENTRIES = 10;

    private final SnapshotPace pace = new SnapshotPace();

    private boolean due(long entries, long bytes, long snapshotBytes) {
        return pace.due(new SinceSnapshot(entries, bytes, snapshotBytes), MAX_BYTES, MAX_ENTRIES);
    }

    private int roundsUntilDue(long entries, long bytes) {
        int rounds = 0;
        while (!due(entries, bytes, 0)) {
            rounds++;
        }
        return rounds;
    }

    @Test
    void itIsDueOnceTheLogHasGrownEnough() {
        assertThat(due(1, MAX_BYTES, 0)).isFalse();
        assertThat(due(1, MAX_BYTES + 1, 1L << 30)).isTrue();
    }

    @Test
    void itIsDueOnceThereAreManyEntriesAndAsManyBytesAsTheSnapshotHas() {
        assertThat(due(MAX_ENTRIES, 500, 0)).isFalse();
        assertThat(due(MAX_ENTRIES + 1, 500, 501)).isFalse();
        assertThat(due(MAX_ENTRIES + 1, 500, 500)).isTrue();
    }

    @Test
    void entriesAskForOneInHalfAMinuteAtMostAndBytesAtOnce() {
        pace.ended(true);
        assertThat(due(MAX_ENTRIES + 1, MAX_BYTES + 1, 0)).isTrue();
        pace.ended(true);
        assertThat(roundsUntilDue(MAX_ENTRIES + 1, 500)).isEqualTo(SnapshotPace.ENTRIES_PAUSE_ROUNDS - 1);
    }

    @Test
    void afterFailuresItWaitsLongerUpToAMinuteAndAfterASuccessNotAtAll() {
        List<Integer> pauses = new ArrayList<>();
        for (int failure = 0; failure < 8; failure++) {
            pace.ended(false);
            pauses.add(roundsUntilDue(1, MAX_BYTES + 1));
        }
        assertThat(pauses).containsExactly(1, 2, 4, 8, 16, 32, 60, 60);
        pace.ended(true);
        assertThat(roundsUntilDue(1, MAX_BYTES + 1)).isZero();
    }
}

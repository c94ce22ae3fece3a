package io.cairn.jepsen.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.history.Recorder;
import io.cairn.jepsen.resp.HashSlot;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServedTest {
    private static final long STRUCK = 1_000;
    private static final String LOW = HashSlot.keyIn("k", slot -> slot < 100);
    private static final String HIGH = HashSlot.keyIn("k", slot -> slot >= 100);

    private final Recorder first = new Recorder();
    private final Recorder second = first.part();
    private final Served served = new Served(
            List.of(first, second), List.of(List.of(0L, 99L, "low"), List.of(100L, HashSlot.COUNT - 1L, "high")));

    @Test
    void everyShardMustServe() {
        record(first, LOW, STRUCK + 1, Outcome.OK);
        record(second, LOW, STRUCK + 1, Outcome.OK);
        record(first, HIGH, STRUCK + 1, Outcome.FAIL);
        assertThat(served.everywhere(STRUCK, 1)).isFalse();
        record(second, HIGH, STRUCK + 2, Outcome.OK);
        assertThat(served.everywhere(STRUCK, 1)).isTrue();
    }

    @Test
    void everyWorkloadMustBeServed() {
        record(first, LOW, STRUCK, Outcome.OK);
        record(first, HIGH, STRUCK, Outcome.OK);
        assertThat(served.everywhere(STRUCK, 1)).isFalse();
    }

    @Test
    void readsAloneAreNoService() {
        for (Recorder part : List.of(first, second)) {
            for (String key : List.of(LOW, HIGH)) {
                part.add(new Operation(0, "read", key, null, null, STRUCK, STRUCK + 10, Outcome.OK, null, null));
            }
        }
        assertThat(served.everywhere(STRUCK, 1)).isFalse();
        record(first, LOW, STRUCK, Outcome.OK);
        assertThat(served.everywhere(STRUCK, 1)).as("no change of the second").isFalse();
        record(second, LOW, STRUCK, Outcome.OK);
        assertThat(served.everywhere(STRUCK, 1)).isTrue();
    }

    @Test
    void whatWasCalledBeforeTellsNothing() {
        for (Recorder part : List.of(first, second)) {
            record(part, LOW, STRUCK - 1, Outcome.OK);
            record(part, HIGH, STRUCK - 1, Outcome.OK);
        }
        assertThat(served.everywhere(STRUCK, 1)).isFalse();
    }

    private static void record(Recorder part, String key, long call, Outcome outcome) {
        part.add(new Operation(0, "write", key, 1L, null, call, STRUCK + 10, outcome, null, null));
    }
}

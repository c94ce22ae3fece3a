package io.cairn.resp;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.config.OutputLimit;
import org.junit.jupiter.api.Test;

class OutputClockTest {
    private final OutputClock clock = new OutputClock();

    @Test
    void theHardLimitClosesAtOnce() {
        OutputLimit limit = new OutputLimit(100, 0, 0);
        assertThat(clock.over(limit, 100, 1)).isFalse();
        assertThat(clock.over(limit, 101, 1)).isTrue();
    }

    @Test
    void theSoftLimitClosesAfterItsSecondsInARow() {
        OutputLimit limit = new OutputLimit(0, 50, 2);
        assertThat(clock.over(limit, 60, 1_000)).isFalse();
        assertThat(clock.over(limit, 60, 3_000)).isFalse();
        assertThat(clock.over(limit, 40, 3_001)).isFalse();
        assertThat(clock.over(limit, 60, 4_000)).isFalse();
        assertThat(clock.running()).isTrue();
        assertThat(clock.over(limit, 60, 6_001)).isTrue();
    }
}

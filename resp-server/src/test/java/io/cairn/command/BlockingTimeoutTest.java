package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Seconds become milliseconds as Redis's long double makes them: rounded up, too large is negative. */
class BlockingTimeoutTest {
    private static long millis(String seconds) {
        LongDouble number = LongDouble.parse(seconds.getBytes(StandardCharsets.US_ASCII));
        return number == null ? Long.MAX_VALUE : number.thousandfoldUp();
    }

    @Test
    void secondsAreRoundedUp() {
        assertThat(millis("0")).isZero();
        assertThat(millis("1")).isEqualTo(1000);
        assertThat(millis("0.001")).isEqualTo(1);
        assertThat(millis("0.003")).isEqualTo(3);
        assertThat(millis("0.0011")).isEqualTo(2);
        assertThat(millis("1e-30")).isEqualTo(1);
        assertThat(millis("0x10")).isEqualTo(16_000);
        assertThat(millis("123456789.123")).isEqualTo(123_456_789_123L);
        assertThat(millis("-0.0001")).isZero();
        assertThat(millis("-0.1")).isEqualTo(-100);
    }

    @Test
    void whatIsTooLargeIsNegative() {
        assertThat(millis("1e15")).isEqualTo(1_000_000_000_000_000_000L);
        assertThat(millis("9223372036854775")).isEqualTo(9_223_372_036_854_775_000L);
        assertThat(millis("9223372036854776")).isNegative();
        assertThat(millis("1e30")).isNegative();
        assertThat(millis("inf")).isNegative();
        assertThat(millis("x")).isEqualTo(Long.MAX_VALUE);
    }
}

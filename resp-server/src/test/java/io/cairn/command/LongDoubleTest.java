package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Expected texts are what redis-server 7.0.15 on x86-64 answers. */
class LongDoubleTest {
    @ParameterizedTest
    @CsvSource({
        "10.5, 0.1, 10.6",
        "5.0e3, 2.0e2, 5200",
        "0.1, 0.2, 0.3",
        "3, 1.23e-5, 3.0000123",
        "1, -1, 0",
        "-0.0, 0, 0",
        "+5, .5, 5.5",
        "5., 1, 6",
        "0x10, 0x1p-1, 16.5",
        "1e-18, 0, 0",
        "9223372036854775807, 1, 9223372036854775808",
        "18446744073709551615, 2, 18446744073709551616",
        "1e23, 0, 100000000000000000000000",
    })
    void addsLikeAnX87(String a, String b, String expected) {
        LongDouble first = Objects.requireNonNull(parse(a));
        LongDouble second = Objects.requireNonNull(parse(b));
        LongDouble sum = Objects.requireNonNull(first.plus(second));
        assertThat(new String(sum.text(), StandardCharsets.ISO_8859_1)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " 1",
                "1 ",
                "abc",
                "1e",
                "1e+",
                "nan",
                "NaN",
                "-nan",
                "0x",
                "--1",
                "+-1",
                "1e5000",
                "-1e5000",
                "1e-5000",
                "1e999999999999",
                "1e-999999999999",
                ".",
                "e5",
                "1_0",
                "0x1p",
                "1\u0000",
                "infx",
                "1f"
            })
    void whatIsNoFiniteNumberInRangeIsRefused(String text) {
        assertThat(parse(text)).isNull();
    }

    @Test
    void infinityIsReadButNeverASum() {
        LongDouble infinity = Objects.requireNonNull(parse("-Infinity"));
        assertThat(infinity.plus(LongDouble.of(1))).isNull();
        assertThat(LongDouble.of(1).plus(Objects.requireNonNull(parse("inf")))).isNull();
    }

    @Test
    void sumsBeyondTheLargestNumberAreInfinite() {
        LongDouble largest = Objects.requireNonNull(parse("1.18973149535723176502e+4932"));
        assertThat(largest.plus(largest)).isNull();
        assertThat(parse("1.18973149535723176509e+4932")).isNull();
    }

    @Test
    void zeroWithAnyExponentIsZero() {
        assertThat(Objects.requireNonNull(parse("0e99999999999999999999")).text())
                .asString()
                .isEqualTo("0");
        assertThat(Objects.requireNonNull(parse("-0e-9")).text()).asString().isEqualTo("0");
    }

    private static @org.jspecify.annotations.Nullable LongDouble parse(String text) {
        return LongDouble.parse(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}

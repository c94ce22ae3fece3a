package io.cairn.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RealTextTest {
    private static double parse(String text, boolean bound) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        NativeBlock block = NativeBlock.allocate(bytes.length);
        try {
            Memory.copy(bytes, 0, block.address(), bytes.length);
            return bound
                    ? RealText.parseBound(block.address(), bytes.length)
                    : RealText.parse(block.address(), bytes.length);
        } finally {
            block.release();
        }
    }

    @Test
    void scoresAreReadAsStrtodReadsThem() {
        assertThat(parse("1.5", false)).isEqualTo(1.5);
        assertThat(parse("-0", false)).isEqualTo(-0.0);
        assertThat(parse("0.1", false)).isEqualTo(0.1);
        assertThat(parse("123456789012345.6789", false)).isEqualTo(Double.parseDouble("123456789012345.6789"));
        assertThat(parse("+.5e1", false)).isEqualTo(5);
        assertThat(parse("0x1P-2", false)).isEqualTo(0.25);
        assertThat(parse("-0x.8", false)).isEqualTo(-0.5);
        assertThat(parse("0e999", false)).isZero();
        assertThat(parse("0x0p999", false)).isZero();
        assertThat(parse("InFinity", false)).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(parse("-inf", false)).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(parse("4.9e-324", false)).isEqualTo(Double.MIN_VALUE);
        for (String none : new String[] {
            "",
            " 1",
            "1 ",
            "x",
            "1x",
            "nan",
            "1e",
            "1e+",
            "0x",
            ".",
            "-",
            "1e400",
            "1e-400",
            "0x1p-2000",
            "1.2.3",
            "1f",
            "1d",
            "infi"
        }) {
            assertThat(parse(none, false)).as(none).isNaN();
        }
    }

    @Test
    void boundsAreReadAsCStrings() {
        assertThat(parse("", true)).isZero();
        assertThat(parse(" \t1", true)).isEqualTo(1);
        assertThat(parse("1\0x", true)).isEqualTo(1);
        assertThat(parse("1e400", true)).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(parse("1e-400", true)).isZero();
        assertThat(parse(" ", true)).isNaN();
        assertThat(parse("1 ", true)).isNaN();
        assertThat(parse("nan", true)).isNaN();
    }

    @Test
    void numbersArePrintedWithSeventeenDigits() {
        assertThat(RealText.of(1e16)).isEqualTo("10000000000000000");
        assertThat(RealText.of(1e17)).isEqualTo("1e+17");
        assertThat(RealText.of(0.0001)).isEqualTo("0.0001");
        assertThat(RealText.of(0.00001)).isEqualTo("1.0000000000000001e-05");
        assertThat(RealText.of(-0.0)).isEqualTo("-0");
        assertThat(RealText.of(Double.MIN_VALUE)).isEqualTo("4.9406564584124654e-324");
        assertThat(RealText.isLong(0x1p62)).isTrue();
        assertThat(RealText.isLong(0x1p63)).isFalse();
        assertThat(RealText.isLong(0.5)).isFalse();
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            double value = i % 2 == 0 ? Double.longBitsToDouble(random.nextLong()) : random.nextInt(1_000_000) / 1000.0;
            if (!Double.isFinite(value)) {
                continue;
            }
            String text = RealText.of(value);
            assertThat(Double.parseDouble(text)).isEqualTo(value);
            assertThat(parse(text, false)).as(text).isEqualTo(value);
            assertThat(new BigDecimal(text))
                    .isEqualByComparingTo(new BigDecimal(value).round(new MathContext(17, RoundingMode.HALF_EVEN)));
        }
    }
}

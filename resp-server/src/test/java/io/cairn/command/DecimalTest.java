package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DecimalTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-",
                "+1",
                "01",
                "-0",
                "-01",
                " 1",
                "1 ",
                "1a",
                "0x1",
                "1.0",
                "9223372036854775808",
                "-9223372036854775809",
                "99999999999999999999",
                "18446744073709551617",
                "123456789012345678901"
            })
    void whatALongDoesNotPrintIsNoNumber(String text) {
        try (NativeText nativeText = new NativeText(text)) {
            assertThat(Decimal.fits(nativeText.address(), nativeText.length)).isFalse();
        }
    }

    @Test
    void everyLongIsReadAndWrittenBack() {
        long[] edges = {0, 1, -1, 9, 10, -9, -10, 99, 100, Long.MAX_VALUE, Long.MIN_VALUE, Long.MAX_VALUE - 1};
        for (long edge : edges) {
            assertRoundTrip(edge);
        }
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            assertRoundTrip(random.nextLong() >> random.nextInt(64));
        }
    }

    private static void assertRoundTrip(long number) {
        String text = Long.toString(number);
        try (NativeText nativeText = new NativeText(text)) {
            assertThat(Decimal.fits(nativeText.address(), nativeText.length)).isTrue();
            assertThat(Decimal.parse(nativeText.address(), nativeText.length)).isEqualTo(number);
        }
        NativeBlock block = NativeBlock.allocate(Decimal.MAX_LENGTH);
        int length = Decimal.write(number, block.address());
        assertThat(Memory.bytes(block.address(), length)).asString().isEqualTo(text);
        assertThat(Decimal.length(number)).isEqualTo(text.length());
        block.release();
    }
}

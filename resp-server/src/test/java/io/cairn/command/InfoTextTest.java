package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InfoTextTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0B",
        "1023, 1023B",
        "1024, 1.00K",
        "916408, 894.93K",
        "25276502016, 23.54G",
        "1099511627776, 1.00T",
        "1125899906842624, 1.00P"
    })
    void bytesAreShownAsRedisShowsThem(long bytes, String expected) {
        assertThat(InfoText.human(bytes)).isEqualTo(expected);
    }
}

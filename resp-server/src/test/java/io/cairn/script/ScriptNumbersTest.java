package io.cairn.script;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Numbers as C reads and prints them. */
class ScriptNumbersTest {
    @Test
    void printsAsPercentG() {
        assertThat(CFormat.g(0.1, 17)).isEqualTo("0.10000000000000001");
        assertThat(CFormat.g(0.1, 14)).isEqualTo("0.1");
        assertThat(CFormat.g(1e15, 14)).isEqualTo("1e+15");
        assertThat(CFormat.g(1e15, 17)).isEqualTo("1000000000000000");
        assertThat(CFormat.g(123456789012345.0, 14)).isEqualTo("1.2345678901234e+14");
        assertThat(CFormat.g(1e-5, 14)).isEqualTo("1e-05");
        assertThat(CFormat.g(1e300, 17)).isEqualTo("1.0000000000000001e+300");
        assertThat(CFormat.g(-0.0, 14)).isEqualTo("-0");
        assertThat(CFormat.g(Double.NEGATIVE_INFINITY, 14)).isEqualTo("-inf");
        assertThat(CFormat.g(1 / 3.0, 3)).isEqualTo("0.333");
        assertThat(CFormat.g(1234, 3)).isEqualTo("1.23e+03");
        assertThat(CFormat.g(Long.MIN_VALUE, 17)).isEqualTo("-9.2233720368547758e+18");
    }

    private static String strtod(String text) {
        Strtod parsed = Strtod.parse(text.getBytes(StandardCharsets.ISO_8859_1), 0);
        return parsed.value() + "@" + parsed.end();
    }

    @Test
    void readsAsStrtod() {
        assertThat(strtod("1.5e3x")).isEqualTo("1500.0@5");
        assertThat(strtod("1e")).isEqualTo("1.0@1");
        assertThat(strtod("1e+")).isEqualTo("1.0@1");
        assertThat(strtod("-.5")).isEqualTo("-0.5@3");
        assertThat(strtod(".")).isEqualTo("0.0@0");
        assertThat(strtod("-")).isEqualTo("0.0@0");
        assertThat(strtod("0x1.8p1")).isEqualTo("3.0@7");
        assertThat(strtod("0x")).isEqualTo("0.0@1");
        assertThat(strtod("0xg")).isEqualTo("0.0@1");
        assertThat(strtod("infinite")).isEqualTo("Infinity@3");
        assertThat(strtod("-Infinity")).isEqualTo("-Infinity@9");
        assertThat(strtod("nan(1)x")).isEqualTo("NaN@6");
        assertThat(strtod("1e999")).isEqualTo("Infinity@5");
        assertThat(strtod("x")).isEqualTo("0.0@0");
    }

    @Test
    void lrand48IsThatOfPosix() {
        Lrand48 chance = new Lrand48();
        chance.seed(0);
        assertThat(chance.next()).isEqualTo(366850414);
        assertThat(chance.next()).isEqualTo(1610402240);
        assertThat(chance.next()).isEqualTo(206956554);
    }

    @Test
    void castsAsC() {
        assertThat(CNumbers.toLong(3.9)).isEqualTo(3);
        assertThat(CNumbers.toLong(-3.9)).isEqualTo(-3);
        assertThat(CNumbers.toLong(1e19)).isEqualTo(Long.MIN_VALUE);
        assertThat(CNumbers.toLong(Double.NaN)).isEqualTo(Long.MIN_VALUE);
    }

    @Test
    void wordsWithQuotes() {
        assertThat(QuotedWords.split("a \"b c\" 'd\\'e' \"\\x41\\n\"")).containsExactly("a", "b c", "d'e", "A\n");
        assertThat(QuotedWords.split("a \"b")).isNull();
        assertThat(QuotedWords.split("\"a\"b")).isNull();
        assertThat(QuotedWords.split("  ")).isEmpty();
    }
}

package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobPatternTest {
    @ParameterizedTest
    @CsvSource({
        "h?llo, hello, true",
        "h?llo, hllo, false",
        "h*llo, hllo, true",
        "h*llo, heeeello, true",
        "h*llo, heeeell, false",
        "h[ae]llo, hallo, true",
        "h[ae]llo, hillo, false",
        "h[^e]llo, hallo, true",
        "h[^e]llo, hello, false",
        "h[a-c]llo, hbllo, true",
        "h[c-a]llo, hbllo, true",
        "h[a-c]llo, hdllo, false",
        "h\\*llo, h*llo, true",
        "h\\*llo, hello, false",
        "a\\, a\\, true",
        "[, [, false",
        "[a, a, true",
        "[a, b, false",
        "[^a, b, true",
        "[\\]], ], true",
        "[]], ], false",
        "[a-, -, true",
        "a**, a, true",
        "**, a, true",
        "*a*b*c, xaxxbxxc, true",
        "*a*b*c, xaxxcxxb, false",
        "a*a*a*b, aaaaaaaa, false",
        "Hello, hello, false",
        "*?, a, true",
        "*??, a, false",
    })
    void matchesAsRedisDoes(String pattern, String text, boolean expected) {
        assertThat(new GlobPattern(pattern, false).matches(text)).isEqualTo(expected);
    }

    @Test
    void onlyTheEmptyPatternMatchesTheEmptyText() {
        assertThat(new GlobPattern("*", false).matches("")).isFalse();
        assertThat(new GlobPattern("", false).matches("")).isTrue();
        assertThat(new GlobPattern("", false).matches("a")).isFalse();
        assertThat(new GlobPattern("*", false).matchesAll()).isTrue();
    }

    @Test
    void caseIsIgnoredWhereAskedButNotBehindABackslashInBrackets() {
        assertThat(new GlobPattern("MAX*", true).matches("maxmemory")).isTrue();
        assertThat(new GlobPattern("[A-C]x", true).matches("bX")).isTrue();
        assertThat(new GlobPattern("[\\A]", true).matches("a")).isFalse();
    }

    @Test
    void rangesCompareSignedBytes() {
        assertThat(new GlobPattern("[\u0080-\u00ff]", false).matches("\u00e9")).isTrue();
        assertThat(new GlobPattern("[a-\u00ff]", false).matches("\u0010")).isTrue();
    }

    @Test
    void manyStarsNeitherBlowUpNorExhaustTheStack() {
        String pattern = "a*".repeat(20_000) + "b";
        String text = "a".repeat(40_000);
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            assertThat(new GlobPattern(pattern, false).matches(text)).isFalse();
            assertThat(new GlobPattern(pattern, false).matches(text + "b")).isTrue();
        });
    }

    /** Compares with a direct transcription of the recursive definition. */
    @Test
    void agreesWithTheRecursiveDefinitionOnRandomInput() {
        Random random = new Random(11);
        String alphabet = "ab*?[]^-\\c";
        for (int i = 0; i < 200_000; i++) {
            String pattern = randomText(random, alphabet, 8);
            String text = randomText(random, "abc-]\\", 6);
            boolean expected =
                    Recursive.matches(terminated(pattern), 0, pattern.length(), terminated(text), 0, text.length());
            assertThat(new GlobPattern(pattern, false).matches(text))
                    .as("pattern <%s> text <%s>", pattern, text)
                    .isEqualTo(expected);
            try (NativeText nativeText = new NativeText(text)) {
                assertThat(new GlobPattern(pattern, false).matches(nativeText.address(), nativeText.length))
                        .isEqualTo(expected);
            }
        }
    }

    private static byte[] terminated(String text) {
        return (text + "\0").getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String randomText(Random random, String alphabet, int maxLength) {
        StringBuilder text = new StringBuilder();
        int length = random.nextInt(maxLength + 1);
        for (int i = 0; i < length; i++) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return text.toString();
    }

    /** The definition: texts end with a NUL that is not counted. */
    private static final class Recursive {
        static boolean matches(byte[] p, int pi, int pl, byte[] s, int si, int sl) {
            while (pl > 0 && sl > 0) {
                switch (p[pi]) {
                    case '*' -> {
                        while (pl > 0 && p[pi + 1] == '*') {
                            pi++;
                            pl--;
                        }
                        if (pl == 1) {
                            return true;
                        }
                        for (; sl > 0; si++, sl--) {
                            if (matches(p, pi + 1, pl - 1, s, si, sl)) {
                                return true;
                            }
                        }
                        return false;
                    }
                    case '?' -> {}
                    case '[' -> {
                        pi++;
                        pl--;
                        boolean not = p[pi] == '^';
                        if (not) {
                            pi++;
                            pl--;
                        }
                        boolean match = false;
                        while (true) {
                            if (p[pi] == '\\' && pl >= 2) {
                                pi++;
                                pl--;
                                match |= p[pi] == s[si];
                            } else if (p[pi] == ']') {
                                break;
                            } else if (pl == 0) {
                                pi--;
                                pl++;
                                break;
                            } else if (pl >= 3 && p[pi + 1] == '-') {
                                int start = Math.min(p[pi], p[pi + 2]);
                                int end = Math.max(p[pi], p[pi + 2]);
                                pi += 2;
                                pl -= 2;
                                match |= s[si] >= start && s[si] <= end;
                            } else {
                                match |= p[pi] == s[si];
                            }
                            pi++;
                            pl--;
                        }
                        if (match == not) {
                            return false;
                        }
                    }
                    default -> {
                        if (p[pi] == '\\' && pl >= 2) {
                            pi++;
                            pl--;
                        }
                        if (p[pi] != s[si]) {
                            return false;
                        }
                    }
                }
                si++;
                sl--;
                pi++;
                pl--;
                if (sl == 0) {
                    while (pl > 0 && p[pi] == '*') {
                        pi++;
                        pl--;
                    }
                    break;
                }
            }
            return pl == 0 && sl == 0;
        }
    }
}

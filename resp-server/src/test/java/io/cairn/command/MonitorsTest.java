package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.NativeBlock;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The lines of MONITOR. Redis: replicationFeedMonitors, sdscatrepr. */
class MonitorsTest {
    private static String line(long micros, String... words) {
        List<byte[]> bytes = Arrays.stream(words)
                .map(word -> word.getBytes(StandardCharsets.ISO_8859_1))
                .toList();
        NativeBlock block = NativeBlock.allocate(Math.max(1, Args.totalLength(bytes)));
        try {
            Args args = new Args();
            args.addAll(block, bytes);
            return new String(Monitors.line(micros, 3, "1.2.3.4:5", args), StandardCharsets.ISO_8859_1);
        } finally {
            block.release();
        }
    }

    private static String arguments(String... words) {
        String line = line(0, words);
        return line.substring("+0.000000 [3 1.2.3.4:5] ".length(), line.length() - 2);
    }

    @Test
    void aLineHasTimeDatabaseClientAndQuotedArguments() {
        assertThat(line(1_700_000_000_000_042L, "set", "k", ""))
                .isEqualTo("+1700000000.000042 [3 1.2.3.4:5] \"set\" \"k\" \"\"\r\n");
    }

    @Test
    void whatIsNotPrintableIsEscaped() {
        assertThat(arguments("a\"b\\c\r\n\t\u0007\b\u0000\u00ff ~"))
                .isEqualTo("\"a\\\"b\\\\c\\r\\n\\t\\a\\b\\x00\\xff ~\"");
    }

    @Test
    void passwordsAreHidden() {
        assertThat(arguments("AUTH", "secret")).isEqualTo("\"AUTH\" \"(redacted)\"");
        assertThat(arguments("auth", "me", "secret")).isEqualTo("\"auth\" \"(redacted)\" \"(redacted)\"");
        assertThat(arguments("hello", "3", "setname", "auth", "auth", "me", "secret", "setname", "x"))
                .isEqualTo(
                        "\"hello\" \"3\" \"setname\" \"auth\" \"auth\" \"(redacted)\" \"(redacted)\" \"setname\" \"x\"");
        assertThat(arguments("migrate", "h", "1", "key", "9", "5000", "AUTH2", "me", "secret"))
                .endsWith("\"AUTH2\" \"(redacted)\" \"(redacted)\"");
    }

    @Test
    void aLineShowsABoundedPartOfLargeArguments() {
        String shown = arguments("set", "k", "x".repeat(Monitors.MAX_LINE_BYTES), "y");
        assertThat(shown).hasSizeLessThan(Monitors.MAX_LINE_BYTES + 100);
        assertThat(shown).endsWith("x... (4 more bytes)\" \"... (1 more bytes)\"");
    }
}

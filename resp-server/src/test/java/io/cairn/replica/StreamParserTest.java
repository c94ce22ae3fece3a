package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StreamParserTest {
    private final StreamParser parser = new StreamParser();

    private static String command(String... words) {
        StringBuilder text = new StringBuilder("*" + words.length + "\r\n");
        for (String word : words) {
            text.append("$").append(word.length()).append("\r\n").append(word).append("\r\n");
        }
        return text.toString();
    }

    private void feed(byte[] bytes, int from, int to) throws IOException {
        int at = from;
        while (at < to) {
            java.nio.ByteBuffer room = parser.room();
            int part = Math.min(room.remaining(), to - at);
            room.put(bytes, at, part);
            parser.received(part);
            at += part;
        }
    }

    private List<String> units() throws IOException {
        List<String> units = new ArrayList<>();
        while (parser.next()) {
            StringBuilder unit = new StringBuilder(parser.isBlock() ? "block" : "one");
            for (int i = 0; i < parser.commandCount(); i++) {
                unit.append(" [");
                for (int j = 0; j < parser.command(i).count(); j++) {
                    String word = parser.command(i).text(j);
                    unit.append(j == 0 ? "" : " ").append(word.length() > 20 ? "#" + word.length() : word);
                }
                unit.append(']');
            }
            units.add(unit.append(" ").append(parser.length()).toString());
            parser.consume();
        }
        return units;
    }

    @Test
    void anySplitOfTheStreamGivesTheSameUnits() throws Exception {
        String large = "v".repeat(700_000);
        List<String> parts = List.of(
                command("SELECT", "0"),
                command("set", "k", ""),
                command("MULTI")
                        + command("set", "a", "1")
                        + command("SELECT", "2")
                        + command("incr", "a")
                        + command("exec"),
                command("set", "large", large),
                command("multi") + command("EXEC"),
                command("PING"),
                command("multi") + command("append", "x", large) + command("append", "y", large) + command("exec"),
                command("del", "k"));
        byte[] stream = String.join("", parts).getBytes(StandardCharsets.ISO_8859_1);
        feed(stream, 0, stream.length);
        List<String> expected = units();
        assertThat(expected)
                .hasSize(parts.size())
                .startsWith(
                        "one [SELECT 0] " + parts.get(0).length(),
                        "one [set k ] " + parts.get(1).length())
                .contains("block [set a 1] [SELECT 2] [incr a] " + parts.get(2).length())
                .contains("one [set large #700000] " + parts.get(3).length())
                .contains("block " + parts.get(4).length())
                .endsWith("one [del k] " + parts.get(7).length());
        Random random = new Random(5);
        for (int round = 0; round < 20; round++) {
            List<String> units = new ArrayList<>();
            for (int at = 0; at < stream.length; ) {
                int next = Math.min(stream.length, at + 1 + random.nextInt(random.nextInt(5) == 0 ? 300_000 : 12));
                feed(stream, at, next);
                units.addAll(units());
                at = next;
            }
            assertThat(units).isEqualTo(expected);
            assertThat(parser.unparsed()).isZero();
        }
    }

    @Test
    void signsOfLifeBetweenUnitsAreNoPartOfThem() throws Exception {
        byte[] stream = ("\n\n" + command("PING") + "\n" + command("PING")).getBytes(StandardCharsets.ISO_8859_1);
        feed(stream, 0, stream.length);
        assertThat(units()).containsExactly("one [PING] 14", "one [PING] 14");
    }

    @Test
    void whatIsNoStreamIsRefused() {
        for (String wrong : List.of("+OK\r\n", "*x\r\n", "*1\r\n+a\r\n", "*0\r\n", "*2000000\r\n", "*1\r\n$-1\r\n")) {
            StreamParser fresh = new StreamParser();
            assertThatThrownBy(() -> {
                        byte[] bytes = wrong.getBytes(StandardCharsets.ISO_8859_1);
                        fresh.room().put(bytes);
                        fresh.received(bytes.length);
                        fresh.next();
                    })
                    .as(wrong)
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void aNewConnectionBeginsWithNothing() throws Exception {
        byte[] stream = (command("multi") + "*2\r\n$3\r\nge").getBytes(StandardCharsets.ISO_8859_1);
        feed(stream, 0, stream.length);
        assertThat(units()).isEmpty();
        parser.clear();
        byte[] next = command("get", "x").getBytes(StandardCharsets.ISO_8859_1);
        feed(next, 0, next.length);
        assertThat(units()).containsExactly("one [get x] " + next.length);
    }
}

package io.cairn.command;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/**
 * Random calls of one command out of a line like {@code set {key} {value} [nx|xx] [ex {seconds}|keepttl]}: words, {@code
 * {placeholders}}, {@code [optional|alternatives]}, {@code (required|alternatives)}; a star behind an element repeats it
 * one to three times.
 */
final class CommandTemplate {
    private final String text;
    private int at;

    private CommandTemplate(String text) {
        this.text = text;
    }

    /** One random call; {@code placeholders} makes the argument of a name. */
    static List<byte[]> expand(String template, Random random, Function<String, byte[]> placeholders) {
        List<byte[]> words = new ArrayList<>();
        new CommandTemplate(template).sequence(random, placeholders, words);
        return words;
    }

    private void sequence(Random random, Function<String, byte[]> placeholders, List<byte[]> words) {
        while (at < text.length() && text.charAt(at) != '|' && text.charAt(at) != ']' && text.charAt(at) != ')') {
            int start = at;
            element(random, placeholders, words);
            if (at < text.length() && text.charAt(at) == '*') {
                int end = at + 1;
                for (int more = random.nextInt(3); more > 0; more--) {
                    at = start;
                    element(random, placeholders, words);
                }
                at = end;
            }
        }
    }

    private void element(Random random, Function<String, byte[]> placeholders, List<byte[]> words) {
        char c = text.charAt(at);
        if (c == ' ') {
            at++;
        } else if (c == '[' || c == '(') {
            at++;
            alternatives(random, placeholders, words, c == '[');
        } else if (c == '{') {
            int end = text.indexOf('}', at);
            words.add(placeholders.apply(text.substring(at + 1, end)));
            at = end + 1;
        } else {
            int end = at;
            while (end < text.length() && " |])*".indexOf(text.charAt(end)) < 0) {
                end++;
            }
            String word = text.substring(at, end);
            words.add((random.nextBoolean() ? word : word.toUpperCase(java.util.Locale.ROOT))
                    .getBytes(StandardCharsets.ISO_8859_1));
            at = end;
        }
    }

    private void alternatives(
            Random random, Function<String, byte[]> placeholders, List<byte[]> words, boolean optional) {
        List<List<byte[]>> choices = new ArrayList<>();
        while (true) {
            List<byte[]> choice = new ArrayList<>();
            sequence(random, placeholders, choice);
            choices.add(choice);
            char c = text.charAt(at++);
            if (c != '|') {
                break;
            }
        }
        // Mostly without options: too many of them at once only ever make errors.
        if (!optional || random.nextInt(3) == 0) {
            words.addAll(choices.get(random.nextInt(choices.size())));
        }
    }
}

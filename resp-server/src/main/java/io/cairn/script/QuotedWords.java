package io.cairn.script;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Words of a line, with quotes as redis-cli has them. Redis: sdssplitargs. One char a byte. */
final class QuotedWords {
    private final String line;
    private int at;

    private QuotedWords(String line) {
        this.line = line;
    }

    /** The words, or null when quotes are not closed. */
    static @Nullable List<String> split(String line) {
        return new QuotedWords(line).words();
    }

    private static boolean isSpace(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }

    private @Nullable List<String> words() {
        List<String> words = new ArrayList<>();
        while (true) {
            while (at < line.length() && isSpace(line.charAt(at))) {
                at++;
            }
            if (at == line.length()) {
                return words;
            }
            String word = word();
            if (word == null) {
                return null;
            }
            words.add(word);
        }
    }

    private @Nullable String word() {
        StringBuilder word = new StringBuilder();
        while (at < line.length() && !isSpace(line.charAt(at))) {
            char c = line.charAt(at);
            if (c != '"' && c != '\'') {
                word.append(c);
                at++;
            } else if (!quoted(c, word)) {
                return null;
            }
        }
        return word.toString();
    }

    /** Takes in what is between quotes; a closing quote ends the word. */
    private boolean quoted(char quote, StringBuilder word) {
        at++;
        while (at < line.length()) {
            char c = line.charAt(at);
            if (c == '\\' && at + 1 < line.length() && (quote == '"' || line.charAt(at + 1) == '\'')) {
                escape(quote, word);
            } else if (c == quote) {
                at++;
                return at == line.length() || isSpace(line.charAt(at));
            } else {
                word.append(c);
                at++;
            }
        }
        return false;
    }

    private void escape(char quote, StringBuilder word) {
        char c = line.charAt(at + 1);
        if (quote == '"'
                && c == 'x'
                && at + 3 < line.length()
                && Character.digit(line.charAt(at + 2), 16) >= 0
                && Character.digit(line.charAt(at + 3), 16) >= 0) {
            word.append(
                    (char) (Character.digit(line.charAt(at + 2), 16) * 16 + Character.digit(line.charAt(at + 3), 16)));
            at += 4;
            return;
        }
        word.append(
                quote == '\''
                        ? c
                        : switch (c) {
                            case 'n' -> '\n';
                            case 'r' -> '\r';
                            case 't' -> '\t';
                            case 'b' -> '\b';
                            case 'a' -> (char) 7;
                            default -> c;
                        });
        at += 2;
    }
}

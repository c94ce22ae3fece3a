package io.cairn.config;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Splits and quotes lines of a configuration file as Redis does (sdssplitargs, sdscatrepr). */
final class Words {
    private Words() {}

    /** The words of a line, or null if its quotes are unbalanced. */
    static @Nullable List<String> split(String line) {
        List<String> words = new ArrayList<>();
        int at = 0;
        while (true) {
            while (at < line.length() && isSpace(line.charAt(at))) {
                at++;
            }
            if (at == line.length()) {
                return words;
            }
            StringBuilder word = new StringBuilder();
            at = word(line, at, word);
            if (at < 0) {
                return null;
            }
            words.add(word.toString());
        }
    }

    /** Reads one word from {@code at}; the position after it, or -1 for unbalanced quotes. */
    private static int word(String line, int at, StringBuilder word) {
        int next = at;
        while (next < line.length() && !isSpace(line.charAt(next))) {
            char c = line.charAt(next);
            if (c != '"' && c != '\'') {
                word.append(c);
                next++;
                continue;
            }
            next = c == '"' ? doubleQuoted(line, next + 1, word) : singleQuoted(line, next + 1, word);
            boolean followed = next >= 0 && next < line.length() && !isSpace(line.charAt(next));
            return next < 0 || followed ? -1 : next;
        }
        return next;
    }

    private static int doubleQuoted(String line, int start, StringBuilder word) {
        int at = start;
        while (at < line.length() && line.charAt(at) != '"') {
            char c = line.charAt(at);
            if (c == '\\' && at + 3 < line.length() && line.charAt(at + 1) == 'x' && isHex(line, at + 2)) {
                at = hexBytes(line, at, word);
            } else if (c == '\\' && at + 1 < line.length()) {
                word.append(unescape(line.charAt(at + 1)));
                at += 2;
            } else {
                word.append(c);
                at++;
            }
        }
        return at < line.length() ? at + 1 : -1;
    }

    /** A run of \xHH: together they are the UTF-8 bytes of text. */
    private static int hexBytes(String line, int start, StringBuilder word) {
        java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
        int at = start;
        while (at + 3 < line.length() && line.charAt(at) == '\\' && line.charAt(at + 1) == 'x' && isHex(line, at + 2)) {
            bytes.write(Integer.parseInt(line.substring(at + 2, at + 4), 16));
            at += 4;
        }
        word.append(bytes.toString(StandardCharsets.UTF_8));
        return at;
    }

    private static boolean isHex(String line, int at) {
        return Character.digit(line.charAt(at), 16) >= 0 && Character.digit(line.charAt(at + 1), 16) >= 0;
    }

    private static char unescape(char c) {
        return switch (c) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> '\u0007';
            default -> c;
        };
    }

    private static int singleQuoted(String line, int start, StringBuilder word) {
        int at = start;
        while (at < line.length() && line.charAt(at) != '\'') {
            if (line.startsWith("\\'", at)) {
                at++;
            }
            word.append(line.charAt(at));
            at++;
        }
        return at < line.length() ? at + 1 : -1;
    }

    private static boolean isSpace(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r') || c == 0;
    }

    /** The text as one word of a file: as it is where that is safe, else in double quotes. */
    static String quote(String text) {
        boolean plain = !text.isEmpty() && text.charAt(0) != '#';
        for (int i = 0; i < text.length() && plain; i++) {
            char c = text.charAt(i);
            plain = !isSpace(c) && c > ' ' && c != '"' && c != '\'' && c != '\\' && c != 127;
        }
        return plain ? text : quoted(text);
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> out.append('\\').append(c);
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\u0007' -> out.append("\\a");
                default -> {
                    if (c < ' ' || c == 127) {
                        out.append(String.format("\\x%02x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        return out.append('"').toString();
    }
}

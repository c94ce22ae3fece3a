package io.cairn.keyspace;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The first line of a function library, {@code #!lua name=mylib}. Redis: functionExtractLibMetaData.
 *
 * @param name of the library
 * @param length bytes before the line's end
 */
public record LibraryHead(String name, int length) {
    /** Why a text is no library: what follows ERR. */
    public static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String text) {
            super(text, null, false, false);
        }

        public String text() {
            return String.valueOf(getMessage());
        }
    }

    /** Reads the first line of a text. */
    public static LibraryHead of(byte[] text) throws Refused {
        if (text.length < 2 || text[0] != '#' || text[1] != '!') {
            throw new Refused("Missing library metadata");
        }
        int end = 0;
        while (end < text.length && text[end] != '\n' && text[end] != 0) {
            end++;
        }
        if (end == text.length || text[end] == 0) {
            throw new Refused("Invalid library metadata");
        }
        List<String> parts = words(new String(text, 2, end - 2, StandardCharsets.ISO_8859_1));
        if (parts.isEmpty()) {
            throw new Refused("Invalid library metadata");
        }
        String name = null;
        for (String part : parts.subList(1, parts.size())) {
            if (!part.toLowerCase(Locale.ROOT).startsWith("name=")) {
                throw new Refused("Invalid metadata value given: " + part);
            }
            if (name != null) {
                throw new Refused("Invalid metadata value, name argument was given multiple times");
            }
            name = part.substring("name=".length());
        }
        if (name == null) {
            throw new Refused("Library name was not given");
        }
        if (!isName(name)) {
            throw new Refused(
                    "Library names can only contain letters, numbers, or underscores(_) and must be at least one"
                            + " character long");
        }
        if (!parts.get(0).equalsIgnoreCase("lua")) {
            throw new Refused("Engine '" + parts.get(0) + "' not found");
        }
        return new LibraryHead(name, end);
    }

    /** Whether a library or function may have the name. */
    public static boolean isName(String name) {
        return !name.isEmpty()
                && name.chars()
                        .allMatch(c ->
                                (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_');
    }

    private static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        for (String word : line.trim().split("\\s+", -1)) {
            if (!word.isEmpty()) {
                words.add(word);
            }
        }
        return words;
    }
}

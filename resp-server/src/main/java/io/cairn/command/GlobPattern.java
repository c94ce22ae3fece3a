package io.cairn.command;

import io.cairn.keyspace.Memory;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Redis's glob: {@code *}, {@code ?}, {@code [a-z^]} and backslash. Redis: stringmatchlen, with its edge cases: only
 * the empty pattern matches the empty text, an unclosed bracket ends with the pattern, ranges compare signed bytes.
 *
 * <p>Every element but the star takes exactly one byte, so after a mismatch only the latest star needs another try:
 * time is at most pattern times text, and there is no recursion to exhaust the stack.
 */
public final class GlobPattern {
    private final byte[] pattern;
    private final boolean ignoreCase;
    /** Where the bracket expression that was matched last ends. */
    private int next;

    public GlobPattern(byte[] pattern, boolean ignoreCase) {
        this.pattern = pattern;
        this.ignoreCase = ignoreCase;
    }

    /** A pattern of ASCII text. */
    GlobPattern(String pattern, boolean ignoreCase) {
        this(pattern.getBytes(StandardCharsets.ISO_8859_1), ignoreCase);
    }

    /** True for the pattern {@code *}, which commands take as "no pattern" (so that it matches the empty key too). */
    boolean matchesAll() {
        return pattern.length == 1 && pattern[0] == '*';
    }

    /** As {@link #matches(long, int)} for text outside of native memory. Not thread-safe. */
    boolean matches(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        return matches(bytes, 0, bytes.length);
    }

    /** As {@link #matches(long, int)} for text on the heap. Not thread-safe. */
    public boolean matches(byte[] text) {
        return matches(text, 0, text.length);
    }

    /** True if the text at {@code address} matches. Not thread-safe. */
    public boolean matches(long address, int length) {
        return matches(null, address, length);
    }

    private boolean matches(byte @Nullable [] text, long address, int length) {
        if (length == 0) {
            return pattern.length == 0;
        }
        int at = 0;
        int element = 0;
        int afterStar = -1;
        int starAt = 0;
        while (true) {
            if (at == length) {
                return skipStars(element) == pattern.length;
            }
            if (element < pattern.length && pattern[element] == '*') {
                element = skipStars(element);
                if (element == pattern.length) {
                    return true;
                }
                afterStar = element;
                starAt = at;
            } else if (element < pattern.length
                    && matchesElement(element, text == null ? Memory.getByte(address + at) : text[at])) {
                element = next;
                at++;
            } else if (afterStar < 0) {
                return false;
            } else {
                element = afterStar;
                at = ++starAt;
            }
        }
    }

    private int skipStars(int from) {
        int element = from;
        while (element < pattern.length && pattern[element] == '*') {
            element++;
        }
        return element;
    }

    /** Matches the element at {@code at} with one byte and leaves in {@link #next} where the element ends. */
    private boolean matchesElement(int at, byte text) {
        return switch (pattern[at]) {
            case '?' -> {
                next = at + 1;
                yield true;
            }
            case '[' -> matchesBracket(at + 1, text);
            case '\\' -> {
                int literal = at + 1 < pattern.length ? at + 1 : at;
                next = literal + 1;
                yield same(pattern[literal], text);
            }
            default -> {
                next = at + 1;
                yield same(pattern[at], text);
            }
        };
    }

    private boolean matchesBracket(int from, byte text) {
        int at = from;
        boolean not = at < pattern.length && pattern[at] == '^';
        if (not) {
            at++;
        }
        boolean match = false;
        while (at < pattern.length && pattern[at] != ']') {
            if (pattern[at] == '\\' && at + 1 < pattern.length) {
                // As in Redis, case counts here even where it does not elsewhere.
                match |= pattern[at + 1] == text;
                at += 2;
            } else if (at + 2 < pattern.length && pattern[at + 1] == '-') {
                match |= inRange(pattern[at], pattern[at + 2], text);
                at += 3;
            } else {
                match |= same(pattern[at], text);
                at++;
            }
        }
        next = Math.min(at + 1, pattern.length);
        return match != not;
    }

    private boolean inRange(byte first, byte last, byte text) {
        byte low = first < last ? first : last;
        byte high = first < last ? last : first;
        if (ignoreCase) {
            return lower(text) >= lower(low) && lower(text) <= lower(high);
        }
        return text >= low && text <= high;
    }

    private boolean same(byte expected, byte text) {
        return ignoreCase ? lower(expected) == lower(text) : expected == text;
    }

    private static byte lower(byte c) {
        return c >= 'A' && c <= 'Z' ? (byte) (c + ('a' - 'A')) : c;
    }
}

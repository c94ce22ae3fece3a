package io.cairn.jepsen.mutant;

import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One change of one source file.
 *
 * @param file below the root of the source tree
 * @param find the text to replace, whole lines or parts of them; how far its lines are indented does not matter. It must
 *     occur once in the file, so that a source that has moved on is noticed instead of mutated elsewhere
 * @param replacement what comes in its place, as it is
 */
public record Edit(String file, String find, String replacement) {
    /** How often the text occurs. */
    public int occurrences(String source) {
        return (int) pattern().matcher(source).results().count();
    }

    /**
     * The source with the text replaced.
     *
     * @throws IllegalStateException when the text does not occur exactly once
     */
    public String applied(String source) {
        Matcher matcher = pattern().matcher(source);
        if (occurrences(source) != 1 || !matcher.find()) {
            throw new IllegalStateException(
                    "found " + occurrences(source) + " times in " + file + ", must be once: " + find);
        }
        MatchResult found = matcher.toMatchResult();
        return source.substring(0, found.start()) + replacement + source.substring(found.end());
    }

    private Pattern pattern() {
        return Pattern.compile(
                find.strip().lines().map(String::strip).map(Pattern::quote).collect(Collectors.joining("\\s*\\R\\s*")));
    }
}

package io.cairn.jepsen.check;

import java.util.List;
import java.util.Map;

/**
 * What one checker found.
 *
 * @param checker its name, like {@code linearizable}
 * @param valid whether nothing is wrong
 * @param figures counts and times for the verdict; values as JSON has them
 * @param problems what is wrong, each understandable by itself; bounded, with a last line that says how many were left out
 */
public record Finding(String checker, boolean valid, Map<String, Object> figures, List<String> problems) {
    /** Problems kept of one checker. */
    public static final int MOST_PROBLEMS = 50;

    /** Valid when there is no problem; keeps the first {@link #MOST_PROBLEMS}. */
    public static Finding of(String checker, Map<String, Object> figures, List<String> problems) {
        List<String> kept = problems;
        if (problems.size() > MOST_PROBLEMS) {
            kept = new java.util.ArrayList<>(problems.subList(0, MOST_PROBLEMS));
            kept.add((problems.size() - MOST_PROBLEMS) + " more of them");
        }
        return new Finding(checker, problems.isEmpty(), figures, List.copyOf(kept));
    }

    /** The same under another name, where a checker is used several times. */
    public Finding named(String name) {
        return new Finding(name, valid, figures, problems);
    }
}

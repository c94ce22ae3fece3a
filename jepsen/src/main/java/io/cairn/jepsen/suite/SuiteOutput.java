package io.cairn.jepsen.suite;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the suite printed while it ran one file.
 *
 * @param passed names of tests, one for each time that a test of this name passed
 * @param failed tests that failed, in their order
 * @param done whether the file came to its end
 */
record SuiteOutput(List<String> passed, List<Failure> failed, boolean done) {
    private static final Pattern COLOURS = Pattern.compile("\u001b\\[[0-9;]*m");
    private static final Pattern OK = Pattern.compile("\\[ok]: (.*) \\(\\d+ ms\\)");
    private static final Pattern DONE = Pattern.compile("\\[\\d+/\\d+ done]: .*");
    private static final Pattern NEXT =
            Pattern.compile("\\[(ok|err|skip|ignore|exception|ready|TIMEOUT|\\d+/\\d+ done)].*");
    private static final String ERROR = "[err]: ";
    private static final String EXCEPTION = "[exception]: ";
    private static final int MOST_WHY = 400;

    /**
     * A test that failed.
     *
     * @param name of the test
     * @param why what the suite says, its first lines
     */
    record Failure(String name, String why) {}

    /** Reads the suite's standard output. */
    static SuiteOutput parse(String text) {
        List<String> lines = COLOURS.matcher(text).replaceAll("").lines().toList();
        List<String> passed = new ArrayList<>();
        List<Failure> failed = new ArrayList<>();
        boolean done = false;
        for (int at = 0; at < lines.size(); at++) {
            String line = lines.get(at);
            Matcher ok = OK.matcher(line);
            if (ok.matches()) {
                passed.add(ok.group(1));
            } else if (line.startsWith(ERROR)) {
                failed.add(failure(line.substring(ERROR.length()), why(lines, at + 1)));
            } else if (line.startsWith(EXCEPTION)) {
                failed.add(new Failure("", line.substring(EXCEPTION.length()) + " " + why(lines, at + 1)));
            }
            done |= DONE.matcher(line).matches();
        }
        return new SuiteOutput(passed, failed, done);
    }

    /** The name stands before " in tests/unit/...". */
    private static Failure failure(String head, String why) {
        int end = head.lastIndexOf(" in tests/");
        return new Failure(end < 0 ? head : head.substring(0, end), why);
    }

    private static String why(List<String> lines, int from) {
        StringBuilder why = new StringBuilder();
        for (int at = from; at < lines.size() && why.length() < MOST_WHY; at++) {
            if (NEXT.matcher(lines.get(at)).matches()) {
                break;
            }
            why.append(why.isEmpty() ? "" : " ").append(lines.get(at).strip());
        }
        return why.length() > MOST_WHY ? why.substring(0, MOST_WHY) + " ..." : why.toString();
    }
}

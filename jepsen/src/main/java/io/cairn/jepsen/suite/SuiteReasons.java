package io.cairn.jepsen.suite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Why tests of the suite do not pass. A file of lines {@code modes | file | expression | reason}: modes separated by commas or {@code *}, a
 * file's name or {@code *}, a regular expression for whole names of tests; lines that begin with # are remarks. The first that fits counts. A reason that
 * begins with {@code skip:} keeps the test from being run: when it fails it leaves a state in which those after it fail too. It counts as not passed.
 */
final class SuiteReasons {
    private static final Pattern BAR = Pattern.compile("\\s+\\|\\s+");
    private static final int PARTS = 4;
    private static final String SKIP = "skip: ";

    private final List<Line> lines;
    private final boolean[] used;

    private record Line(List<String> modes, String file, Pattern name, String reason) {
        boolean fits(String mode, String ofFile, String test) {
            return (modes.contains("*") || modes.contains(mode))
                    && (file.equals("*") || file.equals(ofFile))
                    && name.matcher(test).matches();
        }
    }

    private SuiteReasons(List<Line> lines) {
        this.lines = lines;
        used = new boolean[lines.size()];
    }

    /** The reasons in a file; none when there is no such file. */
    static SuiteReasons read(Path file) throws IOException {
        List<Line> lines = new ArrayList<>();
        for (String text : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
            if (!text.isBlank() && !text.startsWith("#")) {
                List<String> parts = List.of(BAR.split(text.strip(), PARTS));
                if (parts.size() < PARTS) {
                    throw new IOException("not modes | file | expression | reason: " + text);
                }
                lines.add(new Line(
                        List.of(parts.get(0).split(",", -1)),
                        parts.get(1),
                        Pattern.compile(parts.get(2)),
                        parts.get(3)));
            }
        }
        return new SuiteReasons(lines);
    }

    /** The reason of a test, or null. */
    @Nullable
    String of(String mode, String file, String test) {
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).fits(mode, file, test)) {
                used[i] = true;
                String reason = lines.get(i).reason();
                return reason.startsWith(SKIP) ? reason.substring(SKIP.length()) : reason;
            }
        }
        return null;
    }

    /** Expressions for whole names of tests of a file that are not to be run. */
    List<String> skipped(String mode, String file) {
        List<String> skipped = new ArrayList<>();
        for (Line line : lines) {
            boolean here = line.modes().contains("*") || line.modes().contains(mode);
            if (here && line.reason().startsWith(SKIP) && line.file().equals(file)) {
                skipped.add("^(" + line.name().pattern() + ")$");
            }
        }
        return skipped;
    }

    /** Reasons that nobody asked for, as their expressions. */
    List<String> unused() {
        List<String> left = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (!used[i]) {
                left.add(lines.get(i).file() + " " + lines.get(i).name().pattern());
            }
        }
        return left;
    }
}

package io.cairn.jepsen.check;

import io.cairn.jepsen.process.CairnCluster;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Reads what the processes printed. An ERROR line, a stack trace, an assertion, a lack of memory, a crashed JVM or a leak is a
 * problem, whatever it says: Cairn tells of faults of the network and of killed peers in lines of INFO and WARN without a
 * trace. Lines that a fault rightly causes are allowed one by one, each with its reason.
 */
public final class NodeLogCheck {
    /** Kept of one event, its trace included. */
    private static final int MOST_LINES = 6;

    private static final int MOST_LINE_CHARS = 400;
    /** Different events that are told apart; more of them are counted together. */
    private static final int MOST_KINDS = 500;

    private static final Pattern START =
            Pattern.compile("^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3} (\\w+) .*");
    private static final Pattern TRACE =
            Pattern.compile("^\\s+at [\\w.$/<>@-]+\\(.*\\)|^(Caused by: )?[\\w$]+(\\.[\\w$]+)+"
                    + "(Exception|Error)\\b.*|^\\s*\\.\\.\\. \\d+ more$");
    private static final Pattern FATAL = Pattern.compile("AssertionError|OutOfMemoryError|StackOverflowError"
            + "|^Exception in thread|Exception: .* thrown from the UncaughtExceptionHandler"
            + "|fatal error has been detected by the Java Runtime|^# +SIG[A-Z]+|\\bLEAK: "
            // The aof says so when it cuts a tail that it had forced: only a damaged disk does that.
            + "|had been forced to the disk before");
    private static final Pattern PARTICULARS = Pattern.compile("[0-9a-f]{8,}|\\d+");

    /**
     * What a fault may print.
     *
     * @param text a part of the line
     * @param reason why it is right
     */
    public record Allowed(String text, String reason) {}

    /** For runs with faults that damage the disk: a log cut at a random byte. */
    public static final Allowed CUT_LOG = new Allowed(
            "had been forced to the disk before", "the fault itself took away what had been forced to the disk");

    private final List<Allowed> allowed;

    /** @param allowed what the faults of this run may print beyond INFO and WARN lines */
    public NodeLogCheck(Allowed... allowed) {
        this.allowed = List.of(allowed);
    }

    /** One kind of event. */
    private static final class Kind {
        private final String where;
        private final String text;
        private long count;

        Kind(String where, String text) {
            this.where = where;
            this.text = text;
        }
    }

    /** What the processes of a cluster printed since they were started first. */
    public Finding check(CairnCluster cluster) {
        List<Path> outputs = new ArrayList<>();
        for (int process = 0; process < cluster.processes(); process++) {
            outputs.add(cluster.server(process).outputFile());
        }
        return check(outputs);
    }

    /** Reads each file once; a JVM's crash reports are looked for in the files' directories. */
    public Finding check(List<Path> outputs) {
        Map<String, Kind> kinds = new LinkedHashMap<>();
        Set<Path> directories = new LinkedHashSet<>();
        Counts counts = new Counts();
        for (Path output : outputs) {
            directories.add(output.toAbsolutePath().getParent());
            try (BufferedReader lines = Files.newBufferedReader(output, StandardCharsets.ISO_8859_1)) {
                read(String.valueOf(output.getFileName()), lines, kinds, counts);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot read " + output, e);
            }
        }
        List<String> problems = new ArrayList<>();
        kinds.values().forEach(kind -> problems.add(kind.where + " (" + kind.count + " times): " + kind.text));
        directories.forEach(directory -> crashes(directory, problems));
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("lines", counts.lines);
        figures.put("warnings", counts.warnings);
        figures.put("allowed", counts.allowed);
        return Finding.of("node-logs", figures, problems);
    }

    private static final class Counts {
        private long lines;
        private long warnings;
        private long allowed;
    }

    private void read(String name, BufferedReader lines, Map<String, Kind> kinds, Counts counts) throws IOException {
        List<String> event = new ArrayList<>();
        long number = 0;
        long began = 1;
        boolean bad = false;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            number++;
            counts.lines++;
            var start = START.matcher(line);
            if (start.matches()) {
                take(name + ":" + began, event, bad, kinds, counts);
                event.clear();
                began = number;
                bad = start.group(1).equals("ERROR");
                counts.warnings += start.group(1).equals("WARN") ? 1 : 0;
            }
            bad |= TRACE.matcher(line).find() || FATAL.matcher(line).find();
            if (event.size() < MOST_LINES) {
                event.add(line.length() <= MOST_LINE_CHARS ? line : line.substring(0, MOST_LINE_CHARS) + "...");
            }
        }
        take(name + ":" + began, event, bad, kinds, counts);
    }

    private void take(String where, List<String> event, boolean bad, Map<String, Kind> kinds, Counts counts) {
        if (!bad) {
            return;
        }
        String text = String.join("\n", event);
        if (allowed.stream().anyMatch(one -> text.contains(one.text))) {
            counts.allowed++;
            return;
        }
        String head = PARTICULARS.matcher(String.join("\n", event)).replaceAll("#");
        if (!kinds.containsKey(head) && kinds.size() == MOST_KINDS) {
            head = "more kinds";
        }
        kinds.computeIfAbsent(head, first -> new Kind(where, text)).count++;
    }

    private static void crashes(Path directory, List<String> problems) {
        try (Stream<Path> files = Files.list(directory)) {
            files.filter(file -> String.valueOf(file.getFileName()).startsWith("hs_err_pid"))
                    .sorted()
                    .forEach(file -> problems.add("a JVM crashed: " + file));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + directory, e);
        }
    }
}

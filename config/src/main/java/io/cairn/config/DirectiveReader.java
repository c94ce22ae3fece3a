package io.cairn.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads directives out of files (redis.conf syntax, {@code include}, {@code key = value}) and command lines. */
final class DirectiveReader {
    private static final int MAX_INCLUDE_DEPTH = 16;
    /** {@code cluster.consensus = "raft"}: a name, then an equals sign before anything else. */
    private static final Pattern ASSIGNMENT = Pattern.compile("([A-Za-z][A-Za-z0-9._-]*)\\s*=\\s*(.*)");

    private DirectiveReader() {}

    /** All directives of a file and the files it includes, in order. */
    static List<Directive> file(Path file) throws ConfigException {
        List<Directive> directives = new ArrayList<>();
        file(file, 0, directives);
        return directives;
    }

    private static void file(Path file, int depth, List<Directive> out) throws ConfigException {
        if (depth > MAX_INCLUDE_DEPTH) {
            throw new ConfigException("Fatal error, config file '" + file + "' is included in a circle");
        }
        List<String> lines;
        try {
            lines = Files.readString(file, StandardCharsets.UTF_8).lines().toList();
        } catch (java.nio.file.NoSuchFileException e) {
            throw new ConfigException("Fatal error, can't open config file '" + file + "': No such file or directory");
        } catch (IOException e) {
            throw new ConfigException("Fatal error, can't open config file '" + file + "': " + e);
        }
        for (int i = 0; i < lines.size(); i++) {
            Directive directive = line(file.toString(), i + 1, lines.get(i));
            if (directive == null) {
                continue;
            }
            if (directive.name().equalsIgnoreCase("include")) {
                for (Path included : included(directive)) {
                    file(included, depth + 1, out);
                }
            } else {
                out.add(directive);
            }
        }
    }

    /** The directive of a line, or null for a comment or an empty line. */
    static @org.jspecify.annotations.Nullable Directive line(String source, int number, String line)
            throws ConfigException {
        String text = line.strip();
        if (text.isEmpty() || text.startsWith("#")) {
            return null;
        }
        Matcher assignment = ASSIGNMENT.matcher(text);
        List<String> words = Words.split(assignment.matches() ? assigned(assignment) : text);
        if (words == null) {
            throw new Directive(source, number, text, List.of()).refused("Unbalanced quotes in configuration line");
        }
        return words.isEmpty() ? null : new Directive(source, number, text, words);
    }

    /** {@code a.b = ["x", "y"]} as {@code a.b "x" "y"}. */
    private static String assigned(Matcher assignment) {
        String value = assignment.group(2).strip();
        if (value.startsWith("[") && value.endsWith("]") && !value.startsWith("[:") && !value.contains("]:")) {
            value = value.substring(1, value.length() - 1).replace(',', ' ');
        }
        return assignment.group(1) + " " + value;
    }

    private static List<Path> included(Directive directive) throws ConfigException {
        if (directive.arguments().size() != 1) {
            throw directive.refused("Bad directive or wrong number of arguments");
        }
        Path path = Path.of(directive.arguments().get(0));
        Path name = path.getFileName();
        if (name == null || !name.toString().matches(".*[*?\\[].*")) {
            return List.of(path);
        }
        Path parent = path.getParent();
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> stream =
                Files.newDirectoryStream(parent == null ? Path.of(".") : parent, name.toString())) {
            stream.forEach(found::add);
        } catch (IOException e) {
            throw directive.refused("can't read the directory: " + e);
        }
        found.sort(null);
        return found;
    }

    /** Redis's habit: {@code --key value... --key value...}; also {@code --key=value}. */
    static List<Directive> commandLine(List<String> arguments) throws ConfigException {
        List<Directive> directives = new ArrayList<>();
        int at = 0;
        while (at < arguments.size()) {
            int start = at;
            String option = arguments.get(at++);
            if (!option.startsWith("--") || option.length() == 2) {
                throw new Directive("on the command line", 0, option, List.of())
                        .refused("an option must start with --");
            }
            List<String> words = new ArrayList<>();
            int equals = option.indexOf('=');
            words.add(option.substring(2, equals < 0 ? option.length() : equals));
            if (equals > 0) {
                words.add(option.substring(equals + 1));
            }
            while (at < arguments.size() && !isOption(arguments.get(at))) {
                words.add(arguments.get(at++));
            }
            String text = String.join(" ", arguments.subList(start, at));
            directives.add(new Directive("on the command line", 0, text, unpacked(words)));
        }
        return directives;
    }

    private static boolean isOption(String argument) {
        return argument.startsWith("--") && argument.length() > 2;
    }

    /** {@code --save "900 1"} is one argument of the shell and two words of the directive. */
    private static List<String> unpacked(List<String> words) {
        Key<?> key = KeyTable.find(words.get(0));
        if (words.size() != 2 || key == null || !key.type().severalArguments()) {
            return words;
        }
        List<String> split = Words.split(words.get(1));
        if (split == null || split.isEmpty()) {
            return words;
        }
        List<String> all = new ArrayList<>(List.of(words.get(0)));
        all.addAll(split);
        return all;
    }
}

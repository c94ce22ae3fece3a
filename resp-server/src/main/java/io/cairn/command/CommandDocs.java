package io.cairn.command;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of commands beyond the table, from the resources {@code commands*.txt}: blocks of lines, a command's name
 * first, then lines of a field and its text. Immutable.
 */
final class CommandDocs {
    private static final List<String> RESOURCES = List.of(
            "commands.txt",
            "commands-list.txt",
            "commands-hash.txt",
            "commands-set.txt",
            "commands-sorted-set.txt",
            "commands-stream.txt",
            "commands-bitmap.txt",
            "commands-scripting.txt",
            "commands-pubsub.txt",
            "commands-replication.txt");

    private final Map<String, Doc> docs;

    /**
     * One command.
     *
     * @param flags "deprecated", "syscmd"
     * @param tips hints for clients, as "request_policy:all_shards"
     * @param keyFlags for each key spec what the command does with its keys, as "RW access update"
     */
    record Doc(
            String summary,
            String since,
            String group,
            String complexity,
            List<String> flags,
            @Nullable String deprecatedSince,
            @Nullable String replacedBy,
            List<ArgumentDoc> arguments,
            List<String> tips,
            List<List<String>> keyFlags) {}

    /** A command that the resource does not know. */
    static final Doc UNKNOWN = new Doc("", "", "generic", "", List.of(), null, null, List.of(), List.of(), List.of());

    private CommandDocs(Map<String, Doc> docs) {
        this.docs = docs;
    }

    Doc of(Command command) {
        return docs.getOrDefault(command.name(), UNKNOWN);
    }

    /** Read when they are needed first, for all nodes of the process. */
    private static final class Loaded {
        static final CommandDocs DOCS = read();
    }

    /** What the resources of this build say. */
    static CommandDocs load() {
        return Loaded.DOCS;
    }

    private static CommandDocs read() {
        List<String> lines = new ArrayList<>();
        for (String resource : RESOURCES) {
            lines.addAll(lines(resource));
            lines.add("");
        }
        return parse(lines);
    }

    private static List<String> lines(String resource) {
        try (InputStream in = CommandDocs.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("resource " + resource + " is missing");
            }
            return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
                    .lines()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("resource " + resource + " cannot be read", e);
        }
    }

    private static CommandDocs parse(List<String> lines) {
        Map<String, Doc> docs = new HashMap<>();
        Block block = null;
        for (String line : lines) {
            if (line.startsWith("#")) {
                continue;
            }
            if (line.isEmpty()) {
                block = null;
            } else if (block == null) {
                block = new Block();
                docs.put(line, UNKNOWN);
                block.name = line;
            } else {
                block.take(line);
                docs.put(block.name, block.doc());
            }
        }
        return new CommandDocs(Map.copyOf(docs));
    }

    /** A block being read. */
    private static final class Block {
        private String name = "";
        private final Map<String, String> fields = new HashMap<>();
        private final List<List<String>> keyFlags = new ArrayList<>();

        void take(String line) {
            int blank = line.indexOf(' ');
            String field = line.substring(0, blank);
            String text = line.substring(blank + 1);
            if (field.equals("keys")) {
                keyFlags.add(List.of(text.split(" ")));
            } else {
                fields.put(field, text);
            }
        }

        Doc doc() {
            String[] deprecated = field("deprecated").split(" ", 2);
            return new Doc(
                    field("summary"),
                    field("since"),
                    field("group"),
                    field("complexity"),
                    words("flags"),
                    deprecated[0].isEmpty() ? null : deprecated[0],
                    deprecated.length < 2 || deprecated[1].isEmpty() ? null : deprecated[1],
                    ArgumentDoc.parse(field("args")),
                    words("tips"),
                    List.copyOf(keyFlags));
        }

        private String field(String field) {
            return fields.getOrDefault(field, "");
        }

        private List<String> words(String field) {
            return field(field).isEmpty() ? List.of() : List.of(field(field).split(" "));
        }
    }
}

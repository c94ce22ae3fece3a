package io.cairn.acl;

import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The commands of a node as rules name them. Immutable: any thread. */
public final class CommandNames {
    /** Redis: ACLCommandCategories, in the order in which rules name them. */
    public static final List<String> CATEGORIES = List.of(
            "keyspace",
            "read",
            "write",
            "set",
            "sortedset",
            "list",
            "hash",
            "string",
            "bitmap",
            "hyperloglog",
            "geo",
            "stream",
            "pubsub",
            "admin",
            "fast",
            "slow",
            "blocking",
            "dangerous",
            "connection",
            "transaction",
            "scripting");

    private final CommandTable table;

    CommandNames(CommandTable table) {
        this.table = table;
    }

    /** Ids are 0 to this, exclusive. */
    int size() {
        return table.size();
    }

    /** The id of "get" or "config|get" in any case, or -1. */
    int find(String name) {
        Command command = table.find(name);
        return command == null ? -1 : table.id(command);
    }

    Command command(int id) {
        return table.command(id);
    }

    List<Command> topLevel() {
        return table.topLevel();
    }

    List<Command> subcommands(Command container) {
        return table.subcommands(container);
    }

    int id(Command command) {
        return table.id(command);
    }

    /** The category in lower case, or null if there is none of this name. */
    public static @Nullable String category(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return CATEGORIES.contains(lower) ? lower : null;
    }
}

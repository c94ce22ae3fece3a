package io.cairn.command;

import io.cairn.keyspace.Memory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All commands of a node, found by the bytes of the first (and for containers the second) argument without an
 * allocation. Every command and subcommand has a small id, by which statistics are kept in arrays. Immutable: any
 * thread.
 */
public final class CommandTable {
    /** {@link #find(Args)}: no such command. */
    public static final int UNKNOWN = -1;
    /** {@link #find(Args)}: a container without such a subcommand. */
    public static final int UNKNOWN_SUBCOMMAND = -2;

    private final Command[] commands;
    private final byte[][] names;
    /** Per id: the ids of its subcommands. */
    private final int[][] subcommands;

    private final IdentityHashMap<Command, Integer> ids = new IdentityHashMap<>();
    private final List<Command> topLevel;
    private final int[] slots;
    private static final int[] NO_SUBCOMMANDS = {};

    /**
     * Builds the table from the families' lists. A container that has no line of its own gets Redis's: arity -2, no
     * flags.
     *
     * @throws IllegalArgumentException when a name is given twice or is not lower case
     */
    public CommandTable(Collection<? extends Collection<Command>> families) {
        Map<String, Command> byName = collect(families);
        commands = byName.values().toArray(new Command[0]);
        names = new byte[commands.length][];
        subcommands = new int[commands.length][];
        slots = new int[Integer.highestOneBit(Math.max(8, commands.length)) * 4];
        List<Command> top = new ArrayList<>();
        Map<String, Integer> idByName = new LinkedHashMap<>();
        for (int id = 0; id < commands.length; id++) {
            String name = commands[id].name();
            ids.put(commands[id], id);
            subcommands[id] = NO_SUBCOMMANDS;
            idByName.put(name, id);
            int bar = name.indexOf('|');
            names[id] = name.substring(bar + 1).getBytes(StandardCharsets.ISO_8859_1);
            if (bar < 0) {
                top.add(commands[id]);
                insert(id);
            }
        }
        idByName.forEach((name, id) -> {
            int bar = name.indexOf('|');
            if (bar > 0) {
                Integer container = idByName.get(name.substring(0, bar));
                addSubcommand(Objects.requireNonNull(container), id);
            }
        });
        topLevel = Collections.unmodifiableList(top);
    }

    private static Map<String, Command> collect(Collection<? extends Collection<Command>> families) {
        Map<String, Command> byName = new LinkedHashMap<>();
        for (Collection<Command> family : families) {
            for (Command command : family) {
                if (!command.name().equals(command.name().toLowerCase(Locale.ROOT))) {
                    throw new IllegalArgumentException("command name is not lower case: " + command.name());
                }
                if (byName.put(command.name(), command) != null) {
                    throw new IllegalArgumentException("command given twice: " + command.name());
                }
            }
        }
        for (String name : List.copyOf(byName.keySet())) {
            int bar = name.indexOf('|');
            if (bar > 0) {
                String container = name.substring(0, bar);
                byName.computeIfAbsent(
                        container, c -> new Command(c, -2, Set.of(), Set.of("slow"), KeySpec.NONE, null, null));
            }
        }
        return byName;
    }

    private void insert(int id) {
        int mask = slots.length - 1;
        int at = hash(names[id]) & mask;
        while (slots[at] != 0) {
            at = (at + 1) & mask;
        }
        slots[at] = id + 1;
    }

    private void addSubcommand(int container, int id) {
        int[] old = subcommands[container];
        int[] grown = Arrays.copyOf(old, old.length + 1);
        grown[grown.length - 1] = id;
        subcommands[container] = grown;
    }

    /** Number of commands and subcommands; ids are 0 to this, exclusive. */
    public int size() {
        return commands.length;
    }

    public Command command(int id) {
        return commands[id];
    }

    /** The id of a command of this table. */
    public int id(Command command) {
        Integer id = ids.get(command);
        if (id == null) {
            throw new IllegalArgumentException("not of this table: " + command.name());
        }
        return id;
    }

    /** Commands without the subcommands, in the order given. */
    public List<Command> topLevel() {
        return topLevel;
    }

    /** Subcommands of a container, in the order given; empty for others. */
    public List<Command> subcommands(Command container) {
        List<Command> list = new ArrayList<>();
        for (int sub : subcommands[id(container)]) {
            list.add(commands[sub]);
        }
        return list;
    }

    /**
     * The command that {@code args} calls: its id, {@link #UNKNOWN} or {@link #UNKNOWN_SUBCOMMAND}. A container alone
     * is found as itself.
     */
    public int find(Args args) {
        int id = find(args.address(0), args.length(0));
        if (id < 0) {
            return UNKNOWN;
        }
        int[] subs = subcommands[id];
        if (subs.length == 0 || args.count() < 2) {
            return id;
        }
        long address = args.address(1);
        int length = args.length(1);
        for (int sub : subs) {
            if (same(names[sub], address, length)) {
                return sub;
            }
        }
        return UNKNOWN_SUBCOMMAND;
    }

    /** The command or subcommand by its name in any case, as "get", "config|get", or null. */
    public @Nullable Command find(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        for (Command command : commands) {
            if (command.name().equals(lower)) {
                return command;
            }
        }
        return null;
    }

    private int find(long address, int length) {
        int mask = slots.length - 1;
        int at = hash(address, length) & mask;
        for (int id = slots[at]; id != 0; id = slots[at]) {
            if (same(names[id - 1], address, length)) {
                return id - 1;
            }
            at = (at + 1) & mask;
        }
        return UNKNOWN;
    }

    private static int hash(byte[] name) {
        int hash = name.length;
        for (byte b : name) {
            hash = hash * 31 + (b | 0x20);
        }
        return hash ^ (hash >>> 15);
    }

    private static int hash(long address, int length) {
        int hash = length;
        int hashed = Math.min(length, 64);
        for (int i = 0; i < hashed; i++) {
            hash = hash * 31 + (Memory.getByte(address + i) | 0x20);
        }
        return hash ^ (hash >>> 15);
    }

    private static boolean same(byte[] lower, long address, int length) {
        if (lower.length != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            int c = Memory.getByte(address + i);
            if (c >= 'A' && c <= 'Z') {
                c += 'a' - 'A';
            }
            if (c != lower[i]) {
                return false;
            }
        }
        return true;
    }
}

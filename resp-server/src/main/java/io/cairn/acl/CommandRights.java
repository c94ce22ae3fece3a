package io.cairn.acl;

import io.cairn.command.Args;
import io.cairn.command.Command;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Which commands a selector allows: a bit for each command and subcommand, and first arguments with which a denied command is allowed all the same. Changed
 * while a user is made, by one thread; not after it was published. Redis: allowed_commands, allowed_firstargs.
 */
final class CommandRights {
    private final CommandNames names;
    private final long[] bits;
    /** By command: in lower case. */
    private final Map<Integer, List<String>> firstArguments = new HashMap<>();
    /** Nothing was taken away since +@all. */
    private boolean all;

    CommandRights(CommandNames names) {
        this.names = names;
        // One more than there are commands: that of commands to come, which only +@all sets.
        this.bits = new long[names.size() / Long.SIZE + 1];
    }

    CommandRights(CommandRights other) {
        this.names = other.names;
        this.bits = other.bits.clone();
        this.all = other.all;
        other.firstArguments.forEach((id, arguments) -> firstArguments.put(id, new ArrayList<>(arguments)));
    }

    boolean all() {
        return all;
    }

    private boolean bit(int id) {
        return (bits[id / Long.SIZE] & 1L << id) != 0;
    }

    /** Whether a command may be run with these arguments. Redis: ACLSelectorCheckCmd. */
    boolean allows(int id, Args args) {
        return all || bit(id) || allowsFirstArgument(id, args);
    }

    private boolean allowsFirstArgument(int id, Args args) {
        List<String> allowed = firstArguments.isEmpty() ? null : firstArguments.get(id);
        if (allowed == null || args.count() < 2) {
            return false;
        }
        for (String argument : allowed) {
            if (args.is(1, argument)) {
                return true;
            }
        }
        return false;
    }

    /** +@all, -@all. */
    void all(boolean allowed) {
        Arrays.fill(bits, 0);
        for (int id = 0; allowed && id <= names.size(); id++) {
            bits[id / Long.SIZE] |= 1L << id;
        }
        all = allowed;
        firstArguments.clear();
    }

    /** +@category, -@category. */
    void category(String name, boolean allowed) throws RuleException {
        String category = CommandNames.category(name);
        if (category == null) {
            throw new RuleException(RuleException.Why.UNKNOWN_COMMAND);
        }
        set(category, allowed);
    }

    private void set(String category, boolean allowed) {
        for (Command command : names.topLevel()) {
            if (command.categories().contains(category)) {
                set(command, allowed);
            }
            for (Command sub : names.subcommands(command)) {
                if (sub.categories().contains(category)) {
                    set(sub, allowed);
                }
            }
        }
    }

    /** +command, +container|subcommand, +command|argument. */
    void allow(String name) throws RuleException {
        int bar = name.lastIndexOf('|');
        if (bar < 0) {
            set(known(name), true);
            return;
        }
        Command command = known(name.substring(0, bar));
        String argument = name.substring(bar + 1);
        if (command.name().indexOf('|') >= 0) {
            throw new RuleException(RuleException.Why.FIRST_ARGUMENT);
        }
        if (argument.isEmpty() || Selector.hasSpaces(argument)) {
            throw new RuleException(RuleException.Why.SYNTAX);
        }
        if (!names.subcommands(command).isEmpty()) {
            set(known(name), true);
            return;
        }
        List<String> allowed = firstArguments.computeIfAbsent(names.id(command), id -> new ArrayList<>());
        String lower = argument.toLowerCase(Locale.ROOT);
        if (!allowed.contains(lower)) {
            allowed.add(lower);
        }
    }

    /** -command, -container|subcommand. */
    void deny(String name) throws RuleException {
        set(known(name), false);
    }

    private Command known(String name) throws RuleException {
        int id = names.find(name);
        if (id < 0) {
            throw new RuleException(RuleException.Why.UNKNOWN_COMMAND);
        }
        return names.command(id);
    }

    /** With a container go its subcommands. Redis: ACLChangeSelectorPerm. */
    private void set(Command command, boolean allowed) {
        setBit(names.id(command), allowed);
        firstArguments.remove(names.id(command));
        names.subcommands(command).forEach(sub -> setBit(names.id(sub), allowed));
    }

    private void setBit(int id, boolean allowed) {
        if (allowed) {
            bits[id / Long.SIZE] |= 1L << id;
        } else {
            bits[id / Long.SIZE] &= ~(1L << id);
            all = false;
        }
    }

    // ---- as rules

    /**
     * The rules that make this: all or nothing first, then categories that come near, then the commands by which they differ. Redis:
     * ACLDescribeSelectorCommandRules.
     */
    String describe() {
        boolean additive = !bit(names.size());
        CommandRights made = new CommandRights(names);
        made.all(!additive);
        List<String> rules = new ArrayList<>(List.of(additive ? "-@all" : "+@all"));
        CommandRights left = new CommandRights(this);
        List<String> open = new ArrayList<>(CommandNames.CATEGORIES);
        for (String best = left.best(open, additive); best != null; best = left.best(open, additive)) {
            made.set(best, additive);
            left.set(best, !additive);
            open.remove(best);
            rules.add((additive ? "+@" : "-@") + best);
        }
        for (Command command : names.topLevel()) {
            describe(command, made, rules);
            names.subcommands(command).forEach(sub -> describe(sub, made, rules));
        }
        return String.join(" ", rules);
    }

    private void describe(Command command, CommandRights made, List<String> rules) {
        int id = names.id(command);
        if (bit(id) != made.bit(id)) {
            rules.add((bit(id) ? "+" : "-") + command.name());
            made.set(command, bit(id));
        }
        if (!bit(id)) {
            firstArguments
                    .getOrDefault(id, List.of())
                    .forEach(argument -> rules.add("+" + command.name() + "|" + argument));
        }
    }

    /** The category that explains most of what is left: more than it gets wrong, and with the fewest that it gets wrong; null if none does. */
    private @org.jspecify.annotations.Nullable String best(List<String> open, boolean additive) {
        String best = null;
        int leastWrong = Integer.MAX_VALUE;
        int mostRight = 0;
        for (String category : open) {
            int right = 0;
            int wrong = 0;
            for (int id = 0; id < names.size(); id++) {
                if (names.command(id).categories().contains(category)) {
                    if (bit(id) == additive) {
                        right++;
                    } else {
                        wrong++;
                    }
                }
            }
            if (right > wrong && (wrong < leastWrong || (wrong == leastWrong && right > mostRight))) {
                best = category;
                leastWrong = wrong;
                mostRight = right;
            }
        }
        return best;
    }
}

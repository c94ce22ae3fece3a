package io.cairn.server;

import io.cairn.command.Command;
import io.cairn.command.SessionCall;
import io.cairn.command.SessionGroup;
import io.cairn.command.SessionHandler;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The commands of a node that may be one of two kinds: of those that both have, the one runs whose turn it is. */
final class SwitchedCommands {
    private SwitchedCommands() {}

    /**
     * @param second whether the node is of the second kind now; asked at each call
     * @param absent what a command of one kind answers while the node is of the other
     */
    static List<Command> of(
            Collection<? extends Collection<Command>> firsts,
            Collection<? extends Collection<Command>> seconds,
            BooleanSupplier second,
            String absent) {
        Map<String, Command> ofFirst = byName(firsts);
        Map<String, Command> ofSecond = byName(seconds);
        List<Command> all = new ArrayList<>();
        ofFirst.forEach((name, command) -> all.add(merged(command, command, ofSecond.get(name), second, absent)));
        ofSecond.forEach((name, command) -> {
            if (!ofFirst.containsKey(name)) {
                all.add(merged(command, null, command, second, absent));
            }
        });
        return all;
    }

    private static Map<String, Command> byName(Collection<? extends Collection<Command>> families) {
        Map<String, Command> found = new LinkedHashMap<>();
        families.forEach(family -> family.forEach(command -> found.put(command.name(), command)));
        return found;
    }

    /** Of two commands of a name the traits of the first count: they differ in what they do alone. */
    private static Command merged(
            Command shown, @Nullable Command first, @Nullable Command then, BooleanSupplier second, String absent) {
        if (shown.session() == null) {
            return shown; // Of the data, which both kinds have.
        }
        return new Command(
                shown.name(),
                shown.arity(),
                shown.flags(),
                shown.categories(),
                shown.keys(),
                null,
                new Either(session(first), session(then), second, absent));
    }

    private static @Nullable SessionHandler session(@Nullable Command command) {
        return command == null ? null : command.session();
    }

    private record Either(
            @Nullable SessionHandler first, @Nullable SessionHandler then, BooleanSupplier second, String absent)
            implements SessionGroup.Member {
        private @Nullable SessionHandler now() {
            return second.getAsBoolean() ? then : first;
        }

        @Override
        public void run(SessionCall call) {
            SessionHandler handler = now();
            if (handler == null) {
                call.reply().error(absent);
            } else {
                handler.run(call);
            }
        }

        @Override
        public @Nullable SessionGroup group() {
            return now() instanceof SessionGroup.Member member ? member.group() : null;
        }

        @Override
        public SessionHandler member() {
            SessionHandler handler = now();
            return handler == null ? this : handler;
        }
    }
}

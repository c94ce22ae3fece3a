package io.cairn.acl;

import io.cairn.command.Args;
import io.cairn.command.Client;
import io.cairn.command.Clients;
import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import io.cairn.command.Families;
import io.cairn.config.Config;
import io.cairn.config.ConfigException;
import io.cairn.keyspace.NativeBlock;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Users over the commands on data and a few of the server, without a server. */
final class AclFixture {
    static final CommandTable TABLE = table();
    final Acl acl;
    private final Judge judge;

    AclFixture(String... config) throws ConfigException, RuleException {
        acl = new Acl(TABLE, Config.of(config), new NoClients());
        judge = acl.judge();
    }

    private static CommandTable table() {
        String words = "noscript loading stale ";
        List<List<Command>> families = new ArrayList<>(Families.data());
        families.add(List.of(
                Command.session("config|get", -3, words + "admin @admin @slow @dangerous", call -> {}),
                Command.session("config|set", -4, words + "admin @admin @slow @dangerous", call -> {}),
                Command.session("config|help", 2, words + "@slow", call -> {}),
                Command.session("debug", -2, words + "admin @admin @slow @dangerous", call -> {}),
                Command.session("select", 2, "fast @fast @connection", call -> {}),
                Command.session("auth", -2, words + "fast no_auth @fast @connection", call -> {}),
                Command.session("publish", 3, words + "pubsub fast @pubsub @fast", call -> {}),
                Command.session("subscribe", -2, words + "pubsub @pubsub @slow", call -> {}),
                Command.session("unsubscribe", -1, words + "pubsub @pubsub @slow", call -> {}),
                Command.session("psubscribe", -2, words + "pubsub @pubsub @slow", call -> {})));
        return new CommandTable(families);
    }

    User user(String name, String... rules) throws RuleException {
        acl.set(name, Arrays.asList(rules));
        User user = acl.find(name);
        if (user == null) {
            throw new AssertionError("it was set");
        }
        return user;
    }

    /** "ok", or what is denied and its argument, as "KEY 1". */
    String judge(User user, String line) {
        String[] words = line.split(" ");
        NativeBlock block = NativeBlock.allocate(Math.max(1, line.length()));
        try {
            Args args = new Args();
            args.addAll(
                    block,
                    Arrays.stream(words)
                            .map(word -> word.getBytes(StandardCharsets.ISO_8859_1))
                            .toList());
            Command command = TABLE.command(TABLE.find(args));
            Denial denial = judge.denial(user, command, args);
            if (denial != null) {
                return denial.reason() + " " + denial.argument();
            }
            String pattern = judge.patternRefusal(user, command, args);
            return pattern == null ? "ok" : pattern;
        } finally {
            block.release();
        }
    }

    /** Nobody is connected. */
    private static final class NoClients implements Clients {
        @Override
        public int count() {
            return 0;
        }

        @Override
        public long bytes() {
            return 0;
        }

        @Override
        public long followerBytes() {
            return 0;
        }

        @Override
        public int waiting() {
            return 0;
        }

        @Override
        public void forEach(Consumer<Client> visitor) {}

        @Override
        public @Nullable Client byId(long id) {
            return null;
        }

        @Override
        public void pause(long untilMillis, boolean writesOnly) {}

        @Override
        public void unpause() {}

        @Override
        public void holdWrites(boolean on) {}

        @Override
        public long pausedUntilMillis() {
            return 0;
        }
    }
}

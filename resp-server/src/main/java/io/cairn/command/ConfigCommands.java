package io.cairn.command;

import io.cairn.config.Config;
import io.cairn.config.ConfigException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** CONFIG. Redis: config.c. */
final class ConfigCommands {
    private ConfigCommands() {}

    static List<Command> table() {
        String words = "admin noscript loading stale @admin @slow @dangerous";
        return List.of(
                Command.session("config|get", -3, words, ConfigCommands::get),
                Command.session("config|set", -4, words, ConfigCommands::set),
                Command.session("config|resetstat", 2, words, ConfigCommands::resetstat),
                Command.session("config|rewrite", 2, words, ConfigCommands::rewrite),
                Command.session("config|help", 2, "loading stale @slow", ConfigCommands::help));
    }

    private static void get(SessionCall call) {
        Map<String, String> found = new LinkedHashMap<>();
        for (String pattern : texts(call.args())) {
            Map<String, String> matching = call.server().config().matching(List.of(pattern));
            if (isPattern(pattern)) {
                found.putAll(matching);
            } else {
                // A name is answered as it was spelled.
                matching.values().forEach(value -> found.put(pattern, value));
            }
        }
        call.reply().map(found.size());
        found.forEach((name, value) -> {
            call.reply().bulk(name);
            call.reply().bulk(value);
        });
    }

    /** Redis: configGetCommand. */
    private static boolean isPattern(String text) {
        return text.chars().anyMatch(c -> c == '*' || c == '?' || c == '[');
    }

    private static void set(SessionCall call) {
        if (call.args().count() % 2 != 0) {
            call.reply().error(ErrorText.SYNTAX);
            return;
        }
        try {
            Config config = call.server().config();
            ClusterSettings cluster = call.server().clusterSettings();
            List<String> all = texts(call.args());
            Config.Pairs pairs = config.pairs(all);
            if (cluster == null || !cluster.isShared() || pairs.cluster().isEmpty()) {
                config.set(all);
                call.reply().ok();
            } else {
                set(call, config, cluster, pairs);
            }
        } catch (ConfigException e) {
            call.reply().error(ErrorText.message(e));
        }
    }

    /** The node's own pairs first, for these can be put back. */
    private static void set(SessionCall call, Config config, ClusterSettings cluster, Config.Pairs pairs)
            throws ConfigException {
        List<String> before = new ArrayList<>();
        if (!pairs.node().isEmpty()) {
            for (int i = 0; i < pairs.node().size(); i += 2) {
                String name = pairs.node().get(i);
                before.add(name);
                before.add(config.matching(List.of(name)).getOrDefault(name, ""));
            }
            config.set(pairs.node());
        }
        SessionCall.Later later = call.later();
        cluster.set(
                pairs.cluster(),
                why -> later.complete(reply -> {
                    if (why.isEmpty()) {
                        reply.ok();
                        return;
                    }
                    String reason = why;
                    try {
                        if (!before.isEmpty()) {
                            config.set(before);
                        }
                    } catch (ConfigException e) {
                        reason += "; and " + e.getMessage();
                    }
                    reply.error("ERR CONFIG SET failed (possibly related to argument '"
                            + pairs.cluster().get(0) + "') - " + reason);
                }));
    }

    private static List<String> texts(Args args) {
        List<String> texts = new ArrayList<>();
        for (int i = 2; i < args.count(); i++) {
            texts.add(args.text(i));
        }
        return texts;
    }

    private static void resetstat(SessionCall call) {
        call.server().stats().reset();
        call.server().keyspace().resetFreed();
        call.reply().ok();
    }

    private static void rewrite(SessionCall call) {
        try {
            call.server().acl().configure();
            call.server().config().rewrite();
            call.reply().ok();
        } catch (ConfigException e) {
            call.reply().error(ErrorText.message(e));
        }
    }

    private static void help(SessionCall call) {
        HelpText.reply(
                call.reply(),
                "CONFIG",
                "GET <pattern> [<pattern> ...]",
                "    The parameters whose names match a <pattern>, with their values.",
                "SET <directive> <value> [<directive> <value> ...]",
                "    Change parameters, all of them or none.",
                "RESETSTAT",
                "    Begin counting what INFO shows from zero.",
                "REWRITE",
                "    Write the values in force into the configuration file.");
    }
}

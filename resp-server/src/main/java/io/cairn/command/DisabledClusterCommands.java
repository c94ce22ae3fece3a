package io.cairn.command;

import java.util.ArrayList;
import java.util.List;

/**
 * What a standalone node answers to the commands of a cluster: they are there, with Redis's arities and flags, and say
 * that the node is in none. Redis: clusterCommand, readonlyCommand, readwriteCommand, askingCommand.
 */
public final class DisabledClusterCommands {
    private static final String DISABLED = "ERR This instance has cluster support disabled";
    private static final String READ = "stale @slow";
    private static final String ADMIN = "admin stale @admin @slow @dangerous";
    private static final String CHANGE = "no_async_loading " + ADMIN;
    private static final String CONNECTION = "fast loading stale @fast @connection";

    private final List<Command> commands = new ArrayList<>();

    private DisabledClusterCommands() {}

    public static List<Command> table() {
        DisabledClusterCommands table = new DisabledClusterCommands();
        table.readers();
        table.changers();
        return List.copyOf(table.commands);
    }

    private void readers() {
        add("cluster|countkeysinslot", 3, READ);
        add("cluster|count-failure-reports", 3, ADMIN);
        add("cluster|getkeysinslot", 4, READ);
        add("cluster|help", 2, "loading " + READ);
        add("cluster|info", 2, READ);
        add("cluster|keyslot", 3, READ);
        add("cluster|links", 2, READ);
        add("cluster|myid", 2, READ);
        add("cluster|nodes", 2, READ);
        add("cluster|replicas", 3, ADMIN);
        add("cluster|shards", 2, READ);
        add("cluster|slaves", 3, ADMIN);
        add("cluster|slots", 2, READ);
        add("readonly", 1, CONNECTION);
        add("readwrite", 1, CONNECTION);
        add("asking", 1, "fast @fast @connection");
    }

    private void changers() {
        add("cluster|addslots", -3, CHANGE);
        add("cluster|addslotsrange", -4, CHANGE);
        add("cluster|bumpepoch", 2, CHANGE);
        add("cluster|delslots", -3, CHANGE);
        add("cluster|delslotsrange", -4, CHANGE);
        add("cluster|failover", -2, CHANGE);
        add("cluster|flushslots", 2, CHANGE);
        add("cluster|forget", 3, CHANGE);
        add("cluster|meet", -4, CHANGE);
        add("cluster|migration", -4, CHANGE);
        add("cluster|consensus", -3, CHANGE);
        add("cluster|migrateslots", -7, CHANGE);
        add("cluster|getslotmigrations", 2, CHANGE);
        add("cluster|cancelslotmigrations", 2, CHANGE);
        add("cluster|replicate", 3, CHANGE);
        add("cluster|reset", -2, "noscript " + ADMIN);
        add("cluster|saveconfig", 2, CHANGE);
        add("cluster|set-config-epoch", 3, CHANGE);
        add("cluster|setslot", -4, CHANGE);
    }

    private void add(String name, int arity, String words) {
        commands.add(Command.session(name, arity, words, call -> call.reply().error(DISABLED)));
    }
}

package io.cairn.command;

import java.util.List;

/**
 * What commands do with the keys and channels among their arguments, as access control asks for it. Redis: the flags of key specs, and ChannelSpecs in
 * acl.c. Immutable: any thread.
 */
public final class KeyUse {
    /** The value of the key, or a part of it, is answered or stored elsewhere. */
    public static final int READ = 1;
    /** The key is changed or deleted. */
    public static final int WRITE = 2;

    /** Which arguments are channels that one must be allowed to use; leaving a channel needs no right. */
    public enum Channels {
        NONE,
        /** The first argument. */
        ONE,
        /** All arguments. */
        ALL,
        /** All arguments, which are patterns of channels. */
        PATTERNS
    }

    /** What SET does with its key when it does not read it. */
    private static final List<String> PLAIN_SET = List.of("OW", "update");
    /** What SET GET does. */
    private static final List<String> SET_GET = List.of("RW", "access", "update");
    /** What BITFIELD does that only gets. */
    private static final List<String> BITFIELD_GET = List.of("RO", "access");

    private final CommandDocs docs;
    private final boolean[] keyed;
    private final Channels[] channels;
    private final Command[] commands;
    /** For each key spec of a command the rights that it takes. */
    private final int[][] rights;

    public KeyUse(CommandTable table) {
        this(table, CommandDocs.load());
    }

    KeyUse(CommandTable table, CommandDocs docs) {
        this.docs = docs;
        keyed = new boolean[table.size()];
        channels = new Channels[table.size()];
        commands = new Command[table.size()];
        rights = new int[table.size()][];
        for (int id = 0; id < table.size(); id++) {
            Command command = table.command(id);
            boolean names = command.keys().first() > 0 || command.keys().finder() != null;
            commands[id] = command;
            // Shard channels are found as keys are, but are none.
            keyed[id] = names && !flags(docs, command, 0).contains("not_key");
            channels[id] = channels(command.name());
            int specs = Math.max(1, docs.of(command).keyFlags().size());
            rights[id] = new int[specs];
            for (int spec = 0; spec < specs; spec++) {
                rights[id][spec] = rights(flags(docs, command, spec));
            }
        }
    }

    private static Channels channels(String name) {
        return switch (name) {
            case "publish", "spublish" -> Channels.ONE;
            case "subscribe", "ssubscribe" -> Channels.ALL;
            case "psubscribe" -> Channels.PATTERNS;
            default -> Channels.NONE;
        };
    }

    /** Whether a command may have keys. */
    public boolean hasKeys(int command) {
        return keyed[command];
    }

    public Channels channels(int command) {
        return channels[command];
    }

    /**
     * The rights that a call takes at one of its keys.
     *
     * @param key 0 for the first that {@link KeyPositions} finds
     * @return of {@link #READ} and {@link #WRITE}, 0 for a call that only asks whether the key is there
     */
    public int rights(int command, Args args, int key) {
        String name = commands[command].name();
        if (name.equals("set") || name.equals("bitfield") || name.equals("sort")) {
            return rights(flags(docs, commands[command], args, key));
        }
        int[] specs = rights[command];
        return specs[Math.min(key, specs.length - 1)];
    }

    private static int rights(List<String> flags) {
        boolean writes = flags.contains("insert") || flags.contains("delete") || flags.contains("update");
        return (flags.contains("access") ? READ : 0) | (writes ? WRITE : 0);
    }

    /** What is documented of the keys of a spec. */
    static List<String> flags(CommandDocs docs, Command command, int spec) {
        List<List<String>> all = docs.of(command).keyFlags();
        return all.isEmpty() ? List.of() : MovableKeys.flags(all.get(Math.min(spec, all.size() - 1)));
    }

    /** What a call does with its key: as documented, but for what depends on options. Redis: setGetKeys, bitfieldGetKeys, sortGetKeys. */
    static List<String> flags(CommandDocs docs, Command command, Args args, int key) {
        return switch (command.name()) {
            // The second of its key specs is that of BY and GET, whose keys nobody finds.
            case "sort" -> flags(docs, command, 2 * key);
            case "set" -> reads(args) ? SET_GET : PLAIN_SET;
            case "bitfield" -> onlyGets(args) ? BITFIELD_GET : flags(docs, command, key);
            default -> flags(docs, command, key);
        };
    }

    /** SET with GET answers the value, with IFEQ it says what the value is. */
    private static boolean reads(Args args) {
        for (int i = 3; i < args.count(); i++) {
            if (args.is(i, "get") || args.is(i, "ifeq")) {
                return true;
            }
        }
        return false;
    }

    private static boolean onlyGets(Args args) {
        int i = 2;
        while (i < args.count()) {
            int left = args.count() - 1 - i;
            if (args.is(i, "get") && left >= 2) {
                i += 3;
            } else if (args.is(i, "overflow") && left >= 1) {
                i += 2;
            } else {
                return false;
            }
        }
        return true;
    }
}

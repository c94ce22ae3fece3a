package io.cairn.command;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One line of the command table.
 *
 * @param name lower case; a subcommand's name is "container|sub"
 * @param arity Redis's arity: exact when positive, minimum when negative; counts the name
 * @param categories ACL categories without '@', as "string"
 * @param data what a data command does, null for a session command
 * @param session what a session command does, null for a data command
 */
public record Command(
        String name,
        int arity,
        Set<Flag> flags,
        Set<String> categories,
        KeySpec keys,
        @Nullable Handler data,
        @Nullable SessionHandler session) {

    /**
     * A data command. {@code words} lists flags and categories as one text: "write denyoom fast @string".
     */
    public static Command data(String name, int arity, String words, KeySpec keys, Handler handler) {
        return new Command(name, arity, flags(words), categories(words), keys, handler, null);
    }

    /** A command of the connection or the server: it changes no data and is never logged. */
    public static Command session(String name, int arity, String words, SessionHandler handler) {
        return new Command(name, arity, flags(words), categories(words), KeySpec.NONE, null, handler);
    }

    public boolean is(Flag flag) {
        return flags.contains(flag);
    }

    /** Whether a call with these arguments may turn out to wait ({@link Call#wouldBlock}). */
    public boolean mayWait(Args args) {
        return is(Flag.BLOCKING) && (!name.startsWith("xread") || StreamRead.mayWait(args));
    }

    private static Set<Flag> flags(String words) {
        EnumSet<Flag> flags = EnumSet.noneOf(Flag.class);
        for (String word : words.split(" ")) {
            if (!word.isEmpty() && word.charAt(0) != '@') {
                flags.add(Flag.valueOf(word.toUpperCase(Locale.ROOT)));
            }
        }
        return flags;
    }

    private static Set<String> categories(String words) {
        Set<String> categories = new java.util.LinkedHashSet<>();
        for (String word : words.split(" ")) {
            if (word.startsWith("@")) {
                categories.add(word.substring(1));
            }
        }
        return categories;
    }
}

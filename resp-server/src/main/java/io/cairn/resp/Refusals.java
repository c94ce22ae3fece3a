package io.cairn.resp;

import io.cairn.command.Args;
import io.cairn.command.CommandTable;
import java.util.List;
import java.util.Locale;

/** Error lines for commands that do not exist (Redis: commandCheckExistence). */
final class Refusals {
    private static final int MAX_SHOWN = 128;
    private static final List<String> HTTP = List.of("post", "host:");

    private Refusals() {}

    /** True for the first words of an HTTP request that a script in a browser can cause. Redis: processCommand. */
    static boolean isHttp(Args args) {
        return HTTP.contains(shown(args, 0, MAX_SHOWN).toLowerCase(Locale.ROOT));
    }

    static String unknown(Args args, int result) {
        if (result == CommandTable.UNKNOWN_SUBCOMMAND) {
            return "ERR unknown subcommand '" + shown(args, 1, MAX_SHOWN) + "'. Try "
                    + shown(args, 0, MAX_SHOWN).toUpperCase(Locale.ROOT) + " HELP.";
        }
        StringBuilder text = new StringBuilder("ERR unknown command '")
                .append(shown(args, 0, MAX_SHOWN))
                .append("', with args beginning with: ");
        int listed = 0;
        for (int i = 1; i < args.count() && listed < MAX_SHOWN; i++) {
            String shown = shown(args, i, MAX_SHOWN - listed);
            text.append('\'').append(shown).append("' ");
            listed += shown.length() + 3;
        }
        return text.toString();
    }

    /** As C's {@code %.*s}: cut at a length and at a NUL. */
    private static String shown(Args args, int i, int max) {
        int length = Math.min(max, args.length(i));
        byte[] bytes = io.cairn.keyspace.Memory.bytes(args.address(i), length);
        int end = 0;
        while (end < length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, java.nio.charset.StandardCharsets.ISO_8859_1);
    }
}

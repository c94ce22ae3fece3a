package io.cairn.command;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** CLIENT TRACKING, CACHING, GETREDIR and TRACKINGINFO. Redis: clientCommand in networking.c, tracking.c. */
final class TrackingCommands {
    private TrackingCommands() {}

    static List<Command> table() {
        String own = "noscript loading stale @slow @connection";
        return List.of(
                Command.session("client|tracking", -3, own, TrackingCommands::tracking),
                Command.session("client|caching", 3, own, TrackingCommands::caching),
                Command.session("client|getredir", 2, own, TrackingCommands::redirection),
                Command.session("client|trackinginfo", 2, own, TrackingCommands::info));
    }

    /** CLIENT TRACKING ON|OFF [REDIRECT id] [PREFIX prefix ...] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]. */
    private static void tracking(SessionCall call) {
        Args args = call.args();
        boolean broadcast = false;
        boolean optIn = false;
        boolean optOut = false;
        boolean noLoop = false;
        long redirect = 0;
        List<byte[]> prefixes = new ArrayList<>();
        for (int i = 3; i < args.count(); i++) {
            boolean more = i + 1 < args.count();
            if (args.is(i, "redirect") && more) {
                i++;
                String error = redirect != 0
                        ? "ERR A client can only redirect to a single other client"
                        : redirectError(call, i);
                if (error != null) {
                    call.reply().error(error);
                    return;
                }
                redirect = Decimal.parse(args.address(i), args.length(i));
            } else if (args.is(i, "bcast")) {
                broadcast = true;
            } else if (args.is(i, "optin")) {
                optIn = true;
            } else if (args.is(i, "optout")) {
                optOut = true;
            } else if (args.is(i, "noloop")) {
                noLoop = true;
            } else if (args.is(i, "prefix") && more) {
                i++;
                prefixes.add(args.bytes(i));
            } else {
                call.reply().error(ErrorText.SYNTAX);
                return;
            }
        }
        ClientTracking tracking = call.session().tracking();
        String error = null;
        if (args.is(2, "on")) {
            TrackingOptions wanted = new TrackingOptions(broadcast, optIn, optOut, noLoop, redirect, prefixes);
            error = error(wanted, tracking.options());
            if (error == null) {
                tracking.on(wanted);
            }
        } else if (args.is(2, "off")) {
            tracking.off();
        } else {
            error = ErrorText.SYNTAX;
        }
        if (error == null) {
            call.reply().ok();
        } else {
            call.reply().error(error);
        }
    }

    private static @Nullable String redirectError(SessionCall call, int argument) {
        Args args = call.args();
        if (!Decimal.fits(args.address(argument), args.length(argument))) {
            return ErrorText.NOT_AN_INTEGER;
        }
        long id = Decimal.parse(args.address(argument), args.length(argument));
        return call.server().clients().byId(id) == null
                ? "ERR The client ID you want redirect to does not exist"
                : null;
    }

    /** What forbids the options, by themselves or with those there are. */
    private static @Nullable String error(TrackingOptions wanted, @Nullable TrackingOptions now) {
        if (!wanted.broadcast() && !wanted.prefixes().isEmpty()) {
            return "ERR PREFIX option requires BCAST mode to be enabled";
        }
        if (now != null && now.broadcast() != wanted.broadcast()) {
            return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then"
                    + " re-enabling it with a different mode.";
        }
        if (wanted.broadcast() && (wanted.optIn() || wanted.optOut())) {
            return "ERR OPTIN and OPTOUT are not compatible with BCAST";
        }
        if (wanted.optIn() && wanted.optOut()) {
            return "ERR You can't specify both OPTIN mode and OPTOUT mode";
        }
        if (now != null && ((wanted.optIn() && now.optOut()) || (wanted.optOut() && now.optIn()))) {
            return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then"
                    + " re-enabling it with a different mode.";
        }
        return wanted.broadcast() ? overlap(wanted.prefixes(), now == null ? List.of() : now.prefixes()) : null;
    }

    /** Redis: checkPrefixCollisionsOrReply. */
    private static @Nullable String overlap(List<byte[]> wanted, List<byte[]> there) {
        for (int i = 0; i < wanted.size(); i++) {
            for (byte[] other : there) {
                if (overlaps(wanted.get(i), other)) {
                    return overlap(wanted.get(i), "an existing prefix", other);
                }
            }
            for (byte[] other : wanted.subList(i + 1, wanted.size())) {
                if (overlaps(wanted.get(i), other)) {
                    return overlap(wanted.get(i), "another provided prefix", other);
                }
            }
        }
        return null;
    }

    private static boolean overlaps(byte[] one, byte[] other) {
        int length = Math.min(one.length, other.length);
        return java.util.Arrays.equals(one, 0, length, other, 0, length);
    }

    private static String overlap(byte[] prefix, String what, byte[] other) {
        return "ERR Prefix '" + text(prefix) + "' overlaps with " + what + " '" + text(other)
                + "'. Prefixes for a single client must not overlap.";
    }

    private static String text(byte[] bytes) {
        return new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    private static void caching(SessionCall call) {
        Args args = call.args();
        ClientTracking tracking = call.session().tracking();
        TrackingOptions options = tracking.options();
        if (options == null) {
            call.reply()
                    .error("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or"
                            + " OPTOUT mode enabled");
        } else if (args.is(2, "yes") && !options.optIn()) {
            call.reply().error("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
        } else if (args.is(2, "no") && !options.optOut()) {
            call.reply().error("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
        } else if (!args.is(2, "yes") && !args.is(2, "no")) {
            call.reply().error(ErrorText.SYNTAX);
        } else {
            tracking.caching();
            call.reply().ok();
        }
    }

    private static void redirection(SessionCall call) {
        call.reply().number(redirect(call.session().tracking().options()));
    }

    /** Where messages go: 0 for to itself, -1 while tracking is off. */
    static long redirect(@Nullable TrackingOptions options) {
        return options == null ? -1 : options.redirect();
    }

    private static void info(SessionCall call) {
        ClientTracking tracking = call.session().tracking();
        TrackingOptions options = tracking.options();
        List<String> flags = flags(tracking, options);
        Reply reply = call.reply();
        reply.map(3);
        reply.bulk("flags");
        reply.set(flags.size());
        flags.forEach(reply::bulk);
        reply.bulk("redirect");
        reply.number(redirect(options));
        reply.bulk("prefixes");
        List<byte[]> prefixes = options == null ? List.of() : options.prefixes();
        reply.array(prefixes.size());
        prefixes.forEach(reply::bulk);
    }

    private static List<String> flags(ClientTracking tracking, @Nullable TrackingOptions options) {
        List<String> flags = new ArrayList<>();
        flags.add(options == null ? "off" : "on");
        if (options == null) {
            return flags;
        }
        if (options.broadcast()) {
            flags.add("bcast");
        }
        if (options.optIn()) {
            flags.add("optin");
            if (tracking.cachingGiven()) {
                flags.add("caching-yes");
            }
        }
        if (options.optOut()) {
            flags.add("optout");
            if (tracking.cachingGiven()) {
                flags.add("caching-no");
            }
        }
        if (options.noLoop()) {
            flags.add("noloop");
        }
        if (tracking.isBroken()) {
            flags.add("broken_redirect");
        }
        return flags;
    }
}

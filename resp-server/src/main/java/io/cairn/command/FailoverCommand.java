package io.cairn.command;

import org.jspecify.annotations.Nullable;

/** FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds]. Redis: failoverCommand. */
final class FailoverCommand {
    private FailoverCommand() {}

    static void run(SessionCall call) {
        Args args = call.args();
        RoleChange role = call.server().roleChange();
        if (role == null) {
            call.reply().error("ERR FAILOVER not allowed in cluster mode. Use CLUSTER FAILOVER command instead.");
            return;
        }
        if (args.count() == 2 && args.is(1, "abort")) {
            if (role.abortFailover()) {
                call.reply().ok();
            } else {
                call.reply().error("ERR No failover in progress.");
            }
            return;
        }
        long timeout = 0;
        long port = 0;
        String host = null;
        boolean force = false;
        for (int i = 1; i < args.count(); i++) {
            if (args.is(i, "timeout") && i + 1 < args.count() && timeout == 0) {
                Long millis = number(args, ++i);
                if (millis == null || millis <= 0) {
                    call.reply()
                            .error(
                                    millis == null
                                            ? ErrorText.NOT_AN_INTEGER
                                            : "ERR FAILOVER timeout must be greater than 0");
                    return;
                }
                timeout = millis;
            } else if (args.is(i, "to") && i + 2 < args.count() && host == null) {
                Long number = number(args, i + 2);
                if (number == null) {
                    call.reply().error(ErrorText.NOT_AN_INTEGER);
                    return;
                }
                port = number;
                host = args.text(i + 1);
                i += 2;
            } else if (args.is(i, "force") && !force) {
                force = true;
            } else {
                call.reply().error(ErrorText.SYNTAX);
                return;
            }
        }
        // No replica has a port out of bounds.
        String error = role.failOver(host, (int) Math.max(-1, Math.min(Integer.MAX_VALUE, port)), timeout, force);
        if (error == null) {
            call.reply().ok();
        } else {
            call.reply().error(error);
        }
    }

    private static @Nullable Long number(Args args, int i) {
        return Decimal.fits(args.address(i), args.length(i)) ? Decimal.parse(args.address(i), args.length(i)) : null;
    }
}

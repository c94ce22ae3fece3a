package io.cairn.command;

import java.util.List;

/** Setting, reading and removing expiries. Redis: expire.c. */
final class ExpiryCommands {
    private static final int NX = 1;
    private static final int XX = 1 << 1;
    private static final int GT = 1 << 2;
    private static final int LT = 1 << 3;
    private static final int INVALID = -1;

    private ExpiryCommands() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        String writes = "write fast @keyspace @write @fast";
        String reads = "readonly fast @keyspace @read @fast";
        return List.of(
                Command.data("expire", -3, writes, one, call -> expire(call, call.now(), 1000, "expire")),
                Command.data("pexpire", -3, writes, one, call -> expire(call, call.now(), 1, "pexpire")),
                Command.data("expireat", -3, writes, one, call -> expire(call, 0, 1000, "expireat")),
                Command.data("pexpireat", -3, writes, one, call -> expire(call, 0, 1, "pexpireat")),
                Command.data("ttl", 2, reads, one, call -> ttl(call, call.now(), 1000)),
                Command.data("pttl", 2, reads, one, call -> ttl(call, call.now(), 1)),
                Command.data("expiretime", 2, reads, one, call -> ttl(call, 0, 1000)),
                Command.data("pexpiretime", 2, reads, one, call -> ttl(call, 0, 1)),
                Command.data("persist", 2, writes, one, ExpiryCommands::persist));
    }

    /** EXPIRE key amount [NX | XX | GT | LT]. Redis: expireGenericCommand. */
    private static void expire(Call call, long base, int unitMillis, String name) {
        Args args = call.args;
        int conditions = conditions(call);
        if (conditions == INVALID || !CounterCommands.isInteger(call, 2)) {
            return;
        }
        long when = Decimal.parse(args.address(2), args.length(2));
        if (when > Long.MAX_VALUE / unitMillis
                || when < Long.MIN_VALUE / unitMillis
                || when * unitMillis > Long.MAX_VALUE - base) {
            call.reply().error(ErrorText.expireTime(name));
            return;
        }
        when = when * unitMillis + base;
        if (!StringCommands.find(call, 1) || !allowed(conditions, call.value.expireAt, when)) {
            call.reply().number(0);
            return;
        }
        boolean past = when <= call.expiryTime();
        if (past) {
            call.database().remove(args.address(1), args.length(1), call.now());
        } else {
            call.database().setExpiry(args.address(1), args.length(1), when);
        }
        call.changed();
        StringCommands.expiryInstead(call, past, when);
        call.event('g', past ? "del" : "expire", 1);
        call.reply().number(1);
    }

    /** {@code current} 0 is no expiry, which GT and LT take as infinite. */
    private static boolean allowed(int conditions, long current, long when) {
        boolean none = current == 0;
        if ((conditions & NX) != 0 && !none) {
            return false;
        }
        if ((conditions & XX) != 0 && none) {
            return false;
        }
        if ((conditions & GT) != 0 && (none || when <= current)) {
            return false;
        }
        return (conditions & LT) == 0 || none || when < current;
    }

    /** Redis: parseExtendedExpireArgumentsOrReply. */
    private static int conditions(Call call) {
        Args args = call.args;
        int conditions = 0;
        for (int i = 3; i < args.count(); i++) {
            if (args.is(i, "nx")) {
                conditions |= NX;
            } else if (args.is(i, "xx")) {
                conditions |= XX;
            } else if (args.is(i, "gt")) {
                conditions |= GT;
            } else if (args.is(i, "lt")) {
                conditions |= LT;
            } else {
                call.reply().error("ERR Unsupported option " + ErrorText.argument(args, i));
                return INVALID;
            }
        }
        if ((conditions & NX) != 0 && conditions != NX) {
            call.reply().error("ERR NX and XX, GT or LT options at the same time are not compatible");
            return INVALID;
        }
        if ((conditions & GT) != 0 && (conditions & LT) != 0) {
            call.reply().error("ERR GT and LT options at the same time are not compatible");
            return INVALID;
        }
        return conditions;
    }

    /** TTL and its kin: {@code base} is the present for the relative ones, 0 for the absolute ones. */
    private static void ttl(Call call, long base, int unitMillis) {
        if (!call.peek(1, call.value)) {
            call.reply().number(-2);
        } else if (call.value.expireAt == 0) {
            call.reply().number(-1);
        } else {
            long left = Math.max(0, call.value.expireAt - base);
            // Rounded to the nearest unit, without an overflow at the far end of time.
            call.reply().number(left / unitMillis + (2 * (left % unitMillis) >= unitMillis ? 1 : 0));
        }
    }

    private static void persist(Call call) {
        if (!StringCommands.find(call, 1) || call.value.expireAt == 0) {
            call.reply().number(0);
            return;
        }
        call.database().setExpiry(call.args.address(1), call.args.length(1), 0);
        call.changed();
        call.event('g', "persist", 1);
        call.reply().number(1);
    }
}

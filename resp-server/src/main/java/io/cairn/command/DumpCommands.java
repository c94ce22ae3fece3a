package io.cairn.command;

import io.cairn.rdb.DumpPayload;
import io.cairn.rdb.FieldExpiryException;
import io.cairn.rdb.PayloadBuffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** DUMP and RESTORE: one value in the form of an RDB file's. Redis: dumpCommand, restoreCommand in cluster.c. */
final class DumpCommands {
    private static final long INVALID = -1;
    private static final int REPLACE = 1;
    private static final int ABSTTL = 1 << 1;
    private static final int IDLETIME = 1 << 2;
    private static final int FREQ = 1 << 3;
    private static final int MAX_FREQ = 255;

    private DumpCommands() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        return List.of(
                Command.data("dump", 2, "readonly @keyspace @read @slow", one, DumpCommands::dump),
                Command.data(
                        "restore", -4, "write denyoom @keyspace @write @slow @dangerous", one, DumpCommands::restore),
                Command.data(
                        "restore-asking",
                        -4,
                        "write denyoom asking @keyspace @write @slow @dangerous",
                        one,
                        DumpCommands::restore));
    }

    private static void dump(Call call) {
        if (!call.find(1, call.value)) {
            call.reply().nil();
            return;
        }
        try (PayloadBuffer buffer = new PayloadBuffer()) {
            buffer.dump(call.value);
            call.reply().bulk(buffer.block(), 0, buffer.length());
        } catch (FieldExpiryException e) {
            call.reply().error("ERR " + FieldExpiryException.TEXT);
        } catch (IOException e) {
            throw new UncheckedIOException("memory does not fail as a channel", e);
        }
    }

    /** RESTORE key ttl payload [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]. */
    private static void restore(Call call) {
        Args args = call.args;
        int flags = options(call);
        if (flags < 0) {
            return;
        }
        boolean there = StringCommands.find(call, 1);
        if (there && (flags & REPLACE) == 0) {
            call.reply().error("BUSYKEY Target key name already exists.");
            return;
        }
        long expireAt = expireAt(call, (flags & ABSTTL) != 0);
        if (expireAt == INVALID) {
            return;
        }
        if (!DumpPayload.verify(args.address(3), args.length(3))) {
            call.reply().error("ERR DUMP payload version or checksum are wrong");
            return;
        }
        boolean expired = expireAt != 0 && expireAt <= call.expiryTime();
        try {
            // A value that is expired already is read all the same: what is wrong with it must be said.
            DumpPayload.restore(
                    args.address(3),
                    args.length(3),
                    expired ? call.quietDatabase() : call.database(),
                    args.address(1),
                    args.length(1),
                    expired ? 0 : expireAt,
                    call.keyspace);
        } catch (IOException e) {
            call.reply().error("ERR Bad data format");
            return;
        }
        if (expired) {
            call.quietDatabase().remove(args.address(1), args.length(1), call.now());
        } else {
            call.database()
                    .setAccess(
                            args.address(1),
                            args.length(1),
                            call.keyspace
                                    .access()
                                    .restored(
                                            number(call, "idletime", flags & IDLETIME),
                                            (int) number(call, "freq", flags & FREQ),
                                            call.now()));
        }
        if (there || !expired) {
            call.changed();
            if (call.isFollowed()) {
                restoreInstead(call, flags, expired, expireAt);
            }
        }
        if (expired && there) {
            call.event('g', "del", 1);
        } else if (!expired) {
            if (there) {
                // In Redis the key of that name goes, and another comes.
                call.event('n', "new", 1);
            }
            call.event('g', "restore", 1);
        }
        call.reply().ok();
    }

    /** The number behind the last option of the name, -1 when it was not given. */
    private static long number(Call call, String option, int given) {
        Args args = call.args;
        long number = -1;
        for (int i = 4; given != 0 && i < args.count(); i++) {
            if (args.is(i, option)) {
                i++;
                number = Decimal.parse(args.address(i), args.length(i));
            } else if (args.is(i, "idletime") || args.is(i, "freq")) {
                i++;
            }
        }
        return number;
    }

    /** Redis sends the arguments as they came, a relative expiry as a moment. */
    private static void restoreInstead(Call call, int flags, boolean expired, long expireAt) {
        if (expired) {
            call.instead("DEL", 1);
        } else if (expireAt != 0 && (flags & ABSTTL) == 0) {
            List<byte[]> words = new ArrayList<>();
            words.add(Effects.number(expireAt));
            for (int i = 3; i < call.args.count(); i++) {
                words.add(call.args.bytes(i));
            }
            words.add(Effects.text("ABSTTL"));
            call.instead("RESTORE", 1, words.toArray(new byte[0][]));
        }
    }

    /** Parses the options; answers the error and returns -1. */
    private static int options(Call call) {
        Args args = call.args;
        int flags = 0;
        for (int i = 4; i < args.count(); i++) {
            boolean more = i + 1 < args.count();
            if (args.is(i, "replace")) {
                flags |= REPLACE;
            } else if (args.is(i, "absttl")) {
                flags |= ABSTTL;
            } else if (args.is(i, "idletime") && more && (flags & FREQ) == 0) {
                flags |= IDLETIME;
                i++;
                if (!inRange(call, i, Long.MAX_VALUE, "ERR Invalid IDLETIME value, must be >= 0")) {
                    return -1;
                }
            } else if (args.is(i, "freq") && more && (flags & IDLETIME) == 0) {
                flags |= FREQ;
                i++;
                if (!inRange(call, i, MAX_FREQ, "ERR Invalid FREQ value, must be >= 0 and <= 255")) {
                    return -1;
                }
            } else {
                call.reply().error(ErrorText.SYNTAX);
                return -1;
            }
        }
        return flags;
    }

    private static boolean inRange(Call call, int i, long max, String error) {
        if (!CounterCommands.isInteger(call, i)) {
            return false;
        }
        long number = Decimal.parse(call.args.address(i), call.args.length(i));
        if (number < 0 || number > max) {
            call.reply().error(error);
            return false;
        }
        return true;
    }

    /** The absolute expiry, 0 for none; answers the error and returns {@link #INVALID}. */
    private static long expireAt(Call call, boolean absolute) {
        if (!inRange(call, 2, Long.MAX_VALUE, "ERR Invalid TTL value, must be >= 0")) {
            return INVALID;
        }
        long ttl = Decimal.parse(call.args.address(2), call.args.length(2));
        if (ttl == 0 || absolute) {
            return ttl;
        }
        // Redis lets the sum overflow into the past; the far end of time is nearer to what was asked for.
        return ttl > Long.MAX_VALUE - call.now() ? Long.MAX_VALUE : ttl + call.now();
    }
}

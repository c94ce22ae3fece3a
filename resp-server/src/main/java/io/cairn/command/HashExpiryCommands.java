package io.cairn.command;

import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.HashReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * When single fields of a hash expire. Redis 7.4: the HEXPIRE family in t_hash.c.
 *
 * <p>A field that is expired is hidden from reads; it goes when a write names it, or when the primary logs {@link #dropping} for it, a call that leaves every other
 * field alone, whatever happened to it in between.
 */
public final class HashExpiryCommands {
    /** Redis: HFE_MAX_ABS_TIME_MSEC. */
    private static final long MAX_TIME_MILLIS = (1L << 46) - 1;

    private static final int NO_FIELD = -2;
    private static final int NO_EXPIRY = -1;
    private static final int CONDITION_NOT_MET = 0;
    private static final int DONE = 1;
    private static final int DELETED = 2;

    private HashExpiryCommands() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        String sets = "write denyoom fast @write @hash @fast";
        String reads = "readonly fast @read @hash @fast";
        return List.of(
                Command.data("hexpire", -6, sets, one, call -> hexpire(call, call.now(), 1000)),
                Command.data("hpexpire", -6, sets, one, call -> hexpire(call, call.now(), 1)),
                Command.data("hexpireat", -6, sets, one, call -> hexpire(call, 0, 1000)),
                Command.data("hpexpireat", -6, sets, one, call -> hexpire(call, 0, 1)),
                Command.data("hpersist", -5, "write fast @write @hash @fast", one, HashExpiryCommands::hpersist),
                Command.data("httl", -5, reads, one, call -> httl(call, call.now(), 1000)),
                Command.data("hpttl", -5, reads, one, call -> httl(call, call.now(), 1)),
                Command.data("hexpiretime", -5, reads, one, call -> httl(call, 0, 1000)),
                Command.data("hpexpiretime", -5, reads, one, call -> httl(call, 0, 1)));
    }

    /**
     * The words of a call that removes those of some fields that are expired at its time, and does nothing to the others: no field's expiry is both there and
     * before 1.
     */
    public static List<byte[]> dropping(byte[] key, List<byte[]> fields) {
        List<byte[]> words = new ArrayList<>(fields.size() + 6);
        words.add(ascii("HPEXPIREAT"));
        words.add(key);
        words.add(ascii("1"));
        words.add(ascii("GT"));
        words.add(ascii("FIELDS"));
        words.add(ascii(Integer.toString(fields.size())));
        words.addAll(fields);
        return words;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** HEXPIRE key time [NX | XX | GT | LT] FIELDS count field [field ...]. Redis: hexpireGenericCommand. */
    private static void hexpire(Call call, long base, int unitMillis) {
        if (isOther(call)) {
            return;
        }
        long when = time(call, base, unitMillis);
        if (when < 0) {
            return;
        }
        Condition condition = Condition.at(call.args, 3);
        int first =
                fields(call, condition == Condition.NONE ? 3 : 4, "ERR Parameter `numFields` should be greater than 0");
        if (first < 0) {
            return;
        }
        int fields = call.args.count() - first;
        int[] replies = new int[fields];
        boolean deleted = false;
        boolean updated = false;
        boolean emptied;
        try (HashChange hash = HashChange.of(call)) {
            if (hash == null) {
                return;
            }
            for (int i = 0; i < fields; i++) {
                replies[i] = set(call, hash, first + i, when, condition);
                deleted |= replies[i] == DELETED;
                updated |= replies[i] == DONE;
            }
            hash.end();
            emptied = hash.emptied();
        }
        if (call.isFollowed() && (deleted || updated)) {
            List<byte[]> words = new ArrayList<>();
            words.add(Effects.number(when));
            for (int i = 3; i < call.args.count(); i++) {
                words.add(call.args.bytes(i));
            }
            call.instead("HPEXPIREAT", 1, words.toArray(new byte[0][]));
        }
        if (deleted || updated) {
            call.event('h', deleted ? "hdel" : "hexpire", 1);
        }
        end(call, replies, emptied);
    }

    /** Redis: hashTypeSetEx. */
    private static int set(Call call, HashChange hash, int field, long when, Condition condition) {
        if (!hash.contains(field)) {
            return NO_FIELD;
        }
        if (!condition.isMet(hash.expiry(field), when)) {
            return CONDITION_NOT_MET;
        }
        if (when <= call.now()) {
            hash.remove(field);
            return DELETED;
        }
        hash.expire(field, when);
        return DONE;
    }

    private static void hpersist(Call call) {
        int first = isOther(call) ? -1 : fields(call, 2, "ERR Number of fields must be a positive integer");
        if (first < 0) {
            return;
        }
        int[] replies = new int[call.args.count() - first];
        boolean changed = false;
        boolean emptied;
        try (HashChange hash = HashChange.of(call)) {
            if (hash == null) {
                return;
            }
            for (int i = 0; i < replies.length; i++) {
                if (!hash.contains(first + i)) {
                    replies[i] = NO_FIELD;
                } else if (hash.expiry(first + i) == 0) {
                    replies[i] = NO_EXPIRY;
                } else {
                    hash.persist(first + i);
                    replies[i] = DONE;
                    changed = true;
                }
            }
            hash.end();
            emptied = hash.emptied();
        }
        if (changed) {
            call.event('h', "hpersist", 1);
        }
        end(call, replies, emptied);
    }

    private static void end(Call call, int[] replies, boolean emptied) {
        if (emptied) {
            call.event('g', "del", 1);
        }
        call.reply().array(replies.length);
        for (int reply : replies) {
            call.reply().number(reply);
        }
    }

    /** HTTL and its kin: {@code base} is the present for the relative ones, 0 for the absolute ones. Redis: httlGenericCommand. */
    private static void httl(Call call, long base, int unitMillis) {
        boolean there = call.find(1, call.value);
        if (there && !TypeCheck.is(call, call.value, ValueType.HASH)) {
            return;
        }
        int first = fields(call, 2, "ERR Number of fields must be a positive integer");
        if (first < 0) {
            return;
        }
        Args args = call.args;
        call.reply().array(args.count() - first);
        for (int i = first; i < args.count(); i++) {
            if (!there
                    || !HashReader.contains(call.value, args.address(i), args.length(i))
                    || HashCommands.hides(call, i)) {
                call.reply().number(NO_FIELD);
                continue;
            }
            long expireAt = HashReader.expiry(call.value, args.address(i), args.length(i));
            call.reply().number(expireAt == 0 ? NO_EXPIRY : (expireAt - base + unitMillis - 1) / unitMillis);
        }
    }

    /** True, and the error is answered, if the key holds something else than a hash. */
    private static boolean isOther(Call call) {
        return StringCommands.find(call, 1) && !TypeCheck.is(call, call.value, ValueType.HASH);
    }

    /** The expiry that argument 2 asks for; -1 when the error is answered. */
    private static long time(Call call, long base, int unitMillis) {
        if (!CounterCommands.isInteger(call, 2)) {
            return -1;
        }
        long when = Decimal.parse(call.args.address(2), call.args.length(2));
        if (when < 0) {
            call.reply().error("ERR invalid expire time, must be >= 0");
            return -1;
        }
        if (when > MAX_TIME_MILLIS / unitMillis || when * unitMillis > MAX_TIME_MILLIS - base) {
            call.reply().error(ErrorText.expireTime(call.args.text(0).toLowerCase(Locale.ROOT)));
            return -1;
        }
        return when * unitMillis + base;
    }

    /** The first field behind FIELDS, which must stand at an argument; -1 when the error is answered. */
    private static int fields(Call call, int keyword, String notPositive) {
        Args args = call.args;
        if (!args.is(keyword, "fields")) {
            call.reply().error("ERR Mandatory argument FIELDS is missing or not at the right position");
            return -1;
        }
        int number = keyword + 1;
        @Nullable
        Long count = number < args.count() && Decimal.fits(args.address(number), args.length(number))
                ? (Long) Decimal.parse(args.address(number), args.length(number))
                : null;
        if (count == null || count < 1) {
            call.reply().error(notPositive);
            return -1;
        }
        if (count != args.count() - number - 1) {
            call.reply().error("ERR The `numfields` parameter must match the number of arguments");
            return -1;
        }
        return number + 1;
    }

    private enum Condition {
        NONE,
        NX,
        XX,
        GT,
        LT;

        static Condition at(Args args, int index) {
            for (Condition condition : values()) {
                if (condition != NONE && args.is(index, condition.name().toLowerCase(Locale.ROOT))) {
                    return condition;
                }
            }
            return NONE;
        }

        /** {@code current} 0 is no expiry, which LT takes as later than any, and GT, too. */
        boolean isMet(long current, long when) {
            return switch (this) {
                case NONE -> true;
                case NX -> current == 0;
                case XX -> current != 0;
                case GT -> current != 0 && when > current;
                case LT -> current == 0 || when < current;
            };
        }
    }
}

package io.cairn.command;

/**
 * The options of SET and GETEX, parsed into one long so that nothing is allocated: flags in the low bits, the index of
 * the expiry's argument above them. Redis: parseExtendedStringArgumentsOrReply, getExpireMillisecondsOrReply.
 */
final class SetOptions {
    static final int NX = 1;
    static final int XX = 1 << 1;
    static final int GET = 1 << 2;
    static final int KEEPTTL = 1 << 3;
    static final int PERSIST = 1 << 4;
    static final int IFEQ = 1 << 9;
    /** Answer of the methods here when they have answered an error to the client. */
    static final long INVALID = -1;

    private static final int EX = 1 << 5;
    private static final int PX = 1 << 6;
    private static final int EXAT = 1 << 7;
    private static final int PXAT = 1 << 8;
    private static final int EXPIRIES = EX | PX | EXAT | PXAT;
    private static final int INDEX_SHIFT = 16;
    private static final int INDEX_MASK = (1 << 23) - 1;
    private static final int COMPARISON_SHIFT = 40;

    private SetOptions() {}

    static boolean has(long options, int flag) {
        return (options & flag) != 0;
    }

    static boolean hasExpiry(long options) {
        return (options & EXPIRIES) != 0;
    }

    /** The argument that {@link #IFEQ} compares with. */
    static int comparison(long options) {
        return (int) (options >>> COMPARISON_SHIFT);
    }

    /** Parses the options from argument {@code from} on; answers the error and returns {@link #INVALID}. */
    static long parse(Call call, int from, boolean getex) {
        Args args = call.args;
        int flags = 0;
        long index = 0;
        long comparison = 0;
        for (int i = from; i < args.count(); i++) {
            int expiry = expiry(args, i);
            if (i >= INDEX_MASK) {
                call.reply().error(ErrorText.SYNTAX);
                return INVALID;
            }
            if (expiry != 0) {
                // The same unit may be given again, the last one counts; two different ones are an error.
                if ((flags & ((EXPIRIES & ~expiry) | KEEPTTL | PERSIST)) != 0 || i + 1 == args.count()) {
                    call.reply().error(ErrorText.SYNTAX);
                    return INVALID;
                }
                flags |= expiry;
                index = ++i;
                continue;
            }
            int flag = getex ? getexFlag(args, i, flags) : setFlag(args, i, flags);
            if (flag == 0) {
                call.reply().error(ErrorText.SYNTAX);
                return INVALID;
            }
            flags |= flag;
            if (flag == IFEQ) {
                comparison = ++i;
            }
        }
        return flags | index << INDEX_SHIFT | comparison << COMPARISON_SHIFT;
    }

    private static int expiry(Args args, int i) {
        if (args.length(i) == 2) {
            return args.is(i, "ex") ? EX : args.is(i, "px") ? PX : 0;
        }
        return args.is(i, "exat") ? EXAT : args.is(i, "pxat") ? PXAT : 0;
    }

    private static int setFlag(Args args, int i, int flags) {
        if (args.is(i, "nx")) {
            return (flags & (XX | IFEQ)) == 0 ? NX : 0;
        }
        if (args.is(i, "xx")) {
            return (flags & (NX | IFEQ)) == 0 ? XX : 0;
        }
        // Of Valkey 8.1.
        if (args.is(i, "ifeq")) {
            return (flags & (NX | XX | IFEQ)) == 0 && i + 1 < args.count() ? IFEQ : 0;
        }
        if (args.is(i, "get")) {
            return GET;
        }
        return args.is(i, "keepttl") && (flags & EXPIRIES) == 0 ? KEEPTTL : 0;
    }

    private static int getexFlag(Args args, int i, int flags) {
        return args.is(i, "persist") && (flags & EXPIRIES) == 0 ? PERSIST : 0;
    }

    /** The absolute expiry in milliseconds that the options name; answers the error and returns {@link #INVALID}. */
    static long expireAt(Call call, long options, String command) {
        int index = (int) (options >>> INDEX_SHIFT) & INDEX_MASK;
        int unitMillis = (options & (EX | EXAT)) != 0 ? 1000 : 1;
        if ((options & (EX | PX)) != 0) {
            return relativeExpiry(call, index, unitMillis, command);
        }
        return expiry(call, index, unitMillis, 0, command);
    }

    /** An expiry relative to the call's time; answers the error and returns {@link #INVALID}. */
    static long relativeExpiry(Call call, int index, int unitMillis, String command) {
        return expiry(call, index, unitMillis, call.now(), command);
    }

    private static long expiry(Call call, int index, int unitMillis, long base, String command) {
        long address = call.args.address(index);
        int length = call.args.length(index);
        if (!Decimal.fits(address, length)) {
            call.reply().error(ErrorText.NOT_AN_INTEGER);
            return INVALID;
        }
        long amount = Decimal.parse(address, length);
        if (amount <= 0 || amount > Long.MAX_VALUE / unitMillis || amount * unitMillis > Long.MAX_VALUE - base) {
            call.reply().error(ErrorText.expireTime(command));
            return INVALID;
        }
        return amount * unitMillis + base;
    }
}

package io.cairn.command;

/** How long a blocking command waits. Redis: getTimeoutFromObjectOrReply. */
final class BlockingTimeout {
    static final long INVALID = -1;

    private BlockingTimeout() {}

    /**
     * Seconds, perhaps with a fraction, as milliseconds rounded up; 0 is without end. What is too large for Redis's long is negative to it.
     *
     * @return {@link #INVALID} after an error that was answered
     */
    static long seconds(Call call, int argument) {
        LongDouble seconds = LongDouble.parse(call.args.bytes(argument));
        if (seconds == null) {
            call.reply().error("ERR timeout is not a float or out of range");
            return INVALID;
        }
        return notNegative(call, seconds.thousandfoldUp());
    }

    /** Milliseconds; {@link #INVALID} after an error that was answered. */
    static long millis(Call call, int argument) {
        if (!Decimal.fits(call.args.address(argument), call.args.length(argument))) {
            call.reply().error("ERR timeout is not an integer or out of range");
            return INVALID;
        }
        return notNegative(call, Decimal.parse(call.args.address(argument), call.args.length(argument)));
    }

    private static long notNegative(Call call, long millis) {
        if (millis < 0) {
            call.reply().error("ERR timeout is negative");
            return INVALID;
        }
        return millis;
    }
}

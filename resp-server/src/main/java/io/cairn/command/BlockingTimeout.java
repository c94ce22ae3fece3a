package io.cairn.command;

import java.math.BigDecimal;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/** How long a blocking command waits. Redis: getTimeoutFromObjectOrReply. */
final class BlockingTimeout {
    static final long INVALID = -1;
    private static final BigDecimal THOUSAND = BigDecimal.valueOf(1000);
    private static final BigDecimal MAX_MILLIS = BigDecimal.valueOf(Long.MAX_VALUE);

    private BlockingTimeout() {}

    /** Seconds, perhaps with a fraction, as milliseconds rounded up; answers the error and returns {@link #INVALID}. */
    static long seconds(Call call, int argument) {
        BigDecimal seconds = number(call.args.text(argument));
        if (seconds == null) {
            call.reply().error("ERR timeout is not a float or out of range");
            return INVALID;
        }
        if (seconds.signum() < 0) {
            return bounded(call, INVALID);
        }
        BigDecimal millis = seconds.multiply(THOUSAND);
        if (millis.compareTo(MAX_MILLIS) > 0) {
            call.reply().error("ERR timeout is out of range");
            return INVALID;
        }
        if (millis.signum() > 0 && millis.compareTo(BigDecimal.ONE) < 0) {
            return 1;
        }
        return bounded(call, millis.setScale(0, RoundingMode.CEILING).longValue());
    }

    /** Milliseconds; answers the error and returns {@link #INVALID}. */
    static long millis(Call call, int argument) {
        if (!Decimal.fits(call.args.address(argument), call.args.length(argument))) {
            call.reply().error("ERR timeout is not an integer or out of range");
            return INVALID;
        }
        return bounded(call, Decimal.parse(call.args.address(argument), call.args.length(argument)));
    }

    private static long bounded(Call call, long millis) {
        if (millis < 0) {
            call.reply().error("ERR timeout is negative");
            return INVALID;
        }
        if (millis > Long.MAX_VALUE - call.now()) {
            call.reply().error("ERR timeout is out of range");
            return INVALID;
        }
        return millis;
    }

    private static @Nullable BigDecimal number(String text) {
        try {
            return text.isEmpty() || text.length() > 256 ? null : new BigDecimal(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }
}

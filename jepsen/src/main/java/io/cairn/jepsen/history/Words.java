package io.cairn.jepsen.history;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Operations, values and times as people read them in a verdict. */
public final class Words {
    /** Elements of a list that are shown; of a longer one the first two and the last ones. */
    private static final int MOST_ELEMENTS = 12;

    private Words() {}

    /** Like {@code client 3 cas x [1, 2] -> ok [1.002000 s .. 1.004100 s] at 127.0.2.1:7000}. */
    public static String of(Operation operation) {
        StringBuilder words = new StringBuilder("client ")
                .append(operation.client())
                .append(' ')
                .append(operation.f())
                .append(' ')
                .append(operation.key());
        if (operation.in() != null) {
            words.append(' ').append(value(operation.in()));
        }
        words.append(" -> ");
        switch (operation.outcome()) {
            case OK -> words.append(operation.out() == null && operation.in() != null ? "ok" : value(operation.out()));
            case FAIL -> words.append("refused (").append(operation.error()).append(')');
            case INFO -> words.append("unknown (").append(operation.error()).append(')');
        }
        words.append(" [").append(seconds(operation.call())).append(" .. ").append(seconds(operation.ret()));
        words.append(']');
        if (operation.node() != null) {
            words.append(" at ").append(operation.node());
        }
        return words.toString();
    }

    /** Nanoseconds since the run began as seconds. */
    public static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.6f s", nanos / 1e9);
    }

    /** A value as JSON has it; null is {@code nil}, and a long list loses its middle. */
    public static String value(@Nullable Object value) {
        if (value == null) {
            return "nil";
        }
        if (!(value instanceof List<?> list)) {
            return value.toString();
        }
        StringBuilder words = new StringBuilder("[");
        for (int i = 0; i < list.size(); i++) {
            boolean leftOut = list.size() > MOST_ELEMENTS && i == 2;
            if (i > 0) {
                words.append(", ");
            }
            if (leftOut) {
                int next = list.size() - (MOST_ELEMENTS - 3);
                words.append("... ").append(next - 2).append(" more ..., ");
                i = next;
            }
            words.append(value(list.get(i)));
        }
        return words.append(']').toString();
    }

    /**
     * A number as {@link Operation} has it.
     *
     * @throws IllegalArgumentException when it is none: the history is not of this workload
     */
    public static long number(@Nullable Object value, Operation operation) {
        if (value instanceof Number number) {
            return number.longValue();
        }
        if (value instanceof String digits) {
            try {
                return Long.parseLong(digits);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("no number: " + digits + " in " + of(operation), e);
            }
        }
        throw new IllegalArgumentException("no number: " + value + " in " + of(operation));
    }

    /**
     * A list as {@link Operation} has it.
     *
     * @throws IllegalArgumentException when it is none: the history is not of this workload
     */
    public static List<?> list(@Nullable Object value, Operation operation) {
        if (value instanceof List<?> list) {
            return list;
        }
        throw new IllegalArgumentException("no list: " + value + " in " + of(operation));
    }

    /** The same number is the same value, no matter how wide it was when it was read. */
    public static Object plain(Object value) {
        Objects.requireNonNull(value);
        return value instanceof Integer || value instanceof Short ? ((Number) value).longValue() : value;
    }
}

package io.cairn.jepsen.report;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Text into HTML: whatever comes from a run may hold markup and is escaped here. */
final class Html {
    private static final double SECOND = 1e9;
    private static final double MILLI = 1e6;

    private Html() {}

    /** For text and for attributes in double quotes; control characters that HTML forbids are shown as U+FFFD. */
    static String escape(@Nullable Object value) {
        String text = String.valueOf(value);
        StringBuilder escaped = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                case '\n', '\t' -> escaped.append(c);
                default -> escaped.append(c < ' ' || c == '\u007f' || lonelySurrogate(text, i) ? '\ufffd' : c);
            }
        }
        return escaped.toString();
    }

    private static boolean lonelySurrogate(String text, int at) {
        char c = text.charAt(at);
        if (Character.isHighSurrogate(c)) {
            return at + 1 == text.length() || !Character.isLowSurrogate(text.charAt(at + 1));
        }
        return Character.isLowSurrogate(c) && (at == 0 || !Character.isHighSurrogate(text.charAt(at - 1)));
    }

    /** JSON for a script element: no character in it can end the element or begin a comment. */
    static String scriptJson(String json) {
        return json.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026");
    }

    /** A point in time since the run began. */
    static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.3f", nanos / SECOND);
    }

    /** A time as people read it: {@code 640 ms}, {@code 12.4 s}; a dash for none. */
    static String span(@Nullable Long nanos) {
        if (nanos == null) {
            return "–";
        }
        return nanos < SECOND
                ? String.format(Locale.ROOT, "%.0f ms", nanos / MILLI)
                : String.format(Locale.ROOT, "%.1f s", nanos / SECOND);
    }

    static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }
}

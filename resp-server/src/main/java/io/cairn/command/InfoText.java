package io.cairn.command;

import java.util.Locale;

/** The lines of an INFO reply as they are written. */
final class InfoText {
    private static final String UNITS = "KMGTP";

    private final StringBuilder text = new StringBuilder();

    /** Begins a section. */
    void section(String title) {
        if (text.length() > 0) {
            text.append("\r\n");
        }
        text.append("# ").append(title).append("\r\n");
    }

    InfoText line(String name, String value) {
        text.append(name).append(':').append(value).append("\r\n");
        return this;
    }

    InfoText line(String name, long value) {
        text.append(name).append(':').append(value).append("\r\n");
        return this;
    }

    InfoText line(String name, boolean value) {
        return line(name, value ? 1 : 0);
    }

    /** Two digits after the point. */
    InfoText fraction(String name, double value) {
        return line(name, String.format(Locale.ROOT, "%.2f", value));
    }

    /** A number of bytes, and the same as people read it under {@code name_human}. */
    InfoText bytes(String name, long value) {
        return line(name, value).line(name + "_human", human(value));
    }

    /** Redis: bytesToHuman. */
    static String human(long bytes) {
        if (bytes < 1024) {
            return bytes + "B";
        }
        double value = bytes;
        int unit = -1;
        while (value >= 1024 && unit < UNITS.length() - 1) {
            value /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, "%.2f%c", value, UNITS.charAt(unit));
    }

    @Override
    public String toString() {
        return text.toString();
    }
}

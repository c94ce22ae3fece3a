package io.cairn.jepsen.report;

import io.cairn.jepsen.history.FaultWindow;
import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.history.Phase;
import java.util.Arrays;
import java.util.Locale;

/** The plots of a run as SVG. Colours are the page's, by class, so that they follow light and dark. */
final class Plots {
    static final int WIDTH = 1_100;
    static final int LEFT = 58;
    static final int RIGHT = 10;
    private static final int HEIGHT = 190;
    private static final int TOP = 8;
    private static final int BOTTOM = 24;
    private static final int BAND = 46;
    /** Below this width a fault would not be seen. */
    private static final double THINNEST = 1.5;

    private static final double LETTER = 6.2;
    private static final long[] STEPS = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400};
    private static final int MOST_TICKS = 14;
    private static final double SECOND = 1e9;

    private final History history;
    private final Buckets buckets;

    Plots(History history, Buckets buckets) {
        this.history = history;
        this.buckets = buckets;
    }

    private double x(long nanos) {
        return LEFT + (double) nanos / buckets.end * (WIDTH - LEFT - RIGHT);
    }

    private static String at(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    /** Phases and faults as two lanes of labelled bars. */
    String band() {
        StringBuilder svg = open("band", BAND, "Phases and faults over time");
        svg.append("<text x=\"").append(LEFT - 8).append("\" y=\"15\" class=\"axis end\">phases</text>");
        svg.append("<text x=\"").append(LEFT - 8).append("\" y=\"37\" class=\"axis end\">faults</text>");
        for (Phase phase : history.phases()) {
            bar(svg, "phase", 3, phase.begin(), phase.end(), phase.name(), phase.name());
        }
        for (FaultWindow fault : history.faults()) {
            bar(svg, "fault", 25, fault.begin(), fault.healed(), fault.kind(), label(fault));
        }
        return svg.append("</svg>\n").toString();
    }

    private void bar(StringBuilder svg, String css, int y, long begin, long end, String name, String label) {
        double width = Math.max(THINNEST, x(end) - x(begin));
        svg.append("<g class=\"").append(css).append("\"><title>").append(Html.escape(label));
        if (css.equals("phase")) {
            svg.append(Html.escape(": " + Html.seconds(begin) + " s to " + Html.seconds(end) + " s"));
        }
        svg.append("</title><rect x=\"").append(at(x(begin))).append("\" y=\"" + y + "\" width=\"");
        svg.append(at(width)).append("\" height=\"17\" rx=\"2\"/>");
        if (width > name.length() * LETTER + 8) {
            svg.append("<text x=\"").append(at(x(begin) + 5)).append("\" y=\"" + (y + 12) + "\">");
            svg.append(Html.escape(name)).append("</text>");
        }
        svg.append("</g>");
    }

    static String label(FaultWindow fault) {
        return fault.kind() + ": " + fault.what() + "\nfrom " + Html.seconds(fault.begin()) + " s, "
                + Html.span(fault.healed() - fault.begin()) + (fault.confirmed() ? "\nseen: " : "\nNOT confirmed: ")
                + fault.probe();
    }

    /** Operations per second by outcome, one upon the other. */
    String availability() {
        StringBuilder svg = open("rate", HEIGHT, "Operations per second by outcome");
        double perSecond = buckets.rateWidth / SECOND;
        int pieces = buckets.counts[0].length;
        double most = 1;
        for (int i = 0; i < pieces; i++) {
            double sum = 0;
            for (int[] outcome : buckets.counts) {
                sum += outcome[i];
            }
            most = Math.max(most, sum / perSecond);
        }
        double step = roundStep(most / 4);
        double top = Math.ceil(most / step) * step;
        shade(svg, HEIGHT);
        for (double tick = 0; tick <= top; tick += step) {
            grid(svg, y(tick / top), String.format(Locale.ROOT, step < 1 ? "%,.1f" : "%,.0f", tick));
        }
        double[] below = new double[pieces];
        for (Outcome outcome : new Outcome[] {Outcome.OK, Outcome.INFO, Outcome.FAIL}) {
            int[] counts = buckets.counts[Buckets.column(outcome)];
            StringBuilder path = new StringBuilder();
            for (int i = 0; i < pieces; i++) {
                if (counts[i] > 0) {
                    double from = below[i];
                    below[i] += counts[i] / perSecond;
                    path.append("M")
                            .append(at(x(i * buckets.rateWidth)))
                            .append(" ")
                            .append(at(y(from / top)));
                    path.append("V").append(at(y(below[i] / top)));
                    path.append("H").append(at(x(Math.min(buckets.end, (i + 1) * buckets.rateWidth))));
                    path.append("V").append(at(y(from / top))).append("Z");
                }
            }
            svg.append("<path class=\"area ").append(css(outcome)).append("\" d=\"" + path + "\"/>");
        }
        return close(svg);
    }

    /** The median and the 99th percentile of each piece of time; logarithmic. */
    String latency() {
        StringBuilder svg = open("latency", HEIGHT, "Latency by time of call");
        long least = Long.MAX_VALUE;
        long most = 1;
        for (int outcome = 0; outcome < buckets.median.length; outcome++) {
            least = Math.min(
                    least,
                    Arrays.stream(buckets.median[outcome])
                            .filter(v -> v > 0)
                            .min()
                            .orElse(Long.MAX_VALUE));
            most = Math.max(most, Arrays.stream(buckets.p99[outcome]).max().orElse(1));
        }
        int low = least == Long.MAX_VALUE ? 6 : Math.max(3, (int) Math.floor(Math.log10((double) least)));
        int high = Math.max(low + 1, (int) Math.ceil(Math.log10((double) most)));
        shade(svg, HEIGHT);
        for (int decade = low; decade <= high; decade++) {
            grid(svg, y((double) (decade - low) / (high - low)), decadeName(decade));
        }
        line(svg, "p99 ok", buckets.p99[Buckets.column(Outcome.OK)], low, high);
        line(svg, "p50 ok", buckets.median[Buckets.column(Outcome.OK)], low, high);
        dots(svg, "fail", buckets.p99[Buckets.column(Outcome.FAIL)], low, high);
        dots(svg, "info", buckets.p99[Buckets.column(Outcome.INFO)], low, high);
        return close(svg);
    }

    private static double share(double nanos, int low, int high) {
        return Math.max(0, (Math.log10(nanos) - low) / (high - low));
    }

    private void line(StringBuilder svg, String css, long[] values, int low, int high) {
        StringBuilder path = new StringBuilder();
        boolean drawn = false;
        for (int i = 0; i < values.length; i++) {
            if (values[i] > 0) {
                double middle = x(Math.min(buckets.end, i * buckets.latencyWidth + buckets.latencyWidth / 2));
                // A short stroke of its own where a neighbour is missing: a line across would claim answers.
                path.append(
                        drawn ? "L" : "M" + at(middle - 1) + " " + at(y(share((double) values[i], low, high))) + "L");
                path.append(at(middle)).append(" ").append(at(y(share((double) values[i], low, high))));
            }
            drawn = values[i] > 0;
        }
        svg.append("<path class=\"line " + css + "\" d=\"" + path + "\"/>");
    }

    private void dots(StringBuilder svg, String css, long[] values, int low, int high) {
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < values.length; i++) {
            if (values[i] > 0) {
                double middle = x(Math.min(buckets.end, i * buckets.latencyWidth + buckets.latencyWidth / 2));
                path.append("M").append(at(middle)).append(" ");
                path.append(at(y(share((double) values[i], low, high)))).append("h0");
            }
        }
        svg.append("<path class=\"dots " + css + "\" d=\"" + path + "\"/>");
    }

    private static double y(double share) {
        return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP);
    }

    private static String css(Outcome outcome) {
        return outcome.name().toLowerCase(Locale.ROOT);
    }

    private static StringBuilder open(String id, int height, String title) {
        return new StringBuilder("<svg id=\"" + id + "\" viewBox=\"0 0 " + WIDTH + " " + height
                + "\" role=\"img\" aria-label=\"" + title + "\">");
    }

    private void shade(StringBuilder svg, int height) {
        for (FaultWindow fault : history.faults()) {
            svg.append("<rect class=\"shade\" x=\"")
                    .append(at(x(fault.begin())))
                    .append("\" y=\"" + TOP + "\" width=\"");
            svg.append(at(Math.max(THINNEST, x(fault.healed()) - x(fault.begin()))));
            svg.append("\" height=\"" + (height - BOTTOM - TOP) + "\"><title>");
            svg.append(Html.escape(label(fault))).append("</title></rect>");
        }
    }

    private static void grid(StringBuilder svg, double y, String label) {
        svg.append("<path class=\"grid\" d=\"M" + LEFT + " " + at(y) + "H" + (WIDTH - RIGHT) + "\"/>");
        svg.append("<text class=\"axis end\" x=\"" + (LEFT - 8) + "\" y=\"" + at(y + 4) + "\">" + label + "</text>");
    }

    private String close(StringBuilder svg) {
        double seconds = buckets.end / SECOND;
        long step = STEPS[STEPS.length - 1];
        for (int i = STEPS.length - 1; i >= 0 && seconds / STEPS[i] <= MOST_TICKS; i--) {
            step = STEPS[i];
        }
        for (long tick = 0; tick <= seconds; tick += step) {
            double x = x(tick * (long) SECOND);
            String anchor = x > WIDTH - RIGHT - 20 ? "axis end" : "axis mid";
            String label = step >= 60 ? tick / 60 + " min" : tick + " s";
            svg.append("<path class=\"tick\" d=\"M" + at(x) + " " + (HEIGHT - BOTTOM) + "v4\"/>");
            svg.append("<text class=\"" + anchor + "\" x=\"" + at(x) + "\" y=\"" + (HEIGHT - 7) + "\">" + label);
            svg.append("</text>");
        }
        svg.append("<path class=\"cursor\" d=\"\"/></svg>\n");
        return svg.toString();
    }

    private static double roundStep(double raw) {
        double power = Math.pow(10, Math.floor(Math.log10(raw)));
        for (double step : new double[] {1, 2, 5}) {
            if (step * power >= raw) {
                return step * power;
            }
        }
        return 10 * power;
    }

    private static String decadeName(int decade) {
        if (decade < 6) {
            return (long) Math.pow(10, decade - 3) + " µs";
        }
        return decade < 9 ? (long) Math.pow(10, decade - 6) + " ms" : (long) Math.pow(10, decade - 9) + " s";
    }
}

package io.cairn.jepsen.nemesis;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The gaps of a run as a table: a line for each kind of fault, apart for shards whose primary was struck. */
public final class GapTable {
    private final List<Gap> gaps;

    public GapTable(List<Gap> gaps) {
        this.gaps = List.copyOf(gaps);
    }

    /** The median gap of the shards whose primary a fault of this kind struck; NaN when there is none. */
    public double medianMillis(String kind) {
        return quantile(
                gaps.stream()
                        .filter(gap -> gap.kind().equals(kind) && gap.primaryStruck())
                        .mapToDouble(Gap::millis)
                        .sorted()
                        .toArray(),
                0.5);
    }

    /** The table in Markdown. */
    public String markdown() {
        Map<String, List<Double>> rows = new LinkedHashMap<>();
        for (Gap gap : gaps) {
            String row = gap.kind() + " | " + (gap.primaryStruck() ? "yes" : "no");
            rows.computeIfAbsent(row, r -> new ArrayList<>()).add(gap.millis());
        }
        StringBuilder table = new StringBuilder("""
                | fault | primary struck | gaps | min ms | median ms | p90 ms | max ms |
                |---|---|---|---|---|---|---|
                """);
        rows.forEach((row, values) -> {
            double[] sorted =
                    values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
            table.append(String.format(
                    Locale.ROOT,
                    "| %s | %d | %.0f | %.0f | %.0f | %.0f |%n",
                    row,
                    sorted.length,
                    sorted[0],
                    quantile(sorted, 0.5),
                    quantile(sorted, 0.9),
                    sorted[sorted.length - 1]));
        });
        return table.toString();
    }

    private static double quantile(double[] sorted, double share) {
        if (sorted.length == 0) {
            return Double.NaN;
        }
        int rank = (int) Math.ceil(share * sorted.length) - 1;
        return sorted[Math.max(0, rank)];
    }
}

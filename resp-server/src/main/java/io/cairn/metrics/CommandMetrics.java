package io.cairn.metrics;

import io.cairn.command.Command;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Calls, times and errors of each command of each node, folded out of the loops' counters when somebody scrapes. A
 * command that was never called has no line.
 */
final class CommandMetrics implements MultiCollector {
    /** Buckets below 2^10 ns (1 us) and above 2^30 ns (1 s) are joined with their neighbours. */
    private static final int FIRST_BUCKET = 10;

    private static final double NANOS = 1e9;
    private static final double MICROS = 1e6;

    private final Map<String, NodeStats> nodes = new ConcurrentSkipListMap<>();

    void add(String node, NodeStats stats) {
        nodes.put(node, stats);
    }

    void remove(String node) {
        nodes.remove(node);
    }

    @Override
    public MetricSnapshots collect() {
        HistogramSnapshot.Builder times = HistogramSnapshot.builder()
                .name("cairn_command_duration_seconds")
                .help("Time commands ran on their event loop, or until their group answered.");
        CounterSnapshot.Builder failed =
                CounterSnapshot.builder().name("cairn_command_failures").help("Calls that answered an error.");
        CounterSnapshot.Builder rejected =
                CounterSnapshot.builder().name("cairn_command_rejections").help("Calls refused before they ran.");
        CounterSnapshot.Builder errors =
                CounterSnapshot.builder().name("cairn_error_replies").help("Error replies by code.");
        nodes.forEach((node, stats) -> {
            stats.forEachCommand((command, calls, micros, refused, failures, histogram) -> {
                Labels labels = labels(node, command);
                times.dataPoint(point(labels, micros, histogram));
                failed.dataPoint(count(labels, failures));
                rejected.dataPoint(count(labels, refused));
            });
            stats.forEachError(
                    (code, number) -> errors.dataPoint(count(Labels.of("node", node, "code", code), number)));
        });
        return MetricSnapshots.of(times.build(), failed.build(), rejected.build(), errors.build());
    }

    private static Labels labels(String node, Command command) {
        return Labels.of("node", node, "command", command.name());
    }

    private static HistogramDataPointSnapshot point(Labels labels, long micros, long[] histogram) {
        int size = histogram.length - FIRST_BUCKET;
        double[] bounds = new double[size];
        long[] counts = new long[size];
        for (int i = 0; i < histogram.length; i++) {
            int bucket = Math.max(0, i - FIRST_BUCKET);
            counts[bucket] += Math.max(0, histogram[i]);
        }
        for (int bucket = 0; bucket < size; bucket++) {
            boolean last = bucket == size - 1;
            bounds[bucket] = last ? Double.POSITIVE_INFINITY : Math.scalb(1.0, bucket + FIRST_BUCKET) / NANOS;
        }
        return HistogramDataPointSnapshot.builder()
                .labels(labels)
                .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, counts))
                .sum(micros / MICROS)
                .build();
    }

    private static CounterDataPointSnapshot count(Labels labels, long value) {
        return CounterDataPointSnapshot.builder()
                .labels(labels)
                .value((double) Math.max(0, value))
                .build();
    }
}

package io.cairn.metrics;

import io.cairn.aof.LogStats;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** The fsyncs of every log as one histogram, read from the logs' own counters when somebody scrapes. */
final class FsyncMetrics implements MultiCollector {
    private static final double NANOS = 1e9;
    private static final double MICROS = 1e6;
    private static final double[] BOUNDS = bounds();

    private final List<Log> logs = new CopyOnWriteArrayList<>();

    private record Log(Labels labels, Supplier<LogStats> stats) {}

    private static double[] bounds() {
        int size = LogStats.SYNC_BOUNDS_MICROS.size();
        double[] bounds = new double[size + 1];
        for (int i = 0; i < size; i++) {
            bounds[i] = LogStats.SYNC_BOUNDS_MICROS.get(i) / MICROS;
        }
        bounds[size] = Double.POSITIVE_INFINITY;
        return bounds;
    }

    /** Adds a log. */
    void add(Tags tags, Supplier<LogStats> stats) {
        List<Tag> all = tags.stream().toList();
        logs.add(new Log(
                Labels.of(
                        all.stream().map(Tag::getKey).toList(),
                        all.stream().map(Tag::getValue).toList()),
                stats));
    }

    @Override
    public MetricSnapshots collect() {
        if (logs.isEmpty()) {
            return MetricSnapshots.of();
        }
        HistogramSnapshot.Builder times = HistogramSnapshot.builder()
                .name("cairn_log_fsync_seconds")
                .help("Fsyncs of the log and the time they took.");
        for (Log log : logs) {
            LogStats stats = log.stats.get();
            times.dataPoint(HistogramDataPointSnapshot.builder()
                    .labels(log.labels)
                    .classicHistogramBuckets(ClassicHistogramBuckets.of(
                            BOUNDS, stats.syncCounts().toArray(new Long[0])))
                    .sum(stats.syncNanos() / NANOS)
                    .build());
        }
        return MetricSnapshots.of(times.build());
    }
}

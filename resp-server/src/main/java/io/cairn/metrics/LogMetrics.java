package io.cairn.metrics;

import io.cairn.aof.LogStats;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.function.Supplier;

/** Meters of one log: fsyncs and their time, entries and bytes appended, disk. Batch size is entries over fsyncs. */
public final class LogMetrics {
    private LogMetrics() {}

    /**
     * Adds the meters of the log that {@code stats} describes. Function meters hold their object weakly: it is the
     * registry itself, and the functions hold {@code stats}.
     */
    public static void bind(MeterRegistry registry, Tags tags, Supplier<LogStats> stats) {
        if (registry instanceof ProcessRegistry own) {
            own.fsyncs().add(tags, stats);
        }
        FunctionCounter.builder("cairn.log.entries", registry, r -> stats.get().appendedEntries())
                .tags(tags)
                .description("Entries appended.")
                .register(registry);
        FunctionCounter.builder("cairn.log.bytes", registry, r -> stats.get().appendedBytes())
                .tags(tags)
                .description("Bytes appended, headers included.")
                .register(registry);
        Gauge.builder("cairn.log.segments", stats, s -> s.get().segments())
                .tags(tags)
                .description("Segment files.")
                .strongReference(true)
                .register(registry);
        Gauge.builder("cairn.log.disk.bytes", stats, s -> s.get().diskBytes())
                .tags(tags)
                .description("Bytes of segment files, preallocated space included.")
                .strongReference(true)
                .register(registry);
    }
}

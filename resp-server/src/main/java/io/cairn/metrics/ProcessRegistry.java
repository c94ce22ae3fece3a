package io.cairn.metrics;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;

/** The registry of one process, with the histograms that Micrometer cannot read from counters. */
final class ProcessRegistry extends PrometheusMeterRegistry {
    private final FsyncMetrics fsyncs = new FsyncMetrics();

    ProcessRegistry() {
        super(PrometheusConfig.DEFAULT);
        getPrometheusRegistry().register(fsyncs);
    }

    FsyncMetrics fsyncs() {
        return fsyncs;
    }
}

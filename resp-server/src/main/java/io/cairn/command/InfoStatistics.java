package io.cairn.command;

import io.cairn.command.Subscriptions.Kind;
import java.util.Locale;

/** INFO's sections of counters. Redis: genRedisInfoString, genRedisInfoStringCommandStats. */
final class InfoStatistics {
    /** Redis: latency-tracking-info-percentiles, at its default. */
    private static final double[] PERCENTILES = {50, 99, 99.9};

    private static final String[] PERCENTILE_NAMES = {"p50=", "p99=", "p99.9="};

    private static final double NANOS_PER_MICRO = 1000;

    private InfoStatistics() {}

    static void stats(ServerState server, InfoText text) {
        Stats stats = server.stats();
        ClientTracking.Counts tracking = server.clients().trackingCounts();
        text.section("Stats");
        text.line("total_connections_received", stats.connectionsReceived())
                .line("total_commands_processed", stats.commandsProcessed())
                .line("instantaneous_ops_per_sec", stats.commandsPerSecond())
                .line("total_net_input_bytes", stats.inputBytes())
                .line("total_net_output_bytes", stats.outputBytes())
                .fraction("instantaneous_input_kbps", stats.inputBytesPerSecond() / 1024.0)
                .fraction("instantaneous_output_kbps", stats.outputBytesPerSecond() / 1024.0)
                .line("rejected_connections", stats.connectionsRejected())
                .line("sync_full", server.followers().fullSyncs())
                .line("sync_partial_ok", server.followers().partialSyncs())
                .line("sync_partial_err", server.followers().refusedPartialSyncs())
                .line("expired_keys", stats.expiredKeys())
                .line("evicted_keys", stats.evictedKeys())
                .line("evicted_clients", stats.evictedClients())
                .line("total_eviction_exceeded_time", server.evictionExceededMillis())
                .line("current_eviction_exceeded_time", server.evictionExceededNowMillis())
                .line("keyspace_hits", stats.keyspaceHits())
                .line("keyspace_misses", stats.keyspaceMisses())
                .line("pubsub_channels", server.pubSub().names(Kind.CHANNEL))
                .line("pubsub_patterns", server.pubSub().names(Kind.PATTERN))
                .line("pubsubshard_channels", server.pubSub().names(Kind.SHARD))
                .line("latest_fork_usec", 0)
                .line("total_forks", 0)
                .line("migrate_cached_sockets", server.migrations().cachedConnections())
                .line("tracking_total_keys", tracking.keys())
                .line("tracking_total_items", tracking.items())
                .line("tracking_total_prefixes", tracking.prefixes())
                .line("total_error_replies", stats.errorReplies())
                .line("client_query_buffer_limit_disconnections", stats.queryBufferLimitDisconnections())
                .line("client_output_buffer_limit_disconnections", stats.outputBufferLimitDisconnections());
    }

    static void commands(ServerState server, InfoText text) {
        text.section("Commandstats");
        server.stats()
                .forEachCommand((command, calls, micros, rejected, failed, histogram) -> text.line(
                        "cmdstat_" + command.name(),
                        String.format(
                                Locale.ROOT,
                                "calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
                                calls,
                                micros,
                                calls == 0 ? 0.0 : (double) micros / calls,
                                rejected,
                                failed)));
    }

    static void errors(ServerState server, InfoText text) {
        text.section("Errorstats");
        server.stats().forEachError((code, count) -> text.line("errorstat_" + code, "count=" + count));
    }

    static void latencies(ServerState server, InfoText text) {
        text.section("Latencystats");
        server.stats().forEachCommand((command, calls, micros, rejected, failed, histogram) -> {
            if (calls > 0) {
                text.line("latency_percentiles_usec_" + command.name(), percentiles(histogram));
            }
        });
    }

    private static String percentiles(long[] histogram) {
        long total = 0;
        for (long count : histogram) {
            total += count;
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < PERCENTILES.length; i++) {
            double micros = nanosAt(histogram, total, PERCENTILES[i]) / NANOS_PER_MICRO;
            text.append(i == 0 ? "" : ",")
                    .append(PERCENTILE_NAMES[i])
                    .append(String.format(Locale.ROOT, "%.3f", micros));
        }
        return text.toString();
    }

    /** The upper end of the bucket that the percentile falls into. */
    private static double nanosAt(long[] histogram, long total, double percentile) {
        long rank = (long) Math.ceil(total * percentile / 100);
        long seen = 0;
        for (int i = 0; i < histogram.length; i++) {
            seen += histogram[i];
            if (seen >= rank && seen > 0) {
                return Math.scalb(1.0, i);
            }
        }
        return 0;
    }
}

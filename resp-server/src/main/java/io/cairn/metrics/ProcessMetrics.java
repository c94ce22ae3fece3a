package io.cairn.metrics;

import io.cairn.command.Clients;
import io.cairn.command.PubSub;
import io.cairn.command.Release;
import io.cairn.command.Subscriptions.Kind;
import io.cairn.keyspace.Keyspace;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import java.util.function.ToDoubleFunction;

/** The Micrometer registry of one process, as Prometheus text. Meters read counters when scraped; none costs a command. */
public final class ProcessMetrics implements AutoCloseable {
    private final ProcessRegistry registry = new ProcessRegistry();
    private final CommandMetrics commands = new CommandMetrics();
    private final JvmGcMetrics collector = new JvmGcMetrics();

    public ProcessMetrics() {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ClassLoaderMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        collector.bindTo(registry);
        Gauge.builder("cairn.version", () -> 1)
                .tags("version", Release.VERSION)
                .description("Always 1; the version is the label.")
                .register(registry);
        registry.getPrometheusRegistry().register(commands);
    }

    /** For the meters of others, as those of raft groups; names begin with {@code cairn.}. */
    public MeterRegistry registry() {
        return registry;
    }

    /** The tags that every meter of a node carries. */
    public static Tags tags(String node) {
        return Tags.of("node", node);
    }

    /** Adds the meters of a node. */
    public void add(String node, NodeStats stats, Clients clients, Keyspace keyspace, PubSub pubSub) {
        commands.add(node, stats);
        Tags tags = tags(node);
        counter("cairn.connections.received", "Connections accepted.", tags, stats, NodeStats::connectionsReceived);
        counter("cairn.connections.rejected", "Connections turned away.", tags, stats, NodeStats::connectionsRejected);
        counter("cairn.net.input.bytes", "Bytes read from clients.", tags, stats, NodeStats::inputBytes);
        counter("cairn.net.output.bytes", "Bytes sent to clients.", tags, stats, NodeStats::outputBytes);
        counter("cairn.keyspace.hits", "Reads that found their key.", tags, stats, NodeStats::keyspaceHits);
        counter("cairn.keyspace.misses", "Reads that did not.", tags, stats, NodeStats::keyspaceMisses);
        counter("cairn.keyspace.expired", "Keys deleted by expiry.", tags, stats, NodeStats::expiredKeys);
        counter("cairn.keyspace.evicted", "Keys deleted at maxmemory.", tags, stats, NodeStats::evictedKeys);
        gauge("cairn.connections", "Clients connected.", tags, clients, Clients::count);
        gauge("cairn.connections.waiting", "Clients whose reply comes later.", tags, clients, Clients::waiting);
        gauge("cairn.keyspace.used.bytes", "Off-heap bytes of data.", tags, keyspace, Keyspace::usedBytes);
        gauge("cairn.keyspace.keys", "Keys of all databases.", tags, keyspace, ProcessMetrics::keys);
        gauge("cairn.keyspace.volatile.keys", "Keys with an expiry.", tags, keyspace, ProcessMetrics::volatileKeys);
        gauge("cairn.pubsub.channels", "Channels with subscribers.", tags, pubSub, p -> p.names(Kind.CHANNEL));
        gauge("cairn.pubsub.patterns", "Patterns with subscribers.", tags, pubSub, p -> p.names(Kind.PATTERN));
        gauge(
                "cairn.pubsub.shard.channels",
                "Shard channels with subscribers.",
                tags,
                pubSub,
                p -> p.names(Kind.SHARD));
    }

    /** Takes a node's meters away, those of its groups too. */
    public void remove(String node) {
        for (Meter meter : registry.getMeters()) {
            if (node.equals(meter.getId().getTag("node"))) {
                registry.remove(meter);
            }
        }
        commands.remove(node);
    }

    private static long keys(Keyspace keyspace) {
        long sum = 0;
        for (int i = 0; i < keyspace.databases(); i++) {
            sum += keyspace.database(i).size();
        }
        return sum;
    }

    private static long volatileKeys(Keyspace keyspace) {
        long sum = 0;
        for (int i = 0; i < keyspace.databases(); i++) {
            sum += keyspace.database(i).volatileKeys();
        }
        return sum;
    }

    private <T> void counter(String name, String help, Tags tags, T source, ToDoubleFunction<T> value) {
        FunctionCounter.builder(name, source, value)
                .tags(tags)
                .description(help)
                .register(registry);
    }

    private <T> void gauge(String name, String help, Tags tags, T source, ToDoubleFunction<T> value) {
        Gauge.builder(name, source, value)
                .tags(tags)
                .description(help)
                .strongReference(true)
                .register(registry);
    }

    /** Prometheus text. */
    public String scrape() {
        return registry.scrape();
    }

    @Override
    public void close() {
        collector.close();
        registry.close();
    }
}

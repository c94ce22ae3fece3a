package io.cairn.metrics;

import io.cairn.command.CommandTable;
import io.cairn.command.Stats;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToLongFunction;

/**
 * The counters of one node. Event loops count in {@link LoopStats} of their own ({@link #local}); sums are made when
 * somebody asks. RESETSTAT remembers the sums and subtracts them from then on, so that nobody writes another's counter.
 */
public final class NodeStats implements Stats {
    private final CommandTable commands;
    private final List<LoopStats> loops = new CopyOnWriteArrayList<>();
    private final FastThreadLocal<LoopStats> local = new FastThreadLocal<>() {
        @Override
        protected LoopStats initialValue() {
            LoopStats stats = new LoopStats(commands.size());
            loops.add(stats);
            return stats;
        }
    };

    private final LongAdder connectionsReceived = new LongAdder();
    private final LongAdder connectionsRejected = new LongAdder();
    private final LongAdder outputLimitDisconnections = new LongAdder();
    private final LongAdder queryLimitDisconnections = new LongAdder();
    private final LongAdder expired = new LongAdder();
    private final LongAdder evicted = new LongAdder();
    private final LongAdder evictedClients = new LongAdder();
    private final RateSampler commandRate = new RateSampler();
    private final RateSampler inputRate = new RateSampler();
    private final RateSampler outputRate = new RateSampler();
    private volatile long peakUsedBytes;
    private volatile Base base;

    /** What RESETSTAT subtracts. */
    private record Base(LoopStats sums, long received, long rejected, long expired, long evicted) {}

    public NodeStats(CommandTable commands) {
        this.commands = commands;
        this.base = new Base(new LoopStats(commands.size()), 0, 0, 0, 0);
    }

    /** The counters of the calling thread. */
    public LoopStats local() {
        return local.get();
    }

    public void connectionReceived() {
        connectionsReceived.increment();
    }

    public void connectionRejected() {
        connectionsRejected.increment();
    }

    public void outputLimitReached() {
        outputLimitDisconnections.increment();
    }

    public void queryLimitReached() {
        queryLimitDisconnections.increment();
    }

    public void expired(long keys) {
        expired.add(keys);
    }

    public void evicted(long keys) {
        evicted.add(keys);
    }

    public void clientEvicted() {
        evictedClients.increment();
    }

    /** Samples the rates and the memory; about ten times a second, from one thread. */
    public void sample(long nowNanos, long usedBytes) {
        commandRate.sample(sum(s -> s.commands), nowNanos);
        inputRate.sample(sum(s -> s.inputBytes), nowNanos);
        outputRate.sample(sum(s -> s.outputBytes), nowNanos);
        peakUsedBytes = Math.max(peakUsedBytes, usedBytes);
    }

    private long sum(ToLongFunction<LoopStats> field) {
        long sum = 0;
        for (LoopStats loop : loops) {
            sum += field.applyAsLong(loop);
        }
        return sum;
    }

    private long sinceReset(ToLongFunction<LoopStats> field) {
        return sum(field) - field.applyAsLong(base.sums);
    }

    @Override
    public long connectionsReceived() {
        return connectionsReceived.sum() - base.received;
    }

    @Override
    public long connectionsRejected() {
        return connectionsRejected.sum() - base.rejected;
    }

    @Override
    public long commandsProcessed() {
        return sinceReset(s -> s.commands);
    }

    @Override
    public long commandsPerSecond() {
        return commandRate.perSecond();
    }

    @Override
    public long inputBytes() {
        return sinceReset(s -> s.inputBytes);
    }

    @Override
    public long outputBytes() {
        return sinceReset(s -> s.outputBytes);
    }

    @Override
    public long inputBytesPerSecond() {
        return inputRate.perSecond();
    }

    @Override
    public long outputBytesPerSecond() {
        return outputRate.perSecond();
    }

    @Override
    public long keyspaceHits() {
        return sinceReset(s -> s.hits);
    }

    @Override
    public long keyspaceMisses() {
        return sinceReset(s -> s.misses);
    }

    @Override
    public long expiredKeys() {
        return expired.sum() - base.expired;
    }

    @Override
    public long evictedKeys() {
        return evicted.sum() - base.evicted;
    }

    @Override
    public long evictedClients() {
        return evictedClients.sum();
    }

    @Override
    public long errorReplies() {
        return sinceReset(s -> s.errorReplies);
    }

    @Override
    public long outputBufferLimitDisconnections() {
        return outputLimitDisconnections.sum();
    }

    @Override
    public long queryBufferLimitDisconnections() {
        return queryLimitDisconnections.sum();
    }

    @Override
    public long peakUsedBytes() {
        return peakUsedBytes;
    }

    @Override
    public void forEachCommand(CommandVisitor visitor) {
        LoopStats reset = base.sums;
        for (int i = 0; i < commands.size(); i++) {
            int id = i;
            long calls = sum(s -> s.calls[id]) - reset.calls[id];
            long rejected = sum(s -> s.rejected[id]) - reset.rejected[id];
            long failed = sum(s -> s.failed[id]) - reset.failed[id];
            if (calls != 0 || rejected != 0 || failed != 0) {
                long nanos = sum(s -> s.nanos[id]) - reset.nanos[id];
                visitor.visit(commands.command(id), calls, nanos / 1000, rejected, failed, histogram(id));
            }
        }
    }

    private long[] histogram(int id) {
        long[] sums = new long[LoopStats.BUCKETS];
        add(sums, id, loops, 1);
        add(sums, id, List.of(base.sums), -1);
        return sums;
    }

    private static void add(long[] sums, int id, List<LoopStats> from, int sign) {
        for (LoopStats loop : from) {
            long[] histogram = loop.histograms[id];
            for (int bucket = 0; histogram != null && bucket < sums.length; bucket++) {
                sums[bucket] += sign * histogram[bucket];
            }
        }
    }

    @Override
    public void forEachError(ErrorVisitor visitor) {
        TreeMap<String, Long> sums = new TreeMap<>();
        for (LoopStats loop : loops) {
            loop.errors.forEach((code, count) -> sums.merge(code, count.sum(), Long::sum));
        }
        base.sums.errors.forEach((code, count) -> sums.merge(code, -count.sum(), Long::sum));
        sums.forEach((code, count) -> {
            if (count > 0) {
                visitor.visit(code, count);
            }
        });
    }

    @Override
    public void reset() {
        LoopStats sums = new LoopStats(commands.size());
        for (LoopStats loop : loops) {
            sums.commands += loop.commands;
            sums.inputBytes += loop.inputBytes;
            sums.outputBytes += loop.outputBytes;
            sums.errorReplies += loop.errorReplies;
            sums.hits += loop.hits;
            sums.misses += loop.misses;
            loop.errors.forEach((code, count) ->
                    sums.errors.computeIfAbsent(code, c -> new LongAdder()).add(count.sum()));
            for (int id = 0; id < commands.size(); id++) {
                sums.calls[id] += loop.calls[id];
                sums.nanos[id] += loop.nanos[id];
                sums.rejected[id] += loop.rejected[id];
                sums.failed[id] += loop.failed[id];
            }
        }
        for (int id = 0; id < commands.size(); id++) {
            sums.histograms[id] = new long[LoopStats.BUCKETS];
            add(java.util.Objects.requireNonNull(sums.histograms[id]), id, loops, 1);
        }
        base = new Base(sums, connectionsReceived.sum(), connectionsRejected.sum(), expired.sum(), evicted.sum());
        outputLimitDisconnections.reset();
        queryLimitDisconnections.reset();
        evictedClients.reset();
        commandRate.reset();
        inputRate.reset();
        outputRate.reset();
        peakUsedBytes = 0;
    }
}

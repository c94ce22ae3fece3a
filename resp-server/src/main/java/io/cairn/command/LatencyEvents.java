package io.cairn.command;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Redis's latency monitor: spikes by event name, the last 160 of each. Any thread. */
public final class LatencyEvents {
    /** Spikes kept for one event (Redis: LATENCY_TS_LEN). */
    static final int MAX_SAMPLES = 160;

    private final TreeMap<String, ArrayDeque<Sample>> events = new TreeMap<>();
    private final TreeMap<String, Long> maxima = new TreeMap<>();
    private volatile long thresholdMillis;

    /** One spike: Unix time and milliseconds. */
    public record Sample(long timeSeconds, long millis) {}

    /** The last spike of an event and its worst ever. */
    public record Latest(String event, long timeSeconds, long millis, long maxMillis) {}

    /** latency-monitor-threshold, 0 for off. */
    public void thresholdMillis(long millis) {
        thresholdMillis = millis;
    }

    public long thresholdMillis() {
        return thresholdMillis;
    }

    /** True when the monitor is on and something that took so long is a spike. */
    public boolean takes(long nanos) {
        long threshold = thresholdMillis;
        return threshold > 0 && nanos / 1_000_000 >= threshold;
    }

    /** Remembers a spike when the monitor is on and it reaches the threshold; one a second is kept, the worst. */
    public void add(String event, long timeSeconds, long millis) {
        long threshold = thresholdMillis;
        if (threshold == 0 || millis < threshold) {
            return;
        }
        synchronized (this) {
            ArrayDeque<Sample> samples = events.computeIfAbsent(event, e -> new ArrayDeque<>());
            maxima.merge(event, millis, Math::max);
            Sample last = samples.peekLast();
            if (last != null && last.timeSeconds() == timeSeconds) {
                if (last.millis() >= millis) {
                    return;
                }
                samples.removeLast();
            }
            samples.addLast(new Sample(timeSeconds, millis));
            if (samples.size() > MAX_SAMPLES) {
                samples.removeFirst();
            }
        }
    }

    /** In order of event name. */
    public synchronized List<Latest> latest() {
        List<Latest> all = new ArrayList<>();
        events.forEach((event, samples) -> {
            Sample last = samples.getLast();
            all.add(new Latest(event, last.timeSeconds(), last.millis(), maxima.getOrDefault(event, last.millis())));
        });
        return all;
    }

    /** Oldest first; empty for an unknown event. */
    public synchronized List<Sample> history(String event) {
        ArrayDeque<Sample> samples = events.get(event);
        return samples == null ? List.of() : List.copyOf(samples);
    }

    /** Forgets one event, or all when {@code event} is empty; returns how many. */
    public synchronized int reset(String event) {
        if (event.isEmpty()) {
            int count = events.size();
            events.clear();
            maxima.clear();
            return count;
        }
        maxima.remove(event);
        return events.remove(event) == null ? 0 : 1;
    }
}

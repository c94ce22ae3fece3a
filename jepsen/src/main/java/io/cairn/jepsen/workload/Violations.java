package io.cairn.jepsen.workload;

import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** What was seen and may not be. Thread-safe; keeps the first {@value #KEPT} and counts the rest. */
public final class Violations {
    private static final int KEPT = 50;

    private final List<String> kept = new ArrayList<>();
    private final AtomicLong count = new AtomicLong();

    public synchronized void add(String what) {
        if (count.incrementAndGet() <= KEPT) {
            kept.add(LocalTime.now(ZoneId.systemDefault()) + " " + what);
        }
    }

    public long count() {
        return count.get();
    }

    /** The first ones in the order they were seen, each with the time of day, to be found in the servers' logs. */
    public synchronized List<String> first() {
        return List.copyOf(kept);
    }
}

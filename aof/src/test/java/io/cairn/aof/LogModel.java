package io.cairn.aof;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * What a log must hold: what was acknowledged, and what one unfinished operation may have made of it. Drives a log
 * through random operations and judges what a restart finds.
 */
final class LogModel {
    long first = 1;
    List<Entry> entries = new ArrayList<>();
    private long term = 1;

    /** What the operation under way may leave behind, besides the state before it; null between operations. */
    private Outcomes pending = (f, held) -> false;

    /** Says whether a log that starts at {@code first} and holds {@code held} is a fair result. */
    private interface Outcomes {
        boolean allow(long first, List<Entry> held);
    }

    private long last() {
        return first + entries.size() - 1;
    }

    /** One random operation; the model follows when it returns. */
    void step(Log log, Random random) throws LogException {
        switch (random.nextInt(12)) {
            case 0, 1 -> truncateSuffix(log, first - 1 + random.nextInt(entries.size() + 1));
            case 2 -> truncatePrefix(log, first + random.nextInt(entries.size() + 3));
            case 3 -> {
                if (random.nextInt(4) == 0) {
                    reset(log, 1 + random.nextInt((int) last() + 30));
                }
            }
            default -> append(log, random);
        }
        pending = (f, held) -> false;
    }

    private void append(Log log, Random random) throws LogException {
        List<Entry> batch = new ArrayList<>();
        int count = 1 + random.nextInt(6);
        for (int i = 0; i < count; i++) {
            int bytes = random.nextInt(10) == 0 ? random.nextInt(12_000) : random.nextInt(900);
            batch.add(LogConformanceTest.entry(last() + 1 + i, term, bytes));
        }
        List<Entry> after = new ArrayList<>(entries);
        after.addAll(batch);
        int atLeast = entries.size();
        long start = first;
        pending = (f, held) -> f == start && held.size() >= atLeast && isPrefix(held, after);
        log.append(batch);
        entries = after;
    }

    private void truncateSuffix(Log log, long kept) throws LogException {
        List<Entry> before = entries;
        int atLeast = (int) (kept - first + 1);
        long start = first;
        pending = (f, held) -> f == start && held.size() >= atLeast && isPrefix(held, before);
        log.truncateSuffix(kept);
        entries = new ArrayList<>(before.subList(0, atLeast));
        term++;
    }

    private void truncatePrefix(Log log, long kept) throws LogException {
        List<Entry> after = kept > last()
                ? new ArrayList<>()
                : new ArrayList<>(entries.subList((int) (kept - first), entries.size()));
        pending = (f, held) -> f == kept && held.equals(after);
        log.truncatePrefix(kept);
        first = kept;
        entries = after;
    }

    private void reset(Log log, long next) throws LogException {
        pending = (f, held) -> f == next && held.isEmpty();
        log.reset(next);
        first = next;
        entries = new ArrayList<>();
    }

    /** Fails if the log holds what it may not or lacks what it must hold; then takes it as it is. */
    void accept(Log log) throws LogException {
        List<Entry> held = held(log);
        boolean unchanged = log.firstIndex() == first && held.equals(entries);
        assertThat(unchanged || pending.allow(log.firstIndex(), held))
                .as("log %d..%d after a crash of a log %d..%d", log.firstIndex(), log.lastIndex(), first, last())
                .isTrue();
        first = log.firstIndex();
        entries = held;
        term = Math.max(term, held.isEmpty() ? 0 : held.get(held.size() - 1).term()) + 1;
        pending = (f, h) -> false;
    }

    /** Without {@code always}: a prefix that has at least the entries up to {@code durable}. */
    void acceptPrefix(Log log, long durable) throws LogException {
        List<Entry> held = held(log);
        assertThat(log.lastIndex()).isGreaterThanOrEqualTo(durable);
        assertThat(isPrefix(held, entries)).isTrue();
        entries = held;
    }

    static boolean isPrefix(List<Entry> shorter, List<Entry> longer) {
        return shorter.size() <= longer.size()
                && longer.subList(0, shorter.size()).equals(shorter);
    }

    static List<Entry> held(Log log) throws LogException {
        List<Entry> held = new ArrayList<>();
        for (long i = log.firstIndex(); i <= log.lastIndex(); i++) {
            Entry entry = log.read(i);
            assertThat(entry).as("entry %d", i).isNotNull();
            assertThat(log.term(i)).isEqualTo(entry.term());
            held.add(entry);
        }
        return held;
    }
}

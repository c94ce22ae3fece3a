package io.cairn.jepsen.check;

import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.history.Words;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Whether keys live as long as they were told to. Each key is written once by {@code set}, in = [number, milliseconds to live]; {@code read}
 * gets the number or nil; {@code incr} (in: the step, or nil for 1) gets the new number and leaves the time to live as it is.
 *
 * <ul>
 *   <li>Before the earliest expiry, the set's call and its time to live, a read called after the set was known to have happened sees the value.
 *   <li>After the latest expiry, the moment when the set was known to have happened and its time to live, a read gets nil.
 *   <li>Once a read called after the set was known to have happened got nil, no read called later sees a value.
 *   <li>What is seen is the number that was set and the steps of the increments, all those acknowledged, perhaps those unknown or under way.
 * </ul>
 *
 * A set is known to have happened when it is acknowledged or when a read saw its value. An increment that may take effect after the
 * earliest expiry (it is unknown, or returned after it) may make the key anew, without a time to live; from its call on nothing but the first
 * rule is asked of the key.
 */
public final class Ttl implements Checker {
    /** Of processes on one machine: the server's clock is the wall clock in milliseconds, the history's is monotonic. */
    public static final long EARLY_SLACK_MILLIS = 10;

    /** As {@link #EARLY_SLACK_MILLIS}, for keys that live too long. */
    public static final long LATE_SLACK_MILLIS = 50;

    private static final long MILLI = 1_000_000;
    private static final long NEVER = Long.MAX_VALUE / 2;

    private final long earlySlack;
    private final long lateSlack;

    public Ttl() {
        this(EARLY_SLACK_MILLIS, LATE_SLACK_MILLIS);
    }

    /** With other slacks, in milliseconds. */
    public Ttl(long earlySlackMillis, long lateSlackMillis) {
        earlySlack = earlySlackMillis * MILLI;
        lateSlack = lateSlackMillis * MILLI;
    }

    /** What became of reads, over all keys. */
    private static final class Counts {
        private long alive;
        private long expired;
    }

    @Override
    public Finding check(History history) {
        Map<String, List<Operation>> byKey = new TreeMap<>();
        for (Operation operation : history.operations()) {
            byKey.computeIfAbsent(operation.key(), k -> new ArrayList<>()).add(operation);
        }
        List<String> problems = new ArrayList<>();
        Counts counts = new Counts();
        byKey.forEach((key, operations) -> checkKey(key, operations, counts, problems));
        if (counts.alive == 0 || counts.expired == 0) {
            problems.add("ttl: " + counts.alive + " reads before an expiry and " + counts.expired
                    + " after one were judged, so the run is vacuous");
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("keys", (long) byKey.size());
        figures.put("readsBeforeExpiry", counts.alive);
        figures.put("readsAfterExpiry", counts.expired);
        return Finding.of("ttl", figures, problems);
    }

    private void checkKey(String key, List<Operation> operations, Counts counts, List<String> problems) {
        Operation set = null;
        for (Operation operation : operations) {
            if (!operation.f().equals("set") || operation.outcome() == Outcome.FAIL) {
                continue;
            }
            if (set != null) {
                problems.add("key " + key + " was set twice, which this check cannot judge: " + Words.of(set) + " and "
                        + Words.of(operation));
                return;
            }
            set = operation;
        }
        if (set != null) {
            new Life(key, set, operations).check(counts, problems);
            return;
        }
        for (Operation operation : operations) {
            if (operation.f().equals("incr") && operation.outcome() != Outcome.FAIL) {
                return; // The key is that increment's.
            }
            if (isRead(operation) && operation.out() != null) {
                problems.add("key " + key + " was set by nobody, or refused, and has a value: " + Words.of(operation));
            }
        }
    }

    private static boolean isRead(Operation operation) {
        return operation.f().equals("read") && operation.outcome() == Outcome.OK;
    }

    /** One key, from its set on. */
    private final class Life {
        private final String key;
        private final Operation set;
        private final List<Operation> operations;
        private final long number;
        private final long known;
        private final long earliest;
        private final long latest;
        private final long remade;
        private final Sums acknowledged = new Sums();
        private final Sums possible = new Sums();

        Life(String key, Operation set, List<Operation> operations) {
            this.key = key;
            this.set = set;
            this.operations = operations;
            List<?> in = Words.list(set.in(), set);
            number = Words.number(in.get(0), set);
            long ttl = Words.number(in.get(1), set) * MILLI;
            earliest = set.call() + ttl;
            long firstKnown = set.outcome() == Outcome.OK ? set.ret() : NEVER;
            long firstRemade = NEVER;
            for (Operation operation : operations) {
                if (isRead(operation) && operation.out() != null && operation.call() < firstRemade) {
                    firstKnown = Math.min(firstKnown, operation.ret());
                } else if (operation.f().equals("incr") && operation.outcome() != Outcome.FAIL) {
                    boolean late = operation.outcome() == Outcome.INFO || operation.ret() > earliest - earlySlack;
                    boolean maybeFirst = operation.call() < set.ret() || set.outcome() == Outcome.INFO;
                    firstRemade = late || maybeFirst ? Math.min(firstRemade, operation.call()) : firstRemade;
                    long step = operation.in() == null ? 1 : Words.number(operation.in(), operation);
                    possible.add(operation.call(), step);
                    if (operation.outcome() == Outcome.OK) {
                        acknowledged.add(operation.ret(), step);
                    }
                }
            }
            acknowledged.close();
            possible.close();
            known = firstKnown;
            latest = Math.min(NEVER, firstKnown) + ttl;
            remade = firstRemade;
        }

        void check(Counts counts, List<String> problems) {
            Operation gone = null;
            for (Operation operation : operations) {
                boolean increment = operation.f().equals("incr") && operation.outcome() == Outcome.OK;
                if (!isRead(operation) && !increment) {
                    continue;
                }
                boolean alive = operation.call() > known && operation.ret() < earliest - earlySlack;
                counts.alive += alive ? 1 : 0;
                if (operation.out() == null) {
                    if (alive) {
                        problems.add(wrong("lost before its time", operation));
                    }
                    boolean sure = operation.call() > known;
                    counts.expired += operation.call() > latest + lateSlack ? 1 : 0;
                    gone = sure && (gone == null || operation.ret() < gone.ret()) ? operation : gone;
                    continue;
                }
                if (operation.ret() < remade || alive) {
                    value(operation, increment, problems);
                }
                if (!increment && operation.ret() < remade) {
                    there(operation, gone, counts, problems);
                }
            }
        }

        private void there(Operation read, @Nullable Operation gone, Counts counts, List<String> problems) {
            if (read.ret() < set.call()) {
                problems.add(wrong("there before it was set", read));
            }
            if (read.call() > latest + lateSlack) {
                counts.expired++;
                problems.add(wrong(
                        "there " + (read.call() - latest) / MILLI + " ms after it had to expire (by "
                                + Words.seconds(latest) + ")",
                        read));
            }
            if (gone != null && gone.ret() < read.call()) {
                problems.add(wrong("there again after " + Words.of(gone), read));
            }
        }

        private void value(Operation operation, boolean increment, List<String> problems) {
            long own = !increment ? 0 : operation.in() == null ? 1 : Words.number(operation.in(), operation);
            long least = number + acknowledged.before(operation.call()) + own;
            long most = number + possible.upTo(operation.ret());
            long value = Words.number(operation.out(), operation);
            if (value < least || value > most) {
                problems.add(wrong("not within " + least + " to " + most, operation));
            }
        }

        private String wrong(String how, Operation operation) {
            return "key " + key + " is " + how + ": " + Words.of(operation) + ", set by " + Words.of(set);
        }
    }
}

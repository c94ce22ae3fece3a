package io.cairn.jepsen.check;

import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.history.Words;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Whether keys live as long as they were told to. Each key is written once by {@code set}, in = [number, milliseconds to live]; {@code read}
 * gets the number or nil; {@code incr} (in: the step, or nil for 1) gets the new number and leaves the time to live as it is, but makes a
 * key that is gone anew, without an end. The number is larger than all increments together, so each answer shows whether it
 * comes from the key that was set (the original) or from one made anew.
 *
 * <ul>
 *   <li>Before the earliest expiry, the set's call and its time to live, whoever calls after the set was known to have happened finds the original.
 *   <li>After the latest expiry, the moment when the set was known to have happened and its time to live, nobody does.
 *   <li>Once somebody did not find it (after the set was known to have happened), nobody who calls later does.
 *   <li>A key made anew stays and does not shrink.
 *   <li>Numbers hold the steps of all increments acknowledged before, and perhaps of those unknown or under way; no two increments were told the same.
 * </ul>
 *
 * A set is known to have happened when it is acknowledged or when somebody found the original.
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
        List<String> problems = new Problems();
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
        private final List<Operation> told = new ArrayList<>();
        private final long number;
        /** When the set had happened at the latest. */
        private final long known;

        private final long earliest;
        private final long latest;
        /** Whether no increment can have come before the set. */
        private final boolean setFirst;

        private final Sums acknowledged = new Sums();
        private final Sums possible = new Sums();

        Life(String key, Operation set, List<Operation> operations) {
            this.key = key;
            this.set = set;
            List<?> in = Words.list(set.in(), set);
            number = Words.number(in.get(0), set);
            long ttl = Words.number(in.get(1), set) * MILLI;
            earliest = set.call() + ttl;
            long firstKnown = set.outcome() == Outcome.OK ? set.ret() : NEVER;
            boolean first = set.outcome() == Outcome.OK;
            for (Operation operation : operations) {
                boolean increment = operation.f().equals("incr");
                if (isRead(operation) || (increment && operation.outcome() == Outcome.OK)) {
                    told.add(operation);
                    firstKnown = original(operation) ? Math.min(firstKnown, operation.ret()) : firstKnown;
                }
                if (increment && operation.outcome() != Outcome.FAIL) {
                    first &= operation.call() > set.ret();
                    possible.add(operation.call(), step(operation));
                    if (operation.outcome() == Outcome.OK) {
                        acknowledged.add(operation.ret(), step(operation));
                    }
                }
            }
            acknowledged.close();
            possible.close();
            known = firstKnown;
            latest = firstKnown + ttl;
            setFirst = first;
        }

        private long step(Operation operation) {
            if (!operation.f().equals("incr")) {
                return 0;
            }
            return operation.in() == null ? 1 : Words.number(operation.in(), operation);
        }

        private boolean original(Operation operation) {
            return operation.out() != null && Words.number(operation.out(), operation) >= number;
        }

        void check(Counts counts, List<String> problems) {
            if (number <= possible.all()) {
                problems.add(wrong("one that this check cannot judge, its number is not above all increments", set));
                return;
            }
            List<Operation> byReturn = new ArrayList<>(told);
            byReturn.sort(Comparator.comparingLong(Operation::ret));
            int returned = 0;
            Operation gone = null;
            Operation anew = null;
            for (Operation operation : told) { // in the order of the calls
                for (; byReturn.get(returned).ret() < operation.call(); returned++) {
                    Operation before = byReturn.get(returned);
                    if (before.call() <= known || original(before)) {
                        continue;
                    }
                    gone = gone == null ? before : gone;
                    boolean more = before.out() != null && (anew == null || value(before) > value(anew));
                    anew = more ? before : anew;
                }
                boolean alive = operation.call() > known && operation.ret() < earliest - earlySlack;
                boolean expired = operation.call() > latest + lateSlack;
                counts.alive += alive ? 1 : 0;
                counts.expired += expired ? 1 : 0;
                if (alive && !original(operation)) {
                    problems.add(wrong(
                            operation.out() == null ? "lost before its time" : "made anew before its time", operation));
                } else if (original(operation)) {
                    checkOriginal(operation, expired, gone, problems);
                } else {
                    checkAnew(operation, anew, problems);
                }
            }
            toldTwice(problems);
        }

        private void checkOriginal(
                Operation operation, boolean expired, @Nullable Operation gone, List<String> problems) {
            if (operation.ret() < set.call()) {
                problems.add(wrong("there before it was set", operation));
            }
            if (expired) {
                problems.add(wrong(
                        "there " + (operation.call() - latest) / MILLI + " ms after it had to expire (by "
                                + Words.seconds(latest) + ")",
                        operation));
            }
            if (gone != null) {
                problems.add(wrong("there again after " + Words.of(gone), operation));
            }
            long least = number + step(operation) + (setFirst ? acknowledged.before(operation.call()) : 0);
            within(least, number + possible.upTo(operation.ret()), operation, problems);
        }

        private void checkAnew(Operation operation, @Nullable Operation anew, List<String> problems) {
            if (operation.out() != null) {
                long least = step(operation) + (anew == null ? 0 : value(anew));
                within(Math.max(1, least), possible.upTo(operation.ret()), operation, problems);
            } else if (anew != null) {
                problems.add(wrong("gone although it had been made anew without an end: " + Words.of(anew), operation));
            }
        }

        private void within(long least, long most, Operation operation, List<String> problems) {
            if (value(operation) < least || value(operation) > most) {
                problems.add(wrong("not within " + least + " to " + most, operation));
            }
        }

        private void toldTwice(List<String> problems) {
            Map<Long, Operation> increments = new HashMap<>();
            for (Operation operation : told) {
                if (setFirst && operation.f().equals("incr")) {
                    Operation other = increments.putIfAbsent(value(operation), operation);
                    if (other != null) {
                        problems.add(wrong("told the same to two increments, also to " + Words.of(other), operation));
                    }
                }
            }
        }

        private long value(Operation operation) {
            return Words.number(operation.out(), operation);
        }

        private String wrong(String how, Operation operation) {
            return "key " + key + " is " + how + ": " + Words.of(operation) + ", set by " + Words.of(set);
        }
    }
}

package io.cairn.jepsen.check.append;

import io.cairn.jepsen.history.Words;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is wrong with transactions and lists by themselves, before any cycle is looked for. */
final class DirectAnomalies {
    /** Of each kind on each key, so many are told in words. */
    private static final int MOST_OF_A_KIND = 3;

    private final List<String> problems;
    private final Map<String, Long> counts = new LinkedHashMap<>();

    DirectAnomalies(List<String> problems) {
        this.problems = problems;
    }

    /** How often each kind was found. */
    Map<String, Long> counts() {
        return counts;
    }

    void look(List<Transaction> transactions, Iterable<Versions> keys) {
        for (Transaction transaction : transactions) {
            if (transaction.contradiction() != null) {
                found(
                        "internal",
                        counts.getOrDefault("internal", 0L),
                        "a transaction contradicts itself: " + transaction.contradiction() + ": " + transaction);
            }
        }
        for (Versions versions : keys) {
            appendedTwice(versions);
            orders(versions);
            elements(versions);
            dirtyUpdate(versions);
            lost(versions);
        }
    }

    private void found(String kind, long before, String words) {
        counts.merge(kind, 1L, Long::sum);
        if (before < MOST_OF_A_KIND) {
            problems.add(kind + ": " + words);
        }
    }

    private void appendedTwice(Versions versions) {
        for (int i = 0; i < versions.appendedTwice.size(); i++) {
            Object element = versions.appendedTwice.get(i);
            found(
                    "appended-twice",
                    i,
                    "two appends of " + element + " to " + versions.key
                            + ": the workload must append each element once, or nothing follows");
        }
    }

    private void orders(Versions versions) {
        Transaction.Read longest = versions.longestRead();
        for (int i = 0; i < versions.incompatible.size() && longest != null; i++) {
            Transaction.Read read = versions.incompatible.get(i);
            found(
                    "incompatible-order",
                    i,
                    "two reads of " + versions.key + " of which neither is a beginning of the other: "
                            + Words.value(read.elements()) + " and " + Words.value(longest.elements())
                            + parting(read.elements(), longest.elements()) + ", by " + read.by() + " and by "
                            + longest.by());
        }
    }

    private static String parting(List<?> left, List<?> right) {
        int at = 0;
        while (at < left.size()
                && at < right.size()
                && Words.plain(left.get(at)).equals(Words.plain(right.get(at)))) {
            at++;
        }
        return at < left.size() && at < right.size()
                ? " (at place " + at + ": " + left.get(at) + " and " + right.get(at) + ")"
                : "";
    }

    /** Aborted reads, garbage, intermediate reads and elements that are there twice. */
    private void elements(Versions versions) {
        Set<Object> told = new HashSet<>();
        long twice = 0;
        for (Transaction.Read read : odd(versions)) {
            Set<Object> there = new HashSet<>();
            for (Object raw : read.elements()) {
                Object element = Words.plain(raw);
                if (!there.add(element)) {
                    found(
                            "duplicate",
                            twice++,
                            element + " is there twice in " + versions.key + ": " + Words.value(read.elements())
                                    + " by " + read.by());
                }
                Transaction appender = versions.appenders.get(element);
                if ((appender == null || appender.refused()) && told.add(element)) {
                    strange(versions.key, read, element, appender, told.size() - 1);
                }
            }
        }
        long inBetween = 0;
        for (Transaction.Read read : versions.reads) {
            Object last =
                    read.others() == 0 ? null : Words.plain(read.elements().get(read.others() - 1));
            Transaction appender = last == null ? null : versions.appenders.get(last);
            if (appender != null && appender.id() != read.by().id() && versions.intermediate.contains(last)) {
                found(
                        "G1b",
                        inBetween++,
                        "intermediate read: " + read.by() + " saw " + last + " as the last of " + versions.key
                                + ", in the middle of " + appender);
            }
        }
    }

    private void strange(
            String key, Transaction.Read read, Object element, @Nullable Transaction appender, long before) {
        if (appender == null) {
            found("garbage", before, element + " in " + key + " was appended by nobody; read by " + read.by());
        } else {
            found(
                    "G1a",
                    before,
                    "aborted read: " + element + " in " + key + " was seen by " + read.by()
                            + " but its append was refused: " + appender);
        }
    }

    /** The longest read, which stands for all its beginnings, and those that are none. */
    private static List<Transaction.Read> odd(Versions versions) {
        List<Transaction.Read> reads = new ArrayList<>(versions.incompatible);
        Transaction.Read longest = versions.longestRead();
        if (longest != null) {
            reads.add(0, longest);
        }
        return reads;
    }

    private void dirtyUpdate(Versions versions) {
        for (int place = 0; place + 1 < versions.longest().size(); place++) {
            Transaction first = versions.appender(place);
            Transaction second = versions.appender(place + 1);
            if (first != null && first.refused() && second != null && !second.refused()) {
                found(
                        "dirty-update",
                        counts.getOrDefault("dirty-update", 0L),
                        versions.longest().get(place + 1) + " in " + versions.key + " was put on "
                                + versions.longest().get(place) + ", whose append was refused: " + second + " on "
                                + first);
            }
        }
    }

    /** Acknowledged appends that a read does not show although it was called after they had returned. */
    private void lost(Versions versions) {
        int count = versions.reads.size();
        int[] shortest = new int[count + 1];
        shortest[count] = Integer.MAX_VALUE;
        for (int i = count - 1; i >= 0; i--) {
            shortest[i] =
                    Math.min(shortest[i + 1], versions.reads.get(i).elements().size());
        }
        long lost = 0;
        long stale = 0;
        for (Map.Entry<Object, Transaction> append : versions.appenders.entrySet()) {
            Transaction by = append.getValue();
            int first = by.ok() ? firstAfter(versions.reads, by.operation().ret()) : count;
            int place = versions.place(append.getKey());
            int needed = place < 0 ? Integer.MAX_VALUE : place + 1;
            if (first == count || shortest[first] >= needed) {
                continue;
            }
            Transaction.Read last = versions.reads.get(count - 1);
            if (last.elements().size() < needed) {
                found(
                        "lost",
                        lost++,
                        "the append of " + append.getKey() + " to " + versions.key + " was acknowledged: " + by
                                + ", and is not in the last read: " + last.by());
            } else {
                int missing = first;
                while (versions.reads.get(missing).elements().size() >= needed) {
                    missing++;
                }
                found(
                        "stale-read",
                        stale++,
                        "the append of " + append.getKey() + " to " + versions.key + " was acknowledged: " + by
                                + ", before this was called, which does not see it: "
                                + versions.reads.get(missing).by());
            }
        }
    }

    /** The first read that was called after a time. */
    private static int firstAfter(List<Transaction.Read> reads, long time) {
        int low = 0;
        int high = reads.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (reads.get(middle).by().operation().call() > time) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }
}

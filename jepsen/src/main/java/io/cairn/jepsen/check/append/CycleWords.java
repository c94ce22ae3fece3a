package io.cairn.jepsen.check.append;

import io.cairn.jepsen.history.Words;
import java.util.List;

/** Tells a cycle, with the reason of each step. */
final class CycleWords {
    private final Graph graph;

    CycleWords(Graph graph) {
        this.graph = graph;
    }

    /** Adya's name for a cycle, as Elle has it: G0, G1c, G-single or G2-item, with {@code -realtime} where real time is needed. */
    String name(int[] cycle) {
        int unseen = 0;
        boolean seen = false;
        boolean realTime = false;
        for (int edge : cycle) {
            unseen += graph.kind(edge) == Dependency.READ_WRITE ? 1 : 0;
            seen |= graph.kind(edge) == Dependency.WRITE_READ;
            realTime |= graph.kind(edge) == Dependency.REAL_TIME;
        }
        String name = unseen > 1 ? "G2-item" : unseen == 1 ? "G-single" : seen ? "G1c" : "G0";
        return realTime ? name + "-realtime" : name;
    }

    String of(int[] cycle) {
        StringBuilder words = new StringBuilder(name(cycle))
                .append(": no order of these ")
                .append(cycle.length)
                .append(" transactions explains what they were told:");
        for (int i = 0; i < cycle.length; i++) {
            int target = graph.to[cycle[i]];
            Transaction before = graph.transactions.get(graph.to[cycle[i == 0 ? cycle.length - 1 : i - 1]]);
            words.append("\n  T").append(i + 1).append(" = ").append(before);
            words.append("\n    came before T")
                    .append(i + 1 == cycle.length ? 1 : i + 2)
                    .append(": ");
            words.append(reason(before, graph.transactions.get(target), cycle[i]));
        }
        return words.toString();
    }

    private String reason(Transaction before, Transaction after, int edge) {
        Versions versions = graph.keys.get(graph.key(edge));
        return switch (graph.kind(edge)) {
            case WRITE_WRITE ->
                "in " + versions.key + " its " + last(versions, before, after) + " is followed by "
                        + next(versions, before, after) + " (write-write)";
            case WRITE_READ ->
                "whose read of " + versions.key + " shows its " + shown(versions, before, after) + " (write-read)";
            case READ_WRITE ->
                "it read " + versions.key + " as "
                        + Words.value(read(versions, before).elements()) + " without " + missed(versions, before, after)
                        + ", appended there by the other (read-write)";
            case REAL_TIME ->
                "it had returned at " + Words.seconds(before.operation().ret()) + " when the other was called at "
                        + Words.seconds(after.operation().call()) + " (real time)";
        };
    }

    private static Object last(Versions versions, Transaction before, Transaction after) {
        Object last = "append";
        int end = placeOf(versions, after, 0);
        for (int place = 0; place < end; place++) {
            Transaction appender = versions.appender(place);
            if (appender != null && appender.id() == before.id()) {
                last = versions.longest().get(place);
            }
        }
        return last;
    }

    private static Object next(Versions versions, Transaction before, Transaction after) {
        int place = placeOf(versions, after, placeOf(versions, before, 0));
        return place < versions.longest().size()
                ? versions.longest().get(place)
                : Words.value(after.appends().get(versions.key)) + ", which came after all that was read";
    }

    private static Object shown(Versions versions, Transaction before, Transaction after) {
        Transaction.Read read = read(versions, after);
        for (int place = read.others() - 1; place >= 0; place--) {
            Transaction appender = versions.appender(place);
            if (appender != null && appender.id() == before.id()) {
                return versions.longest().get(place);
            }
        }
        throw new IllegalStateException("no append of " + before + " in " + read);
    }

    private static Object missed(Versions versions, Transaction before, Transaction after) {
        int place = placeOf(versions, after, read(versions, before).others());
        return place < versions.longest().size()
                ? versions.longest().get(place)
                : Words.value(after.appends().get(versions.key));
    }

    /** The first place at or after another where a transaction's element is, or the length. */
    private static int placeOf(Versions versions, Transaction transaction, int from) {
        List<?> order = versions.longest();
        int place = from;
        while (place < order.size()) {
            Transaction appender = versions.appender(place);
            if (appender != null && appender.id() == transaction.id()) {
                break;
            }
            place++;
        }
        return place;
    }

    private static Transaction.Read read(Versions versions, Transaction by) {
        for (Transaction.Read read : by.reads()) {
            if (read.first() && read.key().equals(versions.key)) {
                return read;
            }
        }
        throw new IllegalStateException(by + " did not read " + versions.key);
    }
}

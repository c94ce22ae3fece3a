package io.cairn.jepsen.check.append;

import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.history.Words;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds what orders transactions. Those that are acknowledged take part, and those of unknown outcome of which somebody saw an append:
 * transactions are atomic, so these happened. Of the others nothing is known, and nothing contradicts that they never happened.
 *
 * <p>An append that surely happened and is in no read came after the longest list that was read, since every later list holds it. So
 * whoever read that list, and whoever appended its last element, came before it. With this the edges say all that reads say: when nothing
 * else is wrong, any order of the transactions along them explains every read.
 *
 * <p>Real time: an edge from each transaction that had returned to each called later would be quadratic. It is enough to give each
 * transaction edges from those that had returned when it was called and had no successor that had returned as well; at most as
 * many as there are clients. All other pairs follow along paths.
 */
final class Dependencies {
    private final List<Transaction> transactions;
    private final List<Versions> keys;
    private final boolean[] happened;
    private final Graph.Builder edges = new Graph.Builder();

    private Dependencies(List<Transaction> transactions, List<Versions> keys) {
        this.transactions = transactions;
        this.keys = keys;
        happened = new boolean[transactions.size()];
    }

    static Graph of(List<Transaction> transactions, List<Versions> keys) {
        Dependencies dependencies = new Dependencies(transactions, keys);
        dependencies.findHappened();
        for (int key = 0; key < keys.size(); key++) {
            dependencies.add(keys.get(key), key);
        }
        dependencies.addRealTime();
        return dependencies.edges.build(transactions, keys);
    }

    private void findHappened() {
        for (Transaction transaction : transactions) {
            happened[transaction.id()] = transaction.ok();
        }
        for (Versions versions : keys) {
            see(versions, versions.longest());
            versions.incompatible.forEach(read -> see(versions, read.elements()));
        }
    }

    private void see(Versions versions, List<?> elements) {
        for (Object element : elements) {
            Transaction appender = versions.appenders.get(Words.plain(element));
            if (appender != null && !appender.refused()) {
                happened[appender.id()] = true;
            }
        }
    }

    private void add(Versions versions, int key) {
        int length = versions.longest().size();
        int[] before = new int[length + 1]; // by version: who appended its last element that has an appender, or -1
        int[] after = new int[length + 1]; // by version: who appended the next element that has an appender, or -1
        before[0] = -1;
        for (int place = 0; place < length; place++) {
            int appender = appender(versions, place);
            before[place + 1] = appender < 0 ? before[place] : appender;
            if (appender >= 0 && before[place] >= 0) {
                edges.add(before[place], appender, Dependency.WRITE_WRITE, key);
            }
        }
        after[length] = -1;
        for (int place = length - 1; place >= 0; place--) {
            int appender = appender(versions, place);
            after[place] = appender < 0 ? after[place + 1] : appender;
        }
        Set<Integer> unseen = unseen(versions);
        for (int appender : unseen) {
            if (before[length] >= 0) {
                edges.add(before[length], appender, Dependency.WRITE_WRITE, key);
            }
        }
        for (Transaction.Read read : versions.reads) {
            boolean usable = read.first() && Transaction.isPrefix(read.elements(), versions.longest());
            if (!usable) {
                continue;
            }
            int reader = read.by().id();
            int version = read.others();
            if (before[version] >= 0) {
                edges.add(before[version], reader, Dependency.WRITE_READ, key);
            }
            if (after[version] >= 0) {
                edges.add(reader, after[version], Dependency.READ_WRITE, key);
            } else {
                for (int appender : unseen) {
                    edges.add(reader, appender, Dependency.READ_WRITE, key);
                }
            }
        }
    }

    private int appender(Versions versions, int place) {
        @Nullable Transaction appender = versions.appender(place);
        return appender == null || !happened[appender.id()] ? -1 : appender.id();
    }

    /** Those that happened and appended something that is in no read. */
    private Set<Integer> unseen(Versions versions) {
        Set<Integer> unseen = new LinkedHashSet<>();
        versions.appenders.forEach((element, appender) -> {
            if (happened[appender.id()] && versions.place(element) < 0) {
                unseen.add(appender.id());
            }
        });
        return unseen;
    }

    private void addRealTime() {
        List<Integer> returns = new ArrayList<>();
        List<Integer> calls = new ArrayList<>();
        for (Transaction transaction : transactions) {
            if (happened[transaction.id()]) {
                calls.add(transaction.id());
                if (transaction.operation().outcome() == Outcome.OK) {
                    returns.add(transaction.id());
                }
            }
        }
        returns.sort((a, b) -> Long.compare(
                transactions.get(a).operation().ret(),
                transactions.get(b).operation().ret()));
        int[][] predecessors = new int[transactions.size()][];
        int[] covered = new int[transactions.size()];
        Arrays.fill(covered, -1);
        int[] frontier = new int[16];
        int size = 0;
        int returned = 0;
        for (int called : calls) {
            long call = transactions.get(called).operation().call();
            for (; returned < returns.size(); returned++) {
                int done = returns.get(returned);
                if (transactions.get(done).operation().ret() >= call) {
                    break;
                }
                // What came before this one is covered by it from now on.
                for (int covering : predecessors[done]) {
                    covered[covering] = done;
                }
                int kept = 0;
                for (int i = 0; i < size; i++) {
                    if (covered[frontier[i]] != done) {
                        frontier[kept++] = frontier[i];
                    }
                }
                frontier = kept < frontier.length ? frontier : Arrays.copyOf(frontier, 2 * kept);
                frontier[kept++] = done;
                size = kept;
            }
            predecessors[called] = Arrays.copyOf(frontier, size);
            for (int i = 0; i < size; i++) {
                edges.add(frontier[i], called, Dependency.REAL_TIME, 0);
            }
        }
    }
}

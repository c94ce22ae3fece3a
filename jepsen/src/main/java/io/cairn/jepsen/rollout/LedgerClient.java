package io.cairn.jepsen.rollout;

import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.ClusterClient;
import io.cairn.jepsen.resp.Timeouts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A client that writes to counters, lists and sets of its own in every shard, one write after the other, and knows what it was told. */
final class LedgerClient implements AutoCloseable {
    /** A held write is waited for; what dies closes its connections. */
    private static final Timeouts TIMEOUTS = new Timeouts(500, 5_000);

    /** Between two writes of a client. */
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(Integer.getInteger("cairn.rollout.pause", 4));

    /** Then another list or set is begun: reading them back stays cheap. */
    private static final int MOST_MEMBERS = 300;

    private final String name;
    private final ShardMap shards;
    private final Tally tally;
    private final Timeline timeline;
    private final ClusterClient client;
    private final List<Ledger> ledgers = new ArrayList<>();
    private final Thread thread;
    private volatile boolean running = true;
    private volatile boolean checking;
    private int made;

    LedgerClient(String name, int number, List<Address> nodes, ShardMap shards, Tally tally, Timeline timeline) {
        this.name = name;
        this.shards = shards;
        this.tally = tally;
        this.timeline = timeline;
        this.client = new ClusterClient(nodes, Map.of(), TIMEOUTS, number);
        this.thread = new Thread(this::run, "ledger-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try {
            Ledger[][] open = new Ledger[shards.count()][];
            long[] waiting = new long[shards.count()];
            for (int shard = 0; shard < open.length; shard++) {
                open[shard] = new Ledger[] {counter(shard), members(shard, true), members(shard, false)};
                waiting[shard] = -1;
            }
            for (int turn = 0; running; turn++) {
                int shard = turn % open.length;
                int kind = turn / open.length % open[shard].length;
                waiting[shard] = waiting[shard] < 0 ? timeline.now() : waiting[shard];
                if (open[shard][kind].write(client)) {
                    timeline.acknowledged(shard, waiting[shard]);
                    waiting[shard] = -1;
                }
                if (open[shard][kind] instanceof Ledger.Members full && full.size() == MOST_MEMBERS) {
                    open[shard][kind] = members(shard, kind == 1);
                }
                if (checking) {
                    ledgers.forEach(ledger -> ledger.check(client));
                    checking = false;
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        } catch (RuntimeException e) {
            tally.problem(name + " broke: " + e);
            checking = false;
        }
    }

    private Ledger counter(int shard) {
        return kept(new Ledger.Counter(key(shard, "counter"), shard, tally, timeline));
    }

    private Ledger members(int shard, boolean list) {
        return kept(new Ledger.Members(key(shard, list ? "list" : "set"), list, shard, tally, timeline));
    }

    private String key(int shard, String kind) {
        int number = made++;
        return kind + ":" + name + ":" + number + ":{" + shards.tag(shard, number % 50) + "}";
    }

    private Ledger kept(Ledger ledger) {
        ledgers.add(ledger);
        return ledger;
    }

    /** Has it compare all that it wrote with what is there, between two writes; {@link #checked} says when it has. */
    void check() {
        checking = thread.isAlive();
    }

    boolean checked() {
        return !checking || !thread.isAlive();
    }

    /** Ends it, and compares everything. */
    void finish() {
        running = false;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        ledgers.forEach(ledger -> ledger.check(client));
    }

    @Override
    public void close() {
        running = false;
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        client.close();
    }
}

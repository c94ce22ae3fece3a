package io.cairn.jepsen.rollout;

import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.HashSlot;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Timeouts;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Asks every node directly, all the time, to take a write of its own for some slots of each shard, whoever it says the owner is: RPUSH of
 * a member that nobody else sends, whose answer is the list's length. Two primaries would both answer.
 */
final class EveryNode implements AutoCloseable {
    private static final Timeouts TIMEOUTS = new Timeouts(300, 5_000);
    private static final int SAMPLES_OF_A_SHARD = 2;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(8);
    private static final long DOWN_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    /** Within this nobody can lose a shard to another and win it back. */
    private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final Timeline timeline;
    private final List<Sample> samples = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong asked = new AtomicLong();
    private volatile boolean running = true;

    /** A write that a node took. */
    record Taken(Address node, long length, long sent, long acknowledged) {}

    private record Sample(String key, int shard, List<Taken> taken) {}

    EveryNode(List<Address> nodes, ShardMap shards, Timeline timeline) {
        this.timeline = timeline;
        for (int shard = 0; shard < shards.count(); shard++) {
            for (int i = 0; i < SAMPLES_OF_A_SHARD; i++) {
                samples.add(new Sample("everynode:{" + shards.tag(shard, 60 + i) + "}", shard, new ArrayList<>()));
            }
        }
        for (Address node : nodes) {
            Thread thread = new Thread(() -> run(node), "ask-" + node.port());
            thread.setDaemon(true);
            threads.add(thread);
        }
        threads.forEach(Thread::start);
    }

    private void run(Address node) {
        RawClient connection = null;
        for (int n = 0; running; n++) {
            Sample sample = samples.get(n % samples.size());
            long pause = PAUSE_NANOS;
            try {
                connection =
                        connection == null || connection.isClosed() ? RawClient.connect(node, TIMEOUTS) : connection;
                long sent = timeline.now();
                Reply reply = connection.call("RPUSH", sample.key(), node.port() + "#" + n);
                asked.incrementAndGet();
                if (reply instanceof Reply.Int length) {
                    synchronized (sample.taken()) {
                        sample.taken().add(new Taken(node, length.value(), sent, timeline.now()));
                    }
                }
            } catch (NotSentException | OutcomeUnknownException e) {
                pause = DOWN_NANOS;
            }
            LockSupport.parkNanos(pause);
        }
        if (connection != null) {
            connection.close();
        }
    }

    /** How often a node was asked and answered. */
    long asked() {
        return asked.get();
    }

    /**
     * What shows two primaries.
     *
     * @param strict no write may be lost at all; else only those of raft shards
     */
    List<String> problems(boolean strict) {
        List<String> problems = new ArrayList<>();
        for (Sample sample : samples) {
            List<Taken> taken;
            synchronized (sample.taken()) {
                taken = new ArrayList<>(sample.taken());
            }
            taken.sort(Comparator.comparingLong(Taken::acknowledged));
            List<Taken> raft = taken.stream()
                    .filter(one -> strict || timeline.wasRaft(sample.shard(), one.sent(), one.acknowledged()))
                    .toList();
            String name = "slot " + HashSlot.of(sample.key().replaceAll(".*\\{(.*)}", "$1"));
            String back = wentBack(raft);
            if (back != null) {
                problems.add(name + ": " + back);
            }
            String turn = tookTurns(taken);
            if (turn != null) {
                problems.add(name + ": " + turn);
            }
        }
        return problems;
    }

    /** Whether a write that was sent after another's acknowledgement found a list that did not have it; the first such. */
    static @Nullable String wentBack(List<Taken> byAcknowledgement) {
        Taken longest = null;
        List<Taken> bySending = new ArrayList<>(byAcknowledgement);
        bySending.sort(Comparator.comparingLong(Taken::sent));
        int acknowledged = 0;
        for (Taken one : bySending) {
            for (; acknowledged < byAcknowledgement.size(); acknowledged++) {
                Taken before = byAcknowledgement.get(acknowledged);
                if (before.acknowledged() >= one.sent()) {
                    break;
                }
                longest = longest == null || before.length() > longest.length() ? before : longest;
            }
            if (longest != null && one.length() <= longest.length()) {
                return told(one) + " after " + told(longest);
            }
        }
        return null;
    }

    /** Whether a node took a write both before and after another one did, sooner than owners can change twice; the first such. */
    static @Nullable String tookTurns(List<Taken> byAcknowledgement) {
        for (int i = 1; i < byAcknowledgement.size(); i++) {
            Taken before = byAcknowledgement.get(i - 1);
            Taken other = byAcknowledgement.get(i);
            if (other.node().equals(before.node()) || other.sent() < before.acknowledged()) {
                continue;
            }
            for (int k = i + 1;
                    k < byAcknowledgement.size()
                            && byAcknowledgement.get(k).acknowledged() - before.acknowledged() < TURN_NANOS;
                    k++) {
                Taken after = byAcknowledgement.get(k);
                if (after.node().equals(before.node()) && after.sent() > other.acknowledged()) {
                    return "two primaries: " + told(before) + ", " + told(other) + ", " + told(after);
                }
            }
        }
        return null;
    }

    private static String told(Taken one) {
        return "%s took element %d at %d ms".formatted(one.node(), one.length(), one.acknowledged() / 1_000_000);
    }

    /** Stops asking. */
    @Override
    public void close() {
        finish();
    }

    /** Asks no more; what was asked is answered when this returns. */
    void finish() {
        running = false;
        for (Thread thread : threads) {
            try {
                thread.join(TimeUnit.SECONDS.toMillis(10));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

package io.cairn.jepsen.rollout;

import io.cairn.jepsen.resp.Attempt;
import io.cairn.jepsen.resp.ClusterClient;
import io.cairn.jepsen.resp.HashSlot;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One key of one client with what it was told of it: a counter, a list or a set. The client's thread only. */
abstract class Ledger {
    private static final int SECONDS_OF_A_WRITE = 60;

    final String key;
    private final byte[] keyBytes;
    private final int slot;
    final int shard;
    final Tally tally;
    final Timeline timeline;

    Ledger(String key, int shard, Tally tally, Timeline timeline) {
        this.key = key;
        this.keyBytes = RawClient.words(key)[0];
        this.slot = HashSlot.of(key);
        this.shard = shard;
        this.tally = tally;
        this.timeline = timeline;
    }

    /** A write that was acknowledged; sent not before {@code sent}. */
    record Done(long value, long sent, long acknowledged) {}

    /**
     * Writes once.
     *
     * @return whether it was acknowledged
     */
    abstract boolean write(ClusterClient client);

    /** Compares what is there with what was told. */
    abstract void check(ClusterClient client);

    final boolean wasRaft(Done done) {
        return timeline.wasRaft(shard, done.sent(), done.acknowledged());
    }

    final Attempt ask(ClusterClient client, String... words) {
        byte[][] all = new byte[words.length + 1][];
        all[0] = RawClient.words(words[0])[0];
        all[1] = keyBytes;
        for (int i = 1; i < words.length; i++) {
            all[i + 1] = RawClient.words(words[i])[0];
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_OF_A_WRITE);
        return client.execute(slot, deadline, all);
    }

    /** The answer to a read, which may be asked again; null after a problem was noted. */
    final @Nullable Reply read(ClusterClient client, String... words) {
        Attempt last = new Attempt.Refused("never asked");
        for (int i = 0; i < 20; i++) {
            last = ask(client, words);
            if (last instanceof Attempt.Acknowledged done) {
                return done.reply();
            }
        }
        tally.problem(key + " cannot be read: " + last);
        return null;
    }

    /** What became of an attempt to write; the reply if it was acknowledged. */
    final @Nullable Reply settle(Attempt attempt) {
        if (attempt instanceof Attempt.Acknowledged done) {
            tally.acknowledged();
            return done.reply();
        }
        if (attempt instanceof Attempt.Refused refused
                && !Thread.currentThread().isInterrupted()) {
            tally.problem(key + ": not written for " + SECONDS_OF_A_WRITE + " s: " + refused.reason());
        }
        if (attempt instanceof Attempt.Unknown) {
            tally.unknown();
        }
        return null;
    }

    /** INCR by one client: each answer is one more than the last, but for what is unknown and what was lost. */
    static final class Counter extends Ledger {
        /** Acknowledged and not known to be lost, the newest last. */
        private final Deque<Done> alive = new ArrayDeque<>();

        private long unknown;

        Counter(String key, int shard, Tally tally, Timeline timeline) {
            super(key, shard, tally, timeline);
        }

        @Override
        boolean write(ClusterClient client) {
            long sent = timeline.now();
            Attempt attempt = ask(client, "INCR");
            unknown += attempt instanceof Attempt.Unknown ? 1 : 0;
            Reply reply = settle(attempt);
            if (reply == null) {
                return false;
            }
            long value = reply.number();
            seen(value - 1);
            alive.addLast(new Done(value, sent, timeline.now()));
            return true;
        }

        @Override
        void check(ClusterClient client) {
            Reply reply = read(client, "GET");
            if (reply != null) {
                seen(reply.number());
            }
        }

        /** The counter was this high: what made it higher is lost, and what made it too high happened twice. */
        private void seen(long value) {
            while (!alive.isEmpty() && alive.getLast().value() > value) {
                Done gone = alive.removeLast();
                tally.lost(wasRaft(gone), key + " was " + gone.value() + " and is " + value);
            }
            long surplus = value - alive.size() - unknown;
            if (surplus > 0) {
                tally.doubled(
                        surplus,
                        key + " is " + value + " of " + alive.size() + " acknowledged and " + unknown + " unknown");
                unknown += surplus; // Told once.
            }
        }
    }

    /** Members that are added once each, to a list or to a set. */
    static final class Members extends Ledger {
        private final boolean list;
        private final Map<String, Done> acknowledged = new HashMap<>();
        private final Set<String> unknown = new HashSet<>();
        private int next;

        Members(String key, boolean list, int shard, Tally tally, Timeline timeline) {
            super(key, shard, tally, timeline);
            this.list = list;
        }

        int size() {
            return next;
        }

        @Override
        boolean write(ClusterClient client) {
            String member = "m" + next++;
            long sent = timeline.now();
            Reply reply = settle(ask(client, list ? "RPUSH" : "SADD", member));
            if (reply == null) {
                unknown.add(member);
                return false;
            }
            if (!list && reply.number() != 1) {
                tally.doubled(1, key + " had " + member + " before it was added");
            }
            acknowledged.put(member, new Done(next, sent, timeline.now()));
            return true;
        }

        @Override
        void check(ClusterClient client) {
            Reply reply = list ? read(client, "LRANGE", "0", "-1") : read(client, "SMEMBERS");
            if (reply == null) {
                return;
            }
            List<String> there = new ArrayList<>();
            reply.items().forEach(item -> there.add(item.text()));
            Set<String> once = new HashSet<>();
            for (String member : there) {
                if (!once.add(member)) {
                    tally.doubled(1, key + " has " + member + " twice");
                } else if (!acknowledged.containsKey(member) && !unknown.contains(member)) {
                    tally.doubled(1, key + " has " + member + ", which nobody sent");
                }
            }
            List<String> gone = new ArrayList<>();
            acknowledged.forEach((member, done) -> {
                if (!once.contains(member)) {
                    tally.lost(wasRaft(done), key + " lacks " + member);
                    gone.add(member);
                }
            });
            gone.forEach(
                    member -> { // Told once.
                        acknowledged.remove(member);
                        unknown.add(member);
                    });
        }
    }
}

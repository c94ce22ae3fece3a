package io.cairn.jepsen.workload;

import io.cairn.jepsen.check.Checker;
import io.cairn.jepsen.check.Ttl;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.resp.Talk;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Numbers that expire. Each key is set once, with an end; it is read before and after, and incremented, most of all in the
 * moments around its end: an INCR that finds the key gone makes it anew without an end, so where two replicas disagree
 * whether it was gone, one of them holds a key for good that the other does not.
 */
public final class TtlWorkload implements Workload {
    /** Values set are multiples of this; an incremented one stays below the next, and one made anew below the first. */
    public static final long UNIT = 1_000_000;

    private static final int KEYS = 60;
    private static final int SHORTEST_MILLIS = 100;
    private static final int LONGEST_MILLIS = 2_000;
    /** How near to its end a key is for those who aim at that. */
    private static final long NEAR_NANOS = TimeUnit.MILLISECONDS.toNanos(12);
    /** How long after its end a key is still used. */
    private static final long AFTER_NANOS = TimeUnit.MILLISECONDS.toNanos(1_000);
    /** The newest keys that were incremented and are read at the end. */
    private static final int LAST_READS = 20_000;

    private static final double SETS = 0.12;
    private static final double AT_THE_END = 0.6;
    private static final double READS = 0.6;
    /** The share of the keys that are only read, so that the moment of their end can be told from outside. */
    private static final double QUIET = 0.3;

    private final Options options;
    private final SpreadTags tags;
    private final int aim;
    private final AtomicLong values = new AtomicLong();
    /** Keys in use by their ends, which are made distinct. */
    private final ConcurrentNavigableMap<Long, Mortal> inUse = new ConcurrentSkipListMap<>();

    private final AtomicInteger inUseCount = new AtomicInteger();
    private final ConcurrentLinkedDeque<Mortal> incremented = new ConcurrentLinkedDeque<>();
    private final AtomicInteger incrementedCount = new AtomicInteger();
    private final LastReads<Mortal> last = new LastReads<>(() -> incremented);

    private static final class Mortal {
        final String key;
        final int slot;
        final boolean quiet;
        final AtomicInteger increments = new AtomicInteger();

        Mortal(SpreadTags.Tag tag, boolean quiet) {
            this.quiet = quiet;
            key = tag.key("");
            slot = tag.slot();
        }
    }

    public TtlWorkload(Options options) {
        this.options = options;
        tags = new SpreadTags(options.prefix(), 3);
        aim = options.keysOr(KEYS);
    }

    @Override
    public String name() {
        return "ttl";
    }

    @Override
    public void step(Session session) {
        SplittableRandom random = session.random();
        long now = session.recorder().now();
        retire(now);
        if (inUseCount.get() < aim || random.nextDouble() < SETS) {
            set(session, SHORTEST_MILLIS + random.nextInt(LONGEST_MILLIS - SHORTEST_MILLIS + 1));
            return;
        }
        Mortal ending = random.nextDouble() < AT_THE_END ? near(now, random) : null;
        Mortal mortal = ending == null ? any(random) : ending;
        if (mortal == null) {
            return;
        }
        if (mortal.quiet || (ending == null && random.nextDouble() < READS)) {
            read(session, mortal, options.atReplica(random));
        } else {
            incr(session, mortal);
        }
    }

    @Override
    public void finalReads(Session session) {
        last.by(session, mortal -> read(session, mortal, false));
    }

    @Override
    public List<Checker> checkers() {
        return Workload.checkers(new Ttl(), name());
    }

    private void set(Session session, int millis) {
        Mortal mortal = new Mortal(tags.next(), session.random().nextDouble() < QUIET);
        Long value = values.incrementAndGet() * UNIT;
        Long ttl = (long) millis;
        Talk set = Talk.command("SET", mortal.key, value.toString(), "PX", ttl.toString());
        Outcome outcome = session.run("set", mortal.key, mortal.slot, List.of(value, ttl), set, reply -> {
            Replies.ok(reply);
            return null;
        });
        if (outcome != Outcome.FAIL) {
            long end = session.recorder().now() + TimeUnit.MILLISECONDS.toNanos(ttl);
            while (inUse.putIfAbsent(end, mortal) != null) {
                end++;
            }
            inUseCount.incrementAndGet();
        }
    }

    private static Outcome read(Session session, Mortal mortal, boolean replica) {
        Talk get = Talk.command("GET", mortal.key);
        return session.read(replica, "read", mortal.key, mortal.slot, null, get, Replies::number);
    }

    private void incr(Session session, Mortal mortal) {
        if (mortal.increments.incrementAndGet() == 1) {
            incremented.add(mortal);
            if (incrementedCount.incrementAndGet() > LAST_READS) {
                incremented.poll();
            }
        }
        session.run("incr", mortal.key, mortal.slot, null, Talk.command("INCR", mortal.key), Replies::integer);
    }

    /** A key that ends within {@link #NEAR_NANOS} of now, if there is one. */
    private @Nullable Mortal near(long now, SplittableRandom random) {
        long moment = now - NEAR_NANOS + random.nextLong(2 * NEAR_NANOS);
        Map.Entry<Long, Mortal> entry = inUse.ceilingEntry(moment);
        return entry == null || entry.getKey() > now + NEAR_NANOS ? null : entry.getValue();
    }

    private @Nullable Mortal any(SplittableRandom random) {
        Map.Entry<Long, Mortal> first = inUse.firstEntry();
        Map.Entry<Long, Mortal> end = inUse.lastEntry();
        if (first == null || end == null || first.getKey() >= end.getKey()) {
            return first == null ? null : first.getValue();
        }
        Map.Entry<Long, Mortal> entry = inUse.ceilingEntry(random.nextLong(first.getKey(), end.getKey() + 1));
        return entry == null ? null : entry.getValue();
    }

    private void retire(long now) {
        Map.Entry<Long, Mortal> first = inUse.firstEntry();
        while (first != null && first.getKey() < now - AFTER_NANOS) {
            if (inUse.remove(first.getKey(), first.getValue())) {
                inUseCount.decrementAndGet();
            }
            first = inUse.firstEntry();
        }
    }
}

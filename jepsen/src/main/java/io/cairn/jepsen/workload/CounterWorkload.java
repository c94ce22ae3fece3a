package io.cairn.jepsen.workload;

import io.cairn.jepsen.check.Checker;
import io.cairn.jepsen.check.Counter;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.resp.Talk;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Counters that only grow: INCR, INCRBY and GET. */
public final class CounterWorkload implements Workload {
    private static final int KEYS = 51;
    private static final double READS = 0.4;
    private static final double BY_MORE = 0.2;
    private static final int LARGEST_STEP = 9;

    private final Options options;
    private final List<SpreadTags.Tag> counters = new ArrayList<>();
    private final LastReads<SpreadTags.Tag> last = new LastReads<>(() -> counters);

    public CounterWorkload(Options options) {
        this.options = options;
        SpreadTags tags = new SpreadTags(options.prefix(), 3);
        for (int i = 0; i < options.keysOr(KEYS); i++) {
            counters.add(tags.next());
        }
    }

    @Override
    public String name() {
        return "counter";
    }

    @Override
    public void step(Session session) {
        SplittableRandom random = session.random();
        SpreadTags.Tag counter = counters.get(random.nextInt(counters.size()));
        if (random.nextDouble() < READS) {
            read(session, counter, options.atReplica(random));
            return;
        }
        Long step = random.nextDouble() < BY_MORE ? 2L + random.nextInt(LARGEST_STEP - 1) : 1L;
        String key = counter.key("");
        Talk incr = step == 1 ? Talk.command("INCR", key) : Talk.command("INCRBY", key, step.toString());
        session.run("incr", key, counter.slot(), step, incr, Replies::integer);
    }

    @Override
    public void finalReads(Session session) {
        last.by(session, counter -> read(session, counter, false));
    }

    @Override
    public List<Checker> checkers() {
        return Workload.checkers(new Counter(), name());
    }

    private static Outcome read(Session session, SpreadTags.Tag counter, boolean replica) {
        String key = counter.key("");
        return session.read(replica, "read", key, counter.slot(), null, Talk.command("GET", key), reply -> {
            Long value = Replies.number(reply);
            return value == null ? 0L : value;
        });
    }
}

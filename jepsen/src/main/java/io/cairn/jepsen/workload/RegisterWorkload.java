package io.cairn.jepsen.workload;

import static io.cairn.jepsen.resp.RawClient.words;

import io.cairn.jepsen.check.Checker;
import io.cairn.jepsen.check.Linearizable;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.resp.Attempt;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Talk;
import io.cairn.jepsen.resp.Watched;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A few hot registers, read, written, and compared and set by WATCH, GET, MULTI, SET, EXEC. A cas that finds another value
 * than the one it wants goes no further, and is recorded as the read that it was.
 */
public final class RegisterWorkload implements Workload {
    private static final int KEYS = 9;
    /** A key is replaced by a new one after this many operations, so that checking it stays cheap. */
    static final int OPERATIONS_OF_A_KEY = 2_000;

    private static final double READS = 0.45;
    private static final double WRITES = 0.25;
    /** The share of the cas that takes the value it reads for the old one, so that some succeed under any load. */
    private static final double CAS_OF_ANY = 0.4;

    private final Options options;
    private final SpreadTags tags;
    private final AtomicReferenceArray<Register> hot;
    private final Queue<Register> all = new ConcurrentLinkedQueue<>();
    private final AtomicLong sequence = new AtomicLong();
    private final LastReads<Register> last = new LastReads<>(() -> all);

    private static final class Register {
        final String key;
        final int slot;
        final AtomicInteger operations = new AtomicInteger();
        volatile @Nullable Long lately;

        Register(SpreadTags.Tag tag) {
            key = tag.key("");
            slot = tag.slot();
        }
    }

    public RegisterWorkload(Options options) {
        this.options = options;
        tags = new SpreadTags(options.prefix(), 3);
        hot = new AtomicReferenceArray<>(options.keysOr(KEYS));
        for (int i = 0; i < hot.length(); i++) {
            hot.set(i, create());
        }
    }

    @Override
    public String name() {
        return "register";
    }

    @Override
    public void step(Session session) {
        SplittableRandom random = session.random();
        Register register = choose(random);
        double kind = random.nextDouble();
        if (kind < READS) {
            read(session, register, options.atReplica(random));
        } else if (kind < READS + WRITES) {
            write(session, register);
        } else {
            cas(session, register, random.nextDouble() < CAS_OF_ANY ? null : register.lately);
        }
    }

    @Override
    public void finalReads(Session session) {
        last.by(session, register -> read(session, register, false));
    }

    @Override
    public List<Checker> checkers() {
        return Workload.checkers(new Linearizable(), name());
    }

    private Outcome read(Session session, Register register, boolean replica) {
        return session.read(
                replica, "read", register.key, register.slot, null, Talk.command("GET", register.key), reply -> {
                    Long value = Replies.number(reply);
                    register.lately = value;
                    return value;
                });
    }

    private void write(Session session, Register register) {
        Long value = fresh(session);
        Talk set = Talk.command("SET", register.key, value.toString());
        session.run("write", register.key, register.slot, value, set, reply -> {
            Replies.ok(reply);
            register.lately = value;
            return null;
        });
    }

    /** @param old null for whatever is read */
    private void cas(Session session, Register register, @Nullable Long old) {
        Long value = fresh(session);
        byte[][] set = words("SET", register.key, value.toString());
        Watched watched = new Watched(words("WATCH", register.key), words("GET", register.key), seen -> {
            Long current = Replies.number(seen);
            return current != null && (old == null || old.equals(current)) ? List.<byte[][]>of(set) : List.of();
        });
        long call = session.recorder().now();
        Attempt attempt = session.cluster().talk(register.slot, watched);
        Reply seen = watched.seen();
        Long current = seen == null ? null : numberIfAny(seen);
        if (attempt instanceof Attempt.Acknowledged && (current == null || (old != null && !old.equals(current)))) {
            session.record("read", register.key, null, call, attempt, reply -> current, "");
            register.lately = current;
            return;
        }
        List<@Nullable Long> in = Arrays.asList(current == null ? old : current, value);
        session.record(
                "cas",
                register.key,
                in,
                call,
                attempt,
                reply -> {
                    Replies.ok(reply.items().get(0));
                    register.lately = value;
                    return null;
                },
                "");
    }

    /** Null also for what no server may answer: the attempt's outcome says so, and the client goes on. */
    private static @Nullable Long numberIfAny(Reply seen) {
        try {
            return Replies.number(seen);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private Register choose(SplittableRandom random) {
        int i = random.nextInt(hot.length());
        Register register = hot.get(i);
        if (register.operations.incrementAndGet() == OPERATIONS_OF_A_KEY) {
            hot.set(i, create());
        }
        return register;
    }

    private Register create() {
        Register register = new Register(tags.next());
        all.add(register);
        return register;
    }

    private Long fresh(Session session) {
        return (long) session.client() << 32 | sequence.incrementAndGet();
    }
}

package io.cairn.jepsen.check;

import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Seeded clients of a store that does one thing at a time, so that its history is strictly serializable. Some operations are
 * refused, and some end unknown: half of those take effect, at times long after their client gave up.
 */
final class SimulatedRun {
    /** What {@link Store#apply} answers when it refuses. */
    static final Object REFUSED = new Object();

    /** What a client asks for. */
    record Request(String f, String key, @Nullable Object in) {}

    /** What clients ask, and what becomes of it; {@code nanos} is the time of the effect. */
    interface Store {
        Request next(SplittableRandom random);

        @Nullable
        Object apply(Request request, long nanos);
    }

    private record Event(long time, long order, Runnable what) {}

    private final SplittableRandom random;
    private final Store store;
    private final int concurrency;
    private final int most;
    private final double unknown;
    private final double refused;
    private final PriorityQueue<Event> events = new PriorityQueue<>(
            (a, b) -> a.time() != b.time() ? Long.compare(a.time(), b.time()) : Long.compare(a.order(), b.order()));
    private final List<Operation> operations = new ArrayList<>();
    private long order;
    private int begun;
    private int clients;

    private SimulatedRun(long seed, Store store, int concurrency, int most, double unknown, double refused) {
        random = new SplittableRandom(seed);
        this.store = store;
        this.concurrency = concurrency;
        this.most = most;
        this.unknown = unknown;
        this.refused = refused;
    }

    static History of(long seed, Store store, int concurrency, int most, double unknown, double refused) {
        return history(new SimulatedRun(seed, store, concurrency, most, unknown, refused).run());
    }

    static History history(List<Operation> operations) {
        return new History(Map.of(), operations, List.of(), List.of());
    }

    /** A valid run, and after all of it, one at a time, these. */
    static History of(
            long seed, Store store, int concurrency, int most, double unknown, double refused, List<Request> last) {
        List<Operation> all = new ArrayList<>(new SimulatedRun(seed, store, concurrency, most, unknown, refused).run());
        long end = 0;
        for (Operation operation : all) {
            end = Math.max(end, operation.ret());
        }
        end += 1_000_000_000L;
        for (Request request : last) {
            Object out = store.apply(request, end);
            all.add(new Operation(
                    1_000_000, request.f(), request.key(), request.in(), out, end, end + 50, Outcome.OK, "n0", null));
            end += 100;
        }
        return history(all);
    }

    private List<Operation> run() {
        for (int client = 0; client < concurrency; client++) {
            at(random.nextInt(1000), this::step);
        }
        for (Event event = events.poll(); event != null; event = events.poll()) {
            event.what().run();
        }
        return operations;
    }

    private void at(long time, Runnable what) {
        events.add(new Event(time, order++, what));
    }

    private long now;

    private void step() {
        step(clients++);
    }

    private void step(int client) {
        if (begun++ >= most) {
            return;
        }
        Request request = store.next(random);
        long call = Math.max(now, 0) + 1 + random.nextInt(500);
        long effect = call + 1 + random.nextInt(2000);
        double luck = random.nextDouble();
        if (luck < unknown) {
            long gaveUp = effect + 1 + random.nextInt(1000);
            if (random.nextBoolean()) {
                long late = random.nextInt(3) == 0 ? gaveUp + random.nextInt(200_000) : effect;
                at(late, () -> {
                    now = late;
                    store.apply(request, late);
                });
            }
            done(client, request, null, call, gaveUp, Outcome.INFO);
        } else if (luck < unknown + refused) {
            done(client, request, null, call, effect + 1, Outcome.FAIL);
        } else {
            long ret = effect + 1 + random.nextInt(2000);
            at(effect, () -> {
                now = effect;
                Object out = store.apply(request, effect);
                boolean no = out == REFUSED;
                done(client, request, no ? null : out, call, ret, no ? Outcome.FAIL : Outcome.OK);
            });
        }
    }

    private void done(int client, Request request, @Nullable Object out, long call, long ret, Outcome outcome) {
        String error = outcome == Outcome.OK ? null : outcome == Outcome.INFO ? "timeout" : "CLUSTERDOWN";
        operations.add(new Operation(
                client, request.f(), request.key(), request.in(), out, call, ret, outcome, "n" + client % 9, error));
        at(ret, () -> {
            now = ret;
            step(outcome == Outcome.INFO ? clients++ : client);
        });
    }
}

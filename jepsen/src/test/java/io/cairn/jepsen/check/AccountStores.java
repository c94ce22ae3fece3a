package io.cairn.jepsen.check;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Simulated counters, sets, banks and keys that expire. */
final class AccountStores {
    private AccountStores() {}

    /** Two counters. */
    static final class Counters implements SimulatedRun.Store {
        private final Map<String, Long> values = new HashMap<>();

        @Override
        public SimulatedRun.Request next(SplittableRandom random) {
            String key = "c" + random.nextInt(2);
            return random.nextInt(4) == 0
                    ? new SimulatedRun.Request("read", key, null)
                    : new SimulatedRun.Request("incr", key, 1L + random.nextInt(3));
        }

        static List<SimulatedRun.Request> finalReads() {
            return List.of(new SimulatedRun.Request("read", "c0", null), new SimulatedRun.Request("read", "c1", null));
        }

        @Override
        public @Nullable Object apply(SimulatedRun.Request request, long nanos) {
            return request.f().equals("incr")
                    ? values.merge(request.key(), (Long) Objects.requireNonNull(request.in()), Long::sum)
                    : values.get(request.key());
        }
    }

    /** Elements 1 to {@code added}. */
    static final class Elements implements SimulatedRun.Store {
        private final List<Long> there = new ArrayList<>();
        private long added;

        @Override
        public SimulatedRun.Request next(SplittableRandom random) {
            if (random.nextInt(3) > 0 || added == 0) {
                return new SimulatedRun.Request("add", "s", ++added);
            }
            List<Long> asked = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                asked.add(1 + random.nextLong(added));
            }
            return new SimulatedRun.Request("read", "s", asked);
        }

        @Override
        public @Nullable Object apply(SimulatedRun.Request request, long nanos) {
            if (request.f().equals("add")) {
                there.add((Long) request.in());
                return null;
            }
            List<Object> out = new ArrayList<>((List<?>) Objects.requireNonNull(request.in()));
            out.retainAll(there);
            return out;
        }

        static List<SimulatedRun.Request> finalReads(long most) {
            List<Long> all = new ArrayList<>();
            for (long element = 1; element <= most; element++) {
                all.add(element);
            }
            return List.of(new SimulatedRun.Request("read", "s", all));
        }
    }

    /** Two banks of five accounts with 100 each. */
    static final class Banks implements SimulatedRun.Store {
        private final Map<String, Map<String, Object>> banks = new HashMap<>();

        @Override
        public SimulatedRun.Request next(SplittableRandom random) {
            String key = "b" + random.nextInt(2);
            if (random.nextInt(3) == 0) {
                return new SimulatedRun.Request("read", key, null);
            }
            int from = random.nextInt(5);
            int to = (from + 1 + random.nextInt(4)) % 5;
            Map<String, Object> transfer = Map.of("from", "" + from, "to", "" + to, "amount", 1L + random.nextInt(30));
            return new SimulatedRun.Request("transfer", key, transfer);
        }

        static List<SimulatedRun.Request> finalReads() {
            return List.of(new SimulatedRun.Request("read", "b0", null), new SimulatedRun.Request("read", "b1", null));
        }

        @Override
        public @Nullable Object apply(SimulatedRun.Request request, long nanos) {
            Map<String, Object> accounts = banks.computeIfAbsent(
                    request.key(), k -> new TreeMap<>(Map.of("0", 100L, "1", 100L, "2", 100L, "3", 100L, "4", 100L)));
            if (!(request.in() instanceof Map<?, ?> transfer)) {
                return new TreeMap<>(accounts);
            }
            long amount = (Long) Objects.requireNonNull(transfer.get("amount"));
            if ((Long) Objects.requireNonNull(accounts.get((String) transfer.get("from"))) < amount) {
                return SimulatedRun.REFUSED;
            }
            accounts.merge((String) transfer.get("from"), -amount, (a, b) -> (Long) a + (Long) b);
            accounts.merge((String) transfer.get("to"), amount, (a, b) -> (Long) a + (Long) b);
            return null;
        }
    }
}

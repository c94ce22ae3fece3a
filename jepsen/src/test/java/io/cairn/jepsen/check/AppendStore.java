package io.cairn.jepsen.check;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Lists to which transactions append; a key that has had its share of appends makes room for a new one. */
final class AppendStore implements SimulatedRun.Store {
    private final Map<String, List<Object>> lists = new HashMap<>();
    private final Map<String, Integer> appends = new HashMap<>();
    private final int activeKeys;
    private final int mostAppends;
    private final int mostSteps;
    private final List<String> active = new ArrayList<>();
    private int keys;
    private long element;

    AppendStore(int activeKeys, int mostAppends, int mostSteps) {
        this.activeKeys = activeKeys;
        this.mostAppends = mostAppends;
        this.mostSteps = mostSteps;
    }

    @Override
    public SimulatedRun.Request next(SplittableRandom random) {
        while (active.size() < activeKeys) {
            active.add("k" + keys++);
        }
        List<Object> steps = new ArrayList<>();
        int count = 1 + random.nextInt(mostSteps);
        for (int i = 0; i < count; i++) {
            int at = random.nextInt(activeKeys);
            String key = active.get(at);
            if (random.nextBoolean()) {
                steps.add(step("r", key, null));
            } else {
                steps.add(List.of("append", key, ++element));
                if (appends.merge(key, 1, Integer::sum) >= mostAppends) {
                    active.set(at, "k" + keys++);
                }
            }
        }
        return new SimulatedRun.Request("txn", "{t}", steps);
    }

    static List<Object> step(String what, String key, @Nullable Object value) {
        List<Object> step = new ArrayList<>(List.of(what, key));
        step.add(value);
        return step;
    }

    /** A transaction that reads every key there ever was. */
    List<SimulatedRun.Request> finalReads() {
        List<SimulatedRun.Request> reads = new ArrayList<>();
        for (int key = 0; key < keys; key++) {
            reads.add(new SimulatedRun.Request("txn", "{t}", List.of(step("r", "k" + key, null))));
        }
        return reads;
    }

    @Override
    public Object apply(SimulatedRun.Request request, long nanos) {
        List<Object> out = new ArrayList<>();
        for (Object step : (List<?>) Objects.requireNonNull(request.in())) {
            List<?> words = (List<?>) step;
            List<Object> list = lists.computeIfAbsent((String) words.get(1), k -> new ArrayList<>());
            if (words.get(0).equals("append")) {
                list.add(words.get(2));
                out.add(words);
            } else {
                out.add(step("r", (String) words.get(1), new ArrayList<>(list)));
            }
        }
        return out;
    }
}

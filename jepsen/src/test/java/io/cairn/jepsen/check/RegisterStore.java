package io.cairn.jepsen.check;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Registers whose clients read, write and compare-and-set; written values are unique, or few. */
final class RegisterStore implements SimulatedRun.Store {
    private final Map<String, @Nullable Object> values = new HashMap<>();
    private final int keys;
    /** 0: each value is used once. */
    private final int differentValues;

    private long nextValue;

    RegisterStore(int keys, int differentValues) {
        this.keys = keys;
        this.differentValues = differentValues;
    }

    @Override
    public SimulatedRun.Request next(SplittableRandom random) {
        String key = "r" + random.nextInt(keys);
        return switch (random.nextInt(3)) {
            case 0 -> new SimulatedRun.Request("write", key, value(random));
            case 1 -> {
                Object old = values.get(key);
                Object from = old == null || random.nextInt(4) == 0 ? value(random) : old;
                yield new SimulatedRun.Request("cas", key, List.of(from, value(random)));
            }
            default -> new SimulatedRun.Request("read", key, null);
        };
    }

    private Long value(SplittableRandom random) {
        return differentValues == 0 ? ++nextValue : Long.valueOf(1 + random.nextInt(differentValues));
    }

    @Override
    public @Nullable Object apply(SimulatedRun.Request request, long nanos) {
        Object now = values.get(request.key());
        switch (request.f()) {
            case "write" -> values.put(request.key(), request.in());
            case "cas" -> {
                List<?> change = (List<?>) Objects.requireNonNull(request.in());
                if (!change.get(0).equals(now)) {
                    return SimulatedRun.REFUSED;
                }
                values.put(request.key(), change.get(1));
            }
            default -> {
                return now;
            }
        }
        return null;
    }
}

package io.cairn.jepsen.workload;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The workloads that can be chosen by name. */
public final class Workloads {
    private static final Map<String, Function<Options, Workload>> BY_NAME = new LinkedHashMap<>();

    static {
        BY_NAME.put("register", RegisterWorkload::new);
        BY_NAME.put("append", AppendWorkload::new);
        BY_NAME.put("counter", CounterWorkload::new);
        BY_NAME.put("set", SetWorkload::new);
        BY_NAME.put("bank", BankWorkload::new);
        BY_NAME.put("ttl", TtlWorkload::new);
    }

    private Workloads() {}

    public static List<String> names() {
        return List.copyOf(BY_NAME.keySet());
    }

    /**
     * A workload for one run.
     *
     * @throws IllegalArgumentException when there is none of this name
     */
    public static Workload named(String name, Options options) {
        Function<Options, Workload> constructor = BY_NAME.get(name);
        if (constructor == null) {
            throw new IllegalArgumentException("no workload " + name + ": there are " + names());
        }
        return constructor.apply(options);
    }
}

package io.cairn.jepsen.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cairn.jepsen.history.FaultWindow;
import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What the page's script draws from: columns of numbers and a table of the strings that they name. Times in microseconds. */
final class PageData {
    /** Values longer than this are cut. */
    static final int LONGEST_VALUE = 240;
    /** All strings together, in bytes as they are written; beyond it values are cut shorter and shorter. */
    static final int MOST_TEXT = 2_500_000;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long MICRO = 1_000;

    private final History history;
    private final OperationSample sample;
    private final Map<String, Integer> strings = new LinkedHashMap<>();

    PageData(History history, OperationSample sample) {
        this.history = history;
        this.sample = sample;
    }

    /** As JSON that may stand in a script element. */
    String json(Buckets buckets) throws JsonProcessingException {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("end", buckets.end / MICRO);
        data.put("plot", Map.of("width", Plots.WIDTH, "left", Plots.LEFT, "right", Plots.RIGHT));
        data.put("rate", Map.of("width", buckets.rateWidth / MICRO, "counts", buckets.counts));
        data.put(
                "latency",
                Map.of(
                        "width", buckets.latencyWidth / MICRO,
                        "p50", micros(buckets.median),
                        "p99", micros(buckets.p99)));
        List<Object> faults = new ArrayList<>();
        for (FaultWindow fault : history.faults()) {
            faults.add(List.of(
                    fault.kind(), fault.what(), fault.begin() / MICRO, fault.struck() / MICRO, fault.healed() / MICRO));
        }
        data.put("faults", faults);
        List<Object> stretches = new ArrayList<>();
        for (int[] stretch : sample.stretches) {
            stretches.add(List.of(call(stretch[0]), call(stretch[1])));
        }
        data.put("stretches", stretches);
        List<Object> problems = new ArrayList<>();
        sample.problemKeys.forEach((key, first) -> problems.add(List.of(key, call(first))));
        data.put("problems", problems);
        int longest = LONGEST_VALUE;
        Map<String, Object> columns = columns(longest);
        while (strings.keySet().stream().mapToLong(PageData::written).sum() > MOST_TEXT && longest > 1) {
            longest /= 2;
            columns = columns(longest);
        }
        data.put("operations", columns);
        data.put("strings", strings.keySet());
        return Html.scriptJson(JSON.writeValueAsString(data));
    }

    /** At most the bytes of a string in the page: some characters are escaped in six. */
    private static long written(String text) {
        return 3L
                + text.chars()
                        .mapToLong(c -> c < ' ' || c == '<' || c == '>' || c == '&' ? 6 : c < 128 ? 2 : 3)
                        .sum();
    }

    private long call(int operation) {
        return history.operations().get(operation).call() / MICRO;
    }

    private static long[][] micros(long[][] nanos) {
        return Arrays.stream(nanos)
                .map(values -> Arrays.stream(values)
                        .map(value -> (value + MICRO - 1) / MICRO)
                        .toArray())
                .toArray(long[][]::new);
    }

    private Map<String, Object> columns(int longest) {
        strings.clear();
        string("", longest);
        Map<Integer, Integer> lanes = lanes();
        Map<String, Object> columns = new LinkedHashMap<>();
        List<Operation> shown = sample.kept.stream()
                .mapToObj(index -> history.operations().get(index))
                .toList();
        columns.put("lanes", new TreeSet<>(lanes.values()).size());
        columns.put("call", shown.stream().mapToLong(o -> o.call() / MICRO).toArray());
        columns.put(
                "lasted",
                shown.stream().mapToLong(o -> (o.ret() - o.call()) / MICRO).toArray());
        columns.put("lane", shown.stream().map(o -> lanes.get(o.client())).toList());
        columns.put("client", shown.stream().mapToInt(Operation::client).toArray());
        columns.put(
                "outcome",
                shown.stream().mapToInt(o -> Buckets.column(o.outcome())).toArray());
        columns.put("f", shown.stream().mapToInt(o -> string(o.f(), longest)).toArray());
        columns.put(
                "key", shown.stream().mapToInt(o -> string(o.key(), longest)).toArray());
        columns.put("in", shown.stream().mapToInt(o -> value(o.in(), longest)).toArray());
        columns.put("out", shown.stream().mapToInt(o -> value(o.out(), longest)).toArray());
        columns.put(
                "node", shown.stream().mapToInt(o -> string(o.node(), longest)).toArray());
        columns.put(
                "error",
                shown.stream().mapToInt(o -> string(o.error(), longest)).toArray());
        return columns;
    }

    private int value(@Nullable Object value, int longest) {
        try {
            return value == null ? 0 : string(JSON.writeValueAsString(value), longest);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not a value that JSON has: " + value, e);
        }
    }

    private int string(@Nullable String text, int longest) {
        String kept = text == null ? "" : text;
        if (kept.length() > longest) {
            kept = kept.substring(0, longest) + "… (" + kept.length() + " characters)";
        }
        Integer known = strings.putIfAbsent(kept, strings.size());
        return known == null ? strings.size() - 1 : known;
    }

    /**
     * A row for each client. A client whose operation ended as unknown goes on under a new number; as clients that were never at work
     * at the same time share a row, it mostly stays in its own.
     */
    private Map<Integer, Integer> lanes() {
        Map<Integer, long[]> lives = new HashMap<>();
        for (Operation operation : history.operations()) {
            long[] life =
                    lives.computeIfAbsent(operation.client(), c -> new long[] {c, operation.call(), operation.ret()});
            life[1] = Math.min(life[1], operation.call());
            life[2] = Math.max(life[2], operation.ret());
        }
        PriorityQueue<long[]> busy = new PriorityQueue<>((a, b) -> Long.compare(a[0], b[0]));
        TreeSet<Integer> free = new TreeSet<>();
        Map<Integer, Integer> lanes = new HashMap<>();
        lives.values().stream()
                .sorted((a, b) -> a[1] != b[1] ? Long.compare(a[1], b[1]) : Long.compare(a[0], b[0]))
                .forEach(life -> {
                    while (!busy.isEmpty() && busy.element()[0] <= life[1]) {
                        free.add((int) busy.remove()[1]);
                    }
                    Integer lane = free.pollFirst();
                    int row = lane == null ? busy.size() : lane;
                    busy.add(new long[] {life[2], row});
                    lanes.put((int) life[0], row);
                });
        return lanes;
    }
}

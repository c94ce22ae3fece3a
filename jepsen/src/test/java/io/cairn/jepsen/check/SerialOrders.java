package io.cairn.jepsen.check;

import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Whether a tiny list-append history is strictly serializable, by trying every order with every subset of the unknown transactions. */
final class SerialOrders {
    private SerialOrders() {}

    static boolean strictlySerializable(List<Operation> operations) {
        return from(operations, new boolean[operations.size()], new HashMap<>());
    }

    private static boolean from(List<Operation> operations, boolean[] placed, Map<String, List<Object>> lists) {
        boolean complete = true;
        long earliest = Long.MAX_VALUE;
        for (int op = 0; op < placed.length; op++) {
            if (!placed[op] && operations.get(op).outcome() == Outcome.OK) {
                complete = false;
                earliest = Math.min(earliest, operations.get(op).ret());
            }
        }
        if (complete) {
            return true;
        }
        for (int op = 0; op < placed.length; op++) {
            Operation operation = operations.get(op);
            if (placed[op] || operation.outcome() == Outcome.FAIL || operation.call() > earliest) {
                continue;
            }
            Map<String, List<Object>> after = new HashMap<>();
            lists.forEach((key, list) -> after.put(key, new ArrayList<>(list)));
            if (fits(operation, after)) {
                placed[op] = true;
                if (from(operations, placed, after)) {
                    return true;
                }
                placed[op] = false;
            }
        }
        return false;
    }

    private static boolean fits(Operation operation, Map<String, List<Object>> lists) {
        boolean ok = operation.outcome() == Outcome.OK;
        for (Object step : (List<?>) Objects.requireNonNull(ok ? operation.out() : operation.in())) {
            List<?> words = (List<?>) step;
            List<Object> list = lists.computeIfAbsent((String) words.get(1), k -> new ArrayList<>());
            if (words.get(0).equals("append")) {
                list.add(words.get(2));
            } else if (ok && !list.equals(words.get(2))) {
                return false;
            }
        }
        return true;
    }
}

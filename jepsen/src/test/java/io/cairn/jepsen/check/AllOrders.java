package io.cairn.jepsen.check;

import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Whether a tiny register history is linearizable, by trying every order with every subset of the unknown operations. */
final class AllOrders {
    private AllOrders() {}

    static boolean linearizable(List<Operation> operations) {
        return from(operations, new boolean[operations.size()], null);
    }

    private static boolean from(List<Operation> operations, boolean[] placed, @Nullable Object value) {
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
            boolean unknownRead =
                    operation.outcome() == Outcome.INFO && operation.f().equals("read");
            List<?> change = operation.in() instanceof List<?> list ? list : List.of();
            Object left = switch (operation.f()) {
                case "write" -> operation.in();
                case "cas" -> change.get(1);
                default -> value;
            };
            boolean fits = switch (operation.f()) {
                case "write" -> true;
                case "cas" -> Objects.equals(change.get(0), value);
                default -> !unknownRead && Objects.equals(operation.out(), value);
            };
            if (fits) {
                placed[op] = true;
                if (from(operations, placed, left)) {
                    return true;
                }
                placed[op] = false;
            }
        }
        return false;
    }
}

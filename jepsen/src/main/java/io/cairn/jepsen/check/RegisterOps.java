package io.cairn.jepsen.check;

import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.history.Words;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The operations on one register that bear on whether it is linearizable, with values as small numbers; 0 is nil, the value at the start.
 *
 * <p>Refused operations and reads of unknown outcome say nothing and are left out. Two things are done before the search,
 * neither of which changes the answer:
 *
 * <p><b>Unseen unknowns go.</b> Let u be a write or cas of unknown outcome whose value v no (remaining) operation expects, that is: no
 * read returned v and no cas has v as its old value. Given a linearization in which u takes effect, the next operation after u that needs
 * any value needs v unless a plain write comes first; nobody needs v, so right after u comes a plain write or nothing. Without u the
 * same order is still a linearization, since a plain write does not care for what it overwrites. Given one without u, u may stay
 * pending for ever. So u decides nothing. Dropping a cas may leave its old value unseen; hence this is repeated until nothing goes.
 *
 * <p><b>Seen unknowns get an end.</b> If v has one possible maker and an operation that surely happened expects v, then v's maker happened
 * before that one returned. So its deadline is the earliest return of those, and if it was unknown it no longer is. This
 * also is repeated, along chains of cas.
 */
final class RegisterOps {
    /** The deadline of an operation that need not have happened. */
    static final long NEVER = Long.MAX_VALUE;

    /** What {@link #expects} says of a plain write, and {@link #makes} of a read. */
    static final int ANY = -1;

    /** The operations in the order of their calls. */
    final Operation[] source;

    /** The value each needs to find. */
    final int[] expects;

    /** The value each leaves. */
    final int[] makes;

    final long[] call;

    /** When it has happened at the latest, or {@link #NEVER}. */
    final long[] deadline;

    /** Whether a value, once overwritten, cannot come back: it has one possible maker (nil: none). */
    final boolean[] single;

    /** How many operations that surely happened expect a value. */
    final int[] observers;

    /** How many operations that perhaps happened expect a value. */
    final int[] maybeObservers;

    private RegisterOps(List<Operation> kept, int[] expects, int[] makes, int values) {
        source = kept.toArray(new Operation[0]);
        this.expects = expects;
        this.makes = makes;
        call = new long[source.length];
        deadline = new long[source.length];
        single = new boolean[values];
        observers = new int[values];
        maybeObservers = new int[values];
        for (int op = 0; op < source.length; op++) {
            call[op] = source[op].call();
            deadline[op] = source[op].outcome() == Outcome.OK ? source[op].ret() : NEVER;
        }
        setDeadlines();
        for (int op = 0; op < source.length; op++) {
            if (expects[op] != ANY) {
                (deadline[op] == NEVER ? maybeObservers : observers)[expects[op]]++;
            }
        }
    }

    /** The operations of one key, sorted by their calls. */
    static RegisterOps of(List<Operation> operations) {
        List<Operation> kept = new ArrayList<>();
        Map<Object, Integer> numbers = new HashMap<>();
        int[] expects = new int[operations.size()];
        int[] makes = new int[operations.size()];
        for (Operation operation : operations) {
            boolean read = operation.f().equals("read");
            if (operation.outcome() == Outcome.FAIL || (read && operation.outcome() == Outcome.INFO)) {
                continue;
            }
            int op = kept.size();
            kept.add(operation);
            expects[op] = ANY;
            makes[op] = ANY;
            switch (operation.f()) {
                case "read" -> expects[op] = number(operation.out(), numbers);
                case "write" -> makes[op] = number(operation.in(), numbers);
                case "cas" -> {
                    List<?> change = Words.list(operation.in(), operation);
                    expects[op] = number(change.get(0), numbers);
                    makes[op] = number(change.get(1), numbers);
                }
                default -> throw new IllegalArgumentException("not of a register: " + Words.of(operation));
            }
        }
        return withoutUnseen(kept, expects, makes, numbers.size() + 1);
    }

    int size() {
        return source.length;
    }

    private static int number(@Nullable Object value, Map<Object, Integer> numbers) {
        return value == null ? 0 : numbers.computeIfAbsent(Words.plain(value), v -> numbers.size() + 1);
    }

    private static RegisterOps withoutUnseen(List<Operation> operations, int[] expects, int[] makes, int values) {
        int[] wanted = new int[values];
        List<List<Integer>> unknownMakers = new ArrayList<>();
        for (int value = 0; value < values; value++) {
            unknownMakers.add(new ArrayList<>(0));
        }
        for (int op = 0; op < operations.size(); op++) {
            if (expects[op] != ANY) {
                wanted[expects[op]]++;
            }
            if (operations.get(op).outcome() == Outcome.INFO) {
                unknownMakers.get(makes[op]).add(op);
            }
        }
        ArrayDeque<Integer> unseen = new ArrayDeque<>();
        for (int value = 0; value < values; value++) {
            if (wanted[value] == 0) {
                unseen.add(value);
            }
        }
        boolean[] dropped = new boolean[operations.size()];
        for (Integer value = unseen.poll(); value != null; value = unseen.poll()) {
            for (int op : unknownMakers.get(value)) {
                dropped[op] = true;
                if (expects[op] != ANY && --wanted[expects[op]] == 0) {
                    unseen.add(expects[op]);
                }
            }
        }
        List<Operation> kept = new ArrayList<>(operations.size());
        for (int op = 0; op < operations.size(); op++) {
            if (!dropped[op]) {
                expects[kept.size()] = expects[op];
                makes[kept.size()] = makes[op];
                kept.add(operations.get(op));
            }
        }
        return new RegisterOps(kept, Arrays.copyOf(expects, kept.size()), Arrays.copyOf(makes, kept.size()), values);
    }

    private void setDeadlines() {
        int[] makers = new int[single.length];
        int[] maker = new int[single.length];
        for (int op = 0; op < source.length; op++) {
            if (makes[op] != ANY) {
                makers[makes[op]]++;
                maker[makes[op]] = op;
            }
        }
        single[0] = makers[0] == 0;
        for (int value = 1; value < single.length; value++) {
            single[value] = makers[value] == 1;
        }
        ArrayDeque<Integer> changed = new ArrayDeque<>();
        for (int op = 0; op < source.length; op++) {
            if (deadline[op] != NEVER) {
                changed.add(op);
            }
        }
        for (Integer op = changed.poll(); op != null; op = changed.poll()) {
            if (expects[op] > 0 && single[expects[op]]) {
                int before = maker[expects[op]];
                if (deadline[op] < deadline[before]) {
                    deadline[before] = deadline[op];
                    changed.add(before);
                }
            }
        }
    }
}

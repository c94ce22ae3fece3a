package io.cairn.jepsen.check;

import java.util.Arrays;

/**
 * Looks for an order of one register's operations that explains what each was told: the algorithm of Wing and Gong (1993) with
 * the cache of Lowe (2017), without recursion.
 *
 * <p>A configuration is the set of operations that have been put in order so far and the value they leave. From it an operation may come
 * next when it was called before the earliest deadline of those that are left (else one of them would have had to come first),
 * and when it finds the value it expects. These rules cut branches; none cuts the last way to an order:
 *
 * <ul>
 *   <li><i>Reads at once.</i> A read that may come next changes nothing, so it comes next.
 *   <li><i>No value dies unseen.</i> A value with one maker does not come back, so it is not overwritten while an operation
 *       that surely happened still expects it.
 *   <li><i>No idle unknowns.</i> An operation that need not have happened is only tried while somebody left expects what it makes (by
 *       the proof in {@link RegisterOps}).
 *   <li><i>All dead values are one.</i> Where nobody left expects the value, which value it is makes no difference to the cache.
 *   <li><i>Closed chains stay.</i> Let the value be dead, and let a write, all that expect its value, then perhaps a cas, all that expect
 *       its value, and so on, come next with nothing between, until the value is dead again, all of them sure and with one maker each.
 *       In any order that completes the first configuration they also stand together, since nothing else can find or
 *       may overwrite those values. What follows them there does not expect their last value, so it is a plain write, and taking them
 *       out and putting them first gives another order. So if the search fails after the chain, it fails before it: no other
 *       choice within the chain is tried. With unique values this leaves no exponential case.
 * </ul>
 */
final class RegisterSearch {
    enum Verdict {
        LINEARIZABLE,
        NOT_LINEARIZABLE,
        /** More configurations than were allowed. */
        UNDECIDED
    }

    private static final int[] NONE = {};
    private static final int NO_CHAIN = -1;
    private static final long DEAD = 0x5ca1ab1eL;
    /** A cache with fewer configurations is not worth clearing. */
    private static final int WORTH_CLEARING = 1 << 12;

    private final RegisterOps ops;
    private final int mostConfigurations;
    private final int[] next;
    private final int[] previous;
    private final int head;
    private final int[] observers;
    private final int[] maybeObservers;
    private final SeenConfigurations seen = new SeenConfigurations();

    /** Per depth: what to try there, how many were tried, the value there, and where a chain that is open there began. */
    private final int[][] candidates;

    private final int[] tried;
    private final int[] values;
    private final int[] chains;

    private int value;
    private int sureLeft;
    private long hashHigh;
    private long hashLow;
    private int depth;
    /** Below this depth no choice is left. */
    private int settled;

    private long configurations;

    RegisterSearch(RegisterOps ops, int mostConfigurations) {
        this.ops = ops;
        this.mostConfigurations = mostConfigurations;
        head = ops.size();
        next = new int[head + 1];
        previous = new int[head + 1];
        for (int op = 0; op <= head; op++) {
            next[op] = op == head ? 0 : op + 1;
            previous[op] = op == 0 ? head : op - 1;
        }
        observers = ops.observers.clone();
        maybeObservers = ops.maybeObservers.clone();
        for (long deadline : ops.deadline) {
            sureLeft += deadline == RegisterOps.NEVER ? 0 : 1;
        }
        candidates = new int[head + 1][];
        tried = new int[head + 1];
        values = new int[head + 1];
        chains = new int[head + 1];
    }

    /** Configurations visited. */
    long configurations() {
        return configurations;
    }

    /** Once only. */
    Verdict run() {
        enter(NO_CHAIN);
        while (sureLeft > 0) {
            if (tried[depth] < candidates[depth].length) {
                int op = candidates[depth][tried[depth]++];
                boolean read = ops.makes[op] == RegisterOps.ANY;
                int chain = chainAfter(op);
                apply(op);
                configurations++;
                if (!read && !addSeen()) {
                    undo(op);
                    continue;
                }
                if (seen.size() > mostConfigurations) {
                    return Verdict.UNDECIDED;
                }
                depth++;
                enter(chain);
            } else if (depth == 0) {
                return Verdict.NOT_LINEARIZABLE;
            } else {
                depth--;
                settled = Math.min(settled, depth);
                undo(candidates[depth][tried[depth] - 1]);
            }
        }
        return Verdict.LINEARIZABLE;
    }

    /** Prepares the configuration just reached; {@code chain} is the depth at which the chain that leads to it began. */
    private void enter(int chain) {
        values[depth] = value;
        boolean dead = dead(value);
        if (dead && chain != NO_CHAIN) {
            settle(chain);
        }
        chains[depth] = dead ? depth : chain;
        candidates[depth] = next();
        tried[depth] = 0;
    }

    /** Forbids other choices from the depth where a closed chain began up to here. */
    private void settle(int from) {
        for (int at = from; at < depth; at++) {
            candidates[at] = Arrays.copyOf(candidates[at], tried[at]);
        }
        if (from <= settled) {
            settled = depth;
            if (seen.size() > WORTH_CLEARING) {
                // The search never returns to what came before, and nothing that comes later is equal to it.
                seen.clear();
            }
        }
    }

    private int chainAfter(int op) {
        int made = ops.makes[op];
        if (chains[depth] == NO_CHAIN || ops.deadline[op] == RegisterOps.NEVER) {
            return NO_CHAIN;
        }
        boolean clean = made == RegisterOps.ANY || (ops.single[made] && maybeObservers[made] == 0);
        return clean ? chains[depth] : NO_CHAIN;
    }

    private boolean dead(int of) {
        return ops.single[of] && observers[of] == 0 && maybeObservers[of] == 0;
    }

    /** The operations that may come next, those first that must come soonest. */
    private int[] next() {
        long earliest = RegisterOps.NEVER;
        int count = 0;
        int[] found = NONE;
        for (int op = next[head]; op != head && ops.call[op] <= earliest; op = next[op]) {
            earliest = Math.min(earliest, ops.deadline[op]);
            if (!possible(op)) {
                continue;
            }
            if (ops.makes[op] == RegisterOps.ANY) {
                return new int[] {op};
            }
            if (count == found.length) {
                found = Arrays.copyOf(found, Math.max(4, 2 * count));
            }
            int at = count++;
            for (; at > 0 && ops.deadline[found[at - 1]] > ops.deadline[op]; at--) {
                found[at] = found[at - 1];
            }
            found[at] = op;
        }
        return count == found.length ? found : Arrays.copyOf(found, count);
    }

    private boolean possible(int op) {
        int expected = ops.expects[op];
        int made = ops.makes[op];
        boolean sure = ops.deadline[op] != RegisterOps.NEVER;
        if (expected != RegisterOps.ANY && expected != value) {
            return false;
        }
        if (made == RegisterOps.ANY) {
            return true;
        }
        if (!sure && observers[made] + maybeObservers[made] - (expected == made ? 1 : 0) == 0) {
            return false;
        }
        int itself = sure && expected == value ? 1 : 0;
        return made == value || !ops.single[value] || observers[value] == itself;
    }

    private void apply(int op) {
        next[previous[op]] = next[op];
        previous[next[op]] = previous[op];
        count(op, -1);
        if (ops.makes[op] != RegisterOps.ANY) {
            value = ops.makes[op];
        }
    }

    private void undo(int op) {
        value = values[depth];
        count(op, 1);
        next[previous[op]] = op;
        previous[next[op]] = op;
    }

    private void count(int op, int change) {
        boolean sure = ops.deadline[op] != RegisterOps.NEVER;
        if (sure) {
            sureLeft += change;
        }
        if (ops.expects[op] != RegisterOps.ANY) {
            (sure ? observers : maybeObservers)[ops.expects[op]] += change;
        }
        hashHigh ^= SeenConfigurations.mix(0x9e3779b97f4a7c15L * (2L * op + 1));
        hashLow ^= SeenConfigurations.mix(0x9e3779b97f4a7c15L * (2L * op + 2));
    }

    private boolean addSeen() {
        long of = dead(value) ? DEAD : value;
        return seen.add(hashHigh ^ SeenConfigurations.mix(of + DEAD), hashLow);
    }
}

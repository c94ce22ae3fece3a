package io.cairn.command;

/** Positions of the keys among the arguments of one call, reused from call to call. Not thread-safe. */
public final class KeyPositions {
    private int[] positions = new int[16];
    private int count;

    /**
     * Finds the keys of a call whose arity was checked.
     *
     * @return number of keys; 0 when the command has none or its arguments are malformed
     */
    public int find(Command command, Args args) {
        KeySpec keys = command.keys();
        KeySpec.Finder finder = keys.finder();
        if (finder != null) {
            positions = finder.positions(args);
            count = positions.length;
            return count;
        }
        count = 0;
        if (keys.first() == 0) {
            return 0;
        }
        int last = keys.last() < 0 ? args.count() + keys.last() : Math.min(keys.last(), args.count() - 1);
        for (int at = keys.first(); at <= last; at += keys.step()) {
            add(at);
        }
        return count;
    }

    public int count() {
        return count;
    }

    /** Index of the n-th key among the arguments. */
    public int at(int n) {
        return positions[n];
    }

    private void add(int at) {
        if (count == positions.length) {
            positions = java.util.Arrays.copyOf(positions, Math.max(16, count * 2));
        }
        positions[count++] = at;
    }
}

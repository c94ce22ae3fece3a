package io.cairn.jepsen.history;

import java.util.List;

/**
 * A fault as it was. Times are nanoseconds since the run began.
 *
 * @param kind the name under which it is counted, like {@code kill-one}
 * @param what what was struck, for people
 * @param processes the processes it strikes
 * @param begin just before it was made
 * @param struck when it was in force
 * @param healing just before it was undone
 * @param healed when it had been undone (the cluster may take longer)
 * @param confirmed whether a probe saw that it was in force
 * @param probe what the probe saw
 */
public record FaultWindow(
        String kind,
        String what,
        List<Integer> processes,
        long begin,
        long struck,
        long healing,
        long healed,
        boolean confirmed,
        String probe) {}

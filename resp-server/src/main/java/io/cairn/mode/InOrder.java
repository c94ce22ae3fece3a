package io.cairn.mode;

import java.util.ArrayDeque;

/**
 * Batches of one event loop in the order they were gathered. Barriers pass and proposals fail in any order, but the
 * replies of a connection leave in the order of its calls: a batch is finished only when all before it are. Confined to
 * its event loop.
 */
final class InOrder {
    private final ArrayDeque<Batch> batches = new ArrayDeque<>();

    /** What waits for its turn. */
    interface Batch {
        /** True when its outcome is known. */
        boolean isSettled();

        /** Answers its calls; false when it must settle once more before it is done. */
        boolean finish();
    }

    /** Adds a batch behind all others. */
    void add(Batch batch) {
        batches.add(batch);
    }

    /** Finishes what is settled and has nothing unsettled before it. */
    void advance() {
        for (Batch first = batches.peek(); first != null && first.isSettled(); first = batches.peek()) {
            boolean done = true;
            try {
                done = first.finish();
            } finally {
                if (done) {
                    batches.poll();
                }
            }
            if (!done) {
                return;
            }
        }
    }
}

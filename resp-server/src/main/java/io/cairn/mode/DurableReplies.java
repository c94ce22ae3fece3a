package io.cairn.mode;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;

/**
 * Replies of one event loop that wait until the log has what they show. One waiter at the log serves all connections of
 * the loop. Confined to the loop.
 */
final class DurableReplies {
    private final Journal journal;
    private final EventLoop loop;
    private final ArrayDeque<Waiting> queue = new ArrayDeque<>();
    private boolean armed;

    private record Waiting(long index, Runnable action) {}

    DurableReplies(Journal journal, EventLoop loop) {
        this.journal = journal;
        this.loop = loop;
    }

    /** Runs {@code action} now if all that was appended so far is durable, else once it is. */
    void run(Runnable action) {
        long index = journal.appendedIndex();
        if (queue.isEmpty() && journal.durableIndex() >= index) {
            action.run();
            return;
        }
        queue.add(new Waiting(index, action));
        arm();
    }

    private void arm() {
        Waiting first = queue.peek();
        if (!armed && first != null) {
            armed = true;
            journal.whenDurable(first.index, () -> loop.execute(this::serve));
        }
    }

    private void serve() {
        armed = false;
        long durable = journal.durableIndex();
        for (Waiting first = queue.peek(); first != null && first.index <= durable; first = queue.peek()) {
            queue.remove();
            first.action.run();
        }
        arm();
    }
}

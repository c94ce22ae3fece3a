package io.cairn.pubsub;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** How many subscribers a name has on which event loops. Immutable. */
final class Topic {
    private final Mailbox[] loops;
    private final int[] counts;
    /** Over all loops. */
    final int subscribers;

    private Topic(Mailbox[] loops, int[] counts, int subscribers) {
        this.loops = loops;
        this.counts = counts;
        this.subscribers = subscribers;
    }

    /** One subscriber more. */
    static Topic plus(@Nullable Topic old, Mailbox loop) {
        if (old == null) {
            return new Topic(new Mailbox[] {loop}, new int[] {1}, 1);
        }
        int at = old.indexOf(loop);
        Mailbox[] loops = old.loops;
        int[] counts;
        if (at < 0) {
            at = loops.length;
            loops = Arrays.copyOf(loops, at + 1);
            loops[at] = loop;
            counts = Arrays.copyOf(old.counts, at + 1);
        } else {
            counts = old.counts.clone();
        }
        counts[at]++;
        return new Topic(loops, counts, old.subscribers + 1);
    }

    /** One subscriber less; null when it was the last. */
    @Nullable
    Topic minus(Mailbox loop) {
        int at = indexOf(loop);
        if (at < 0) {
            throw new IllegalStateException("nobody subscribed on that loop");
        }
        if (subscribers == 1) {
            return null;
        }
        if (counts[at] > 1) {
            int[] fewer = counts.clone();
            fewer[at]--;
            return new Topic(loops, fewer, subscribers - 1);
        }
        int last = loops.length - 1;
        Mailbox[] left = Arrays.copyOf(loops, last);
        int[] leftCounts = Arrays.copyOf(counts, last);
        if (at < last) {
            left[at] = loops[last];
            leftCounts[at] = counts[last];
        }
        return new Topic(left, leftCounts, subscribers - 1);
    }

    private int indexOf(Mailbox loop) {
        for (int i = 0; i < loops.length; i++) {
            if (loops[i] == loop) {
                return i;
            }
        }
        return -1;
    }

    /** Puts a frame into the mailbox of every loop that has subscribers. */
    void offer(Frame frame) {
        for (Mailbox loop : loops) {
            loop.offer(frame);
        }
    }
}

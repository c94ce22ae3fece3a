package io.cairn.mode;

import io.cairn.raft.group.Failure;
import io.cairn.raft.group.ReadBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How old a replica's data is at most: everything acknowledged before the last barrier that has passed was asked for is
 * there. The question goes from the replica to its leader and the moment of asking is taken here, so that neither another
 * node's clock nor a message that was long under way can make data look newer than it is. What a barrier of one replica has
 * shown says nothing about the next one that this node opens, of another shard. Any thread.
 */
final class Freshness {
    /** A barrier of this replica that has passed. */
    private record Stamp(Object replica, long askedNanos) {}

    private volatile @Nullable Stamp last;
    private final AtomicBoolean asking = new AtomicBoolean();

    /** A barrier of {@code replica} has passed that was asked for at {@code nanos} or later. */
    synchronized void asOf(Object replica, long nanos) {
        Stamp known = last;
        if (known == null || known.replica() != replica || nanos - known.askedNanos() > 0) {
            last = new Stamp(replica, nanos);
        }
    }

    /**
     * Whether the replica's data is not older than this now; asks anew, without waiting, before it would be.
     *
     * @param ask asks for a barrier of this very replica
     */
    boolean isWithin(long millis, Object replica, Consumer<ReadBarrier> ask) {
        long now = System.nanoTime();
        Stamp known = last;
        long bound = TimeUnit.MILLISECONDS.toNanos(millis);
        long age = known == null || known.replica() != replica ? Long.MAX_VALUE : now - known.askedNanos();
        if (age > bound / 2 && asking.compareAndSet(false, true)) {
            ask.accept(new ReadBarrier() {
                @Override
                public void passed() {
                    asOf(replica, now);
                    asking.set(false);
                }

                @Override
                public void refused(Failure failure) {
                    asking.set(false);
                }
            });
        }
        return age <= bound;
    }
}

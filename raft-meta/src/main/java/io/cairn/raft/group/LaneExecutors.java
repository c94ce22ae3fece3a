package io.cairn.raft.group;

import com.alipay.sofa.jraft.util.concurrent.FixedThreadsExecutorGroup;
import com.alipay.sofa.jraft.util.concurrent.SingleThreadExecutor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The library's "threads that send AppendEntries" as lanes over the shared workers. */
final class LaneExecutors implements FixedThreadsExecutorGroup {
    private static final int LANES = 16;

    private final List<SingleThreadExecutor> lanes = new ArrayList<>();
    private final AtomicInteger next = new AtomicInteger();

    LaneExecutors(Executor workers) {
        for (int i = 0; i < LANES; i++) {
            lanes.add(new Sequential(new Lane(workers)));
        }
    }

    @Override
    public SingleThreadExecutor next() {
        return lanes.get(Math.floorMod(next.getAndIncrement(), LANES));
    }

    @Override
    public void execute(int index, Runnable task) {
        lanes.get(Math.floorMod(index, LANES)).execute(task);
    }

    @Override
    public boolean shutdownGracefully() {
        return true;
    }

    @Override
    public boolean shutdownGracefully(long timeout, TimeUnit unit) {
        return true;
    }

    @Override
    public Iterator<SingleThreadExecutor> iterator() {
        return Collections.unmodifiableList(lanes).iterator();
    }

    private record Sequential(Lane lane) implements SingleThreadExecutor {
        @Override
        public void execute(Runnable task) {
            lane.execute(task);
        }

        @Override
        public boolean shutdownGracefully() {
            return true;
        }

        @Override
        public boolean shutdownGracefully(long timeout, TimeUnit unit) {
            return true;
        }
    }
}

package io.cairn.raft.group;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Status;
import java.util.function.LongConsumer;

/** An empty entry on its way through the log: whoever sees it applied has seen everything before it (SAFETY 2). */
final class LoggedBarrier implements Closure {
    private final LongConsumer applied;
    private final Runnable failed;

    LoggedBarrier(LongConsumer applied, Runnable failed) {
        this.applied = applied;
        this.failed = failed;
    }

    /** Called on the apply thread. */
    void applied(long index) {
        applied.accept(index);
    }

    @Override
    public void run(Status status) {
        failed.run();
    }
}

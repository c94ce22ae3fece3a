package io.cairn.raft.group;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Status;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A proposal on its way through the library. Once there, every failure is "unknown": the library reports what was never
 * logged and what may yet commit alike (SAFETY 6).
 */
final class ProposalClosure implements Closure {
    private final Inflight inflight;
    private final Proposal proposal;
    private final int bytes;
    private final AtomicBoolean settled = new AtomicBoolean();

    ProposalClosure(Inflight inflight, Proposal proposal, int bytes) {
        this.inflight = inflight;
        this.proposal = proposal;
        this.bytes = bytes;
    }

    int bytes() {
        return bytes;
    }

    /** The proposal, for apply; null when it has already been told that its outcome is unknown. */
    @Nullable
    Proposal take() {
        if (!settled.compareAndSet(false, true)) {
            return null;
        }
        inflight.done(this);
        return proposal;
    }

    void fail() {
        if (settled.compareAndSet(false, true)) {
            inflight.done(this);
            proposal.failed(Failure.OUTCOME_UNKNOWN);
        }
    }

    @Override
    public void run(Status status) {
        fail();
    }
}

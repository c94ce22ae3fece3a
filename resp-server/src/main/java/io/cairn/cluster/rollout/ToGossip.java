package io.cairn.cluster.rollout;

import io.cairn.cluster.rollout.DataSwitch.GossipEnd;
import io.cairn.gossip.claims.Picture;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.Rollout;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A raft shard's leader takes it back: the last entry of its log, with calls waiting, then the commit. */
final class ToGossip extends ShardChange {
    /** A call waits so long at the end of the log, then it is told to try again. */
    static final long HOLD_MILLIS = 5_000;
    /** The last entry is waited for so long. */
    static final long END_MILLIS = 3_000;

    private @Nullable CompletableFuture<GossipEnd> ended;
    private boolean committing;
    private long sinceMillis;

    ToGossip(Rollout.Attempt attempt, RolloutPorts ports, DataSwitch data, Runnable wake) {
        super(attempt, ports, data, wake);
    }

    @Override
    String step() {
        return committing ? "commit" : "end";
    }

    @Override
    boolean isCommitted(Rollout rollout) {
        return rollout.back().containsKey(attempt.shardId());
    }

    @Override
    void go(long now) {
        CompletableFuture<GossipEnd> end = ended;
        if (end == null) {
            sinceMillis = now;
            ended = woken(data.endRaft(attempt.number(), HOLD_MILLIS));
            return;
        }
        GossipEnd value = value(end);
        if (value != null && !committing) {
            committing = true;
            Picture picture = ports.picture();
            long epoch = picture == null ? 0 : picture.currentEpoch();
            commit(
                    new MetaCommand.ShardToGossip(
                            attempt.shardId(),
                            attempt.number(),
                            List.of(ports.selfId()),
                            epoch,
                            value.index(),
                            value.history(),
                            value.offset()),
                    now);
        } else if (value == null && (end.isDone() || now - sinceMillis >= END_MILLIS)) {
            abort("the shard's log could not be ended: " + (end.isDone() ? reason(end) : "no answer in time"));
        }
    }
}

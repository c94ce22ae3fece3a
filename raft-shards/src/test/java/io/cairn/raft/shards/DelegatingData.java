package io.cairn.raft.shards;

import io.cairn.raft.group.Proposal;
import io.cairn.raft.group.StateMachine.SnapshotDone;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Data that does nothing; tests say what it does. */
abstract class DelegatingData implements ShardApply {
    @Override
    public void batch(long index, long term, ByteBuffer records, SlotTable slots, @Nullable Proposal local) {}

    @Override
    public void saveSnapshot(Path dir, long index, SnapshotDone done) {
        done.done(null);
    }

    @Override
    public boolean loadSnapshot(Path dir) {
        return true;
    }

    @Override
    public void termStarted(long index, long term) {}

    @Override
    public void slotsChanged(long index, SlotTable slots) {}

    @Override
    public void leaderStart(long term) {}

    @Override
    public void leaderStop() {}

    @Override
    public void givenUp() {}

    @Override
    public void broken(Throwable cause) {
        throw new AssertionError(cause);
    }
}

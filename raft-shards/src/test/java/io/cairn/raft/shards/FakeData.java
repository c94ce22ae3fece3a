package io.cairn.raft.shards;

import io.cairn.raft.group.Proposal;
import io.cairn.raft.group.StateMachine.SnapshotDone;
import io.cairn.raft.meta.DurableFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A shard's data in tests: the list of its records, each batch one text. */
final class FakeData implements ShardApply {
    final List<String> records = new ArrayList<>();
    final List<String> events = new ArrayList<>();
    volatile @Nullable Throwable broken;

    @Override
    public synchronized void batch(long index, long term, ByteBuffer data, SlotTable slots, @Nullable Proposal local) {
        records.add(StandardCharsets.UTF_8.decode(data).toString());
        if (local instanceof FakeWrite write) {
            write.applied(index);
        }
    }

    @Override
    public synchronized void saveSnapshot(Path dir, long index, SnapshotDone done) {
        Throwable failure = null;
        try {
            DurableFile.write(dir.resolve("data"), String.join("\n", records).getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            failure = e;
        }
        done.done(failure);
    }

    @Override
    public synchronized boolean loadSnapshot(Path dir) {
        try {
            String text = new String(DurableFile.read(dir.resolve("data")), StandardCharsets.UTF_8);
            records.clear();
            records.addAll(text.isEmpty() ? List.of() : List.of(text.split("\n")));
            return true;
        } catch (IOException e) {
            broken = e;
            return false;
        }
    }

    @Override
    public boolean isEmpty(int slot) {
        return true;
    }

    @Override
    public synchronized void givenUp() {
        records.clear();
        events.add("given up");
    }

    @Override
    public synchronized void termStarted(long index, long term) {
        events.add("term " + term);
    }

    @Override
    public synchronized void slotsChanged(long index, SlotTable slots) {
        events.add("slots " + slots.served());
    }

    @Override
    public synchronized void leaderStart(long term) {
        events.add("leads " + term);
    }

    @Override
    public synchronized void leaderStop() {
        events.add("stops");
    }

    @Override
    public void broken(Throwable cause) {
        broken = cause;
    }

    synchronized List<String> copyOfRecords() {
        return List.copyOf(records);
    }

    synchronized List<String> copyOfEvents() {
        return List.copyOf(events);
    }
}

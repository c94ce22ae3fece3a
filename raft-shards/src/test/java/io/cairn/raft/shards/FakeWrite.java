package io.cairn.raft.shards;

import io.cairn.raft.group.Failure;
import io.cairn.raft.group.Proposal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/** A write of a test: completes with its log index, or exceptionally with the failure's name. */
final class FakeWrite implements Proposal {
    final CompletableFuture<Long> done = new CompletableFuture<>();

    static FakeWrite of(ShardGroup shard, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer entry = ByteBuffer.allocate(ShardGroup.HEADER_BYTES + bytes.length);
        entry.position(ShardGroup.HEADER_BYTES).put(bytes).rewind();
        FakeWrite write = new FakeWrite();
        shard.propose(entry, write);
        return write;
    }

    void applied(long index) {
        done.complete(index);
    }

    @Override
    public void failed(Failure failure) {
        done.completeExceptionally(new IllegalStateException(failure.name()));
    }
}

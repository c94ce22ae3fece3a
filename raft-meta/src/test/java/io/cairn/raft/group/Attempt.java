package io.cairn.raft.group;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** A proposal whose outcome a test waits for: "applied" or the name of a failure. */
final class Attempt implements Proposal {
    final CompletableFuture<String> outcome = new CompletableFuture<>();
    final AtomicInteger calls = new AtomicInteger();

    void applied(long index) {
        calls.incrementAndGet();
        outcome.complete("applied");
    }

    @Override
    public void failed(Failure failure) {
        calls.incrementAndGet();
        outcome.complete(failure.name());
    }
}

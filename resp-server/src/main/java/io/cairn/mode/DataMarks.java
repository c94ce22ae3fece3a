package io.cairn.mode;

import io.cairn.keyspace.Keyspace;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Digests of a node's data at marks in its primary's stream of changes: {@code PING cairn:mark:<id>}, which redis-server as a follower takes for a sign of
 * life. Equal digests at a mark and the same stream after it are equal data. Any thread.
 */
public final class DataMarks {
    static final String PREFIX = "cairn:mark:";
    /** Marks whose digests are kept; of a node that is asked for more, the oldest go. */
    private static final int MAX_MARKS = 8;

    private static final int WAIT_SECONDS = 30;

    private final Keyspace keyspace;
    private final Executor worker;
    private final BooleanSupplier begin;
    private final Runnable end;
    private final Map<String, CompletableFuture<byte[]>> digests = new LinkedHashMap<>();

    /**
     * @param worker for work that takes long
     * @param begin claims the node's next snapshot, or says false: one is taken at a time
     * @param end gives it back
     */
    public DataMarks(Keyspace keyspace, Executor worker, BooleanSupplier begin, Runnable end) {
        this.keyspace = keyspace;
        this.worker = worker;
        this.begin = begin;
        this.end = end;
    }

    /** The digest at the mark; fails when the mark does not come within 30 s, or a snapshot was under way then. */
    public CompletableFuture<byte[]> digest(String id) {
        return of(id).copy().orTimeout(WAIT_SECONDS, TimeUnit.SECONDS);
    }

    private synchronized CompletableFuture<byte[]> of(String id) {
        CompletableFuture<byte[]> known = digests.computeIfAbsent(id, fresh -> new CompletableFuture<>());
        if (digests.size() > MAX_MARKS) {
            digests.remove(digests.keySet().iterator().next());
        }
        return known;
    }

    /** The data is at the mark now: nothing changes until this returns, by a thread that changes all or by all locks. */
    void reached(String id) {
        CompletableFuture<byte[]> into = of(id);
        if (!begin.getAsBoolean()) {
            into.completeExceptionally(new IOException("a snapshot is under way: try again"));
            return;
        }
        Keyspace.Snapshot data;
        boolean begun = false;
        keyspace.lockAll();
        try {
            data = keyspace.beginSnapshot();
            begun = true;
        } finally {
            keyspace.unlockAll();
            if (!begun) {
                end.run();
            }
        }
        worker.execute(() -> {
            try (ExactDigest digest = new ExactDigest()) {
                data.writeTo(digest);
                into.complete(digest.sum());
            } catch (IOException | RuntimeException | OutOfMemoryError e) {
                into.completeExceptionally(e);
            } finally {
                data.cancel();
                end.run();
            }
        });
    }
}

package io.cairn.mode;

import io.cairn.keyspace.Keyspace;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Digests of a node's data at marks in its primary's stream of changes: {@code PING cairn:mark:<id>}, which redis-server as a follower takes for a sign of
 * life. Equal digests at a mark and the same stream after it are equal data. Any thread.
 */
public final class DataMarks {
    static final String PREFIX = "cairn:mark:";
    /** Marks whose digests are kept; of a node that is asked for more, the oldest go. */
    private static final int MAX_MARKS = 8;

    /** For the mark. */
    private static final long MARK_MILLIS = 30_000;
    /** For a digest from its mark on: all data is read once. */
    private static final long DIGEST_MILLIS = 600_000;

    private final Keyspace keyspace;
    private final Executor worker;
    private final BooleanSupplier begin;
    private final Runnable end;
    private final long markMillis;
    private final Map<String, Mark> marks = new LinkedHashMap<>();

    private record Mark(CompletableFuture<@Nullable Void> reached, CompletableFuture<byte[]> digest) {}

    /**
     * @param worker for work that takes long
     * @param begin claims the node's next snapshot, or says false: one is taken at a time
     * @param end gives it back
     */
    public DataMarks(Keyspace keyspace, Executor worker, BooleanSupplier begin, Runnable end) {
        this(keyspace, worker, begin, end, MARK_MILLIS);
    }

    DataMarks(Keyspace keyspace, Executor worker, BooleanSupplier begin, Runnable end, long markMillis) {
        this.markMillis = markMillis;
        this.keyspace = keyspace;
        this.worker = worker;
        this.begin = begin;
        this.end = end;
    }

    /** The digest at the mark; fails when the mark does not come within 30 s, or a snapshot was under way then. */
    public CompletableFuture<byte[]> digest(String id) {
        Mark mark = of(id);
        return mark.reached()
                .copy()
                .orTimeout(markMillis, TimeUnit.MILLISECONDS)
                .thenCompose(done -> mark.digest().copy().orTimeout(DIGEST_MILLIS, TimeUnit.MILLISECONDS));
    }

    private synchronized Mark of(String id) {
        Mark known = marks.computeIfAbsent(id, fresh -> new Mark(new CompletableFuture<>(), new CompletableFuture<>()));
        if (marks.size() > MAX_MARKS) {
            marks.remove(marks.keySet().iterator().next());
        }
        return known;
    }

    /** The data is at the mark now: nothing changes until this returns, by a thread that changes all or by all locks. */
    void reached(String id) {
        Mark mark = of(id);
        CompletableFuture<byte[]> into = mark.digest();
        mark.reached().complete(null);
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

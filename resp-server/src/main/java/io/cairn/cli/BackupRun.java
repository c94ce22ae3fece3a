package io.cairn.cli;

import io.cairn.cluster.BackupCommands;
import io.cairn.raft.meta.Ids;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A backup of a whole cluster at one point. All primaries hold their writes; while they do, each fixes the moment of its
 * data; then they go on, and say whether each has been its shard's primary all that time. Between the last hold and the
 * first release nothing was acknowledged anywhere, so the moments are one: what was acknowledged before it is in the
 * backup, what was sent after it is not, across all shards. The data itself streams when the writes go on again.
 */
final class BackupRun {
    private static final int SLOTS = 16_384;
    private static final int CALL_MILLIS = 15_000;
    private static final int PAUSE_MILLIS = 500;
    /** Longest wait for snapshots that the nodes are writing. */
    private static final long SNAPSHOT_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final InetSocketAddress node;
    private final Options options;
    private final Consumer<String> said;

    /**
     * How it is made.
     *
     * @param holdMillis longest time that writes are held
     * @param attempts tries to fix the point
     * @param timeoutMillis longest silence while a node makes or sends its data
     */
    record Options(Login login, int holdMillis, int attempts, int timeoutMillis) {}

    /** @param said gets a line for each step */
    BackupRun(InetSocketAddress node, Options options, Consumer<String> said) {
        this.node = node;
        this.options = options;
        this.said = said;
    }

    /** A try to fix the point that did not succeed, and may the next time. */
    private static final class Again extends IOException {
        private static final long serialVersionUID = 1L;

        Again(String message) {
            super(message);
        }
    }

    /** The streams of all shards, whose moment is fixed. */
    private record Cut(ClusterCut cluster, List<BackupStream> streams, long point, long heldMillis) {}

    /** Writes everything into an empty directory, the manifest last. */
    BackupManifest run(Path directory) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        try (var present = Files.list(directory)) {
            if (present.findAny().isPresent()) {
                throw new IOException(directory + " is not empty");
            }
        }
        Cut cut = cut();
        List<BackupManifest.Part> parts = new ArrayList<>();
        ExecutorService threads = threads(cut.streams().size());
        try {
            List<Future<BackupManifest.Part>> running = new ArrayList<>();
            for (int i = 0; i < cut.streams().size(); i++) {
                BackupStream stream = cut.streams().get(i);
                ClusterCut.ShardOfCut shard = cut.cluster().shards().get(i);
                running.add(threads.submit(() -> part(directory, stream, shard)));
            }
            for (Future<BackupManifest.Part> each : running) {
                parts.add(get(each));
            }
        } finally {
            threads.shutdownNow();
            close(cut.streams());
        }
        BackupManifest manifest = new BackupManifest(
                cut.cluster().clusterId(),
                cut.cluster().activeVersion(),
                cut.point(),
                cut.heldMillis(),
                parts,
                cut.cluster().settings());
        manifest.write(directory);
        return manifest;
    }

    private BackupManifest.Part part(Path directory, BackupStream stream, ClusterCut.ShardOfCut shard)
            throws IOException {
        String name = "shard-" + shard.id() + ".rdb";
        Path file = directory.resolve(name);
        BackupStream.Received received = stream.receive(file, options.timeoutMillis());
        stream.close();
        BackupFile.Contents contents = BackupFile.read(file);
        said.accept("shard " + shard.id() + ": " + contents.keys() + " keys, " + received.bytes() + " bytes");
        return new BackupManifest.Part(
                shard.id(),
                shard.slots(),
                name,
                received.bytes(),
                received.sha256(),
                contents.keys(),
                contents.volatileKeys(),
                contents.libraries());
    }

    private Cut cut() throws IOException, InterruptedException {
        long end = System.nanoTime() + SNAPSHOT_NANOS;
        for (int attempt = 1; ; attempt++) {
            try {
                return tryCut();
            } catch (Again e) {
                if (String.valueOf(e.getMessage()).contains(BackupCommands.SNAPSHOT_UNDER_WAY)
                        && System.nanoTime() < end) {
                    attempt--; // It ends by itself, and no other begins meanwhile.
                } else if (attempt >= options.attempts()) {
                    throw new IOException("no point could be fixed in " + attempt + " tries: " + e.getMessage(), e);
                }
                said.accept("trying again: " + e.getMessage());
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            }
        }
    }

    private Cut tryCut() throws IOException, InterruptedException {
        ClusterCut before = state();
        List<RespClient> primaries = new ArrayList<>();
        List<BackupStream> streams = new ArrayList<>();
        ExecutorService threads = threads(before.shards().size());
        boolean whole = false;
        try {
            for (ClusterCut.ShardOfCut shard : before.shards()) {
                InetSocketAddress primary = shard.address();
                primaries.add(connect(primary));
                streams.add(new BackupStream(primary, options.login(), options.holdMillis() + CALL_MILLIS));
            }
            String id = Ids.random();
            long began = System.nanoTime();
            long point = point(threads, primaries, streams, id);
            long held = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
            ClusterCut after = state();
            if (!after.ownership().equals(before.ownership())) {
                throw new Again("slots have changed hands meanwhile");
            }
            said.accept("the point is fixed, writes were held for " + held + " ms");
            whole = true;
            return new Cut(before, streams, point, held);
        } finally {
            threads.shutdownNow();
            close(primaries);
            if (!whole) {
                close(streams);
            }
        }
    }

    /** What the cluster looks like now, if it is one that can be backed up. */
    private ClusterCut state() throws IOException {
        try (RespClient client = connect(node)) {
            ClusterCut cut = ClusterCut.of(client);
            if (cut.moving() > 0) {
                throw new Again(cut.moving() + " slots are on their way to another shard");
            }
            if (cut.covered() < SLOTS) {
                throw new Again("only " + cut.covered() + " of " + SLOTS + " slots have an owner");
            }
            for (ClusterCut.ShardOfCut shard : cut.shards()) {
                if (shard.primary().isEmpty()) {
                    throw new Again("shard " + shard.id() + " has no primary now");
                }
            }
            return cut;
        }
    }

    private RespClient connect(InetSocketAddress to) throws IOException {
        return options.login().connect(to, options.holdMillis() + CALL_MILLIS);
    }

    /** One call to one of several. */
    @FunctionalInterface
    private interface Step<T> {
        void run(T each) throws IOException;
    }

    /** All at the same time; every one is waited for, also after a failure. */
    private static <T> void all(ExecutorService threads, List<T> of, Step<T> step) throws Again, InterruptedException {
        List<Future<?>> running = new ArrayList<>();
        for (T each : of) {
            running.add(threads.submit(() -> {
                step.run(each);
                return null;
            }));
        }
        String failure = null;
        for (Future<?> each : running) {
            try {
                get(each);
            } catch (IOException e) {
                failure = String.valueOf(e.getMessage());
            }
        }
        if (failure != null) {
            throw new Again(failure);
        }
    }

    private static <T> T get(Future<T> future) throws IOException, InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        }
    }

    /** Fixes the point: in Unix milliseconds. Whoever holds does not wait for its bound, whatever fails. */
    private long point(ExecutorService threads, List<RespClient> primaries, List<BackupStream> streams, String id)
            throws IOException, InterruptedException {
        Step<RespClient> release = each -> each.call("CAIRN", "RELEASE", id);
        long point;
        try {
            all(threads, primaries, each -> each.call("CAIRN", "HOLD", id, Integer.toString(options.holdMillis())));
            point = System.currentTimeMillis();
            all(threads, streams, BackupStream::begin);
        } catch (IOException | InterruptedException e) {
            try {
                all(threads, primaries, release);
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
        all(threads, primaries, release);
        return point;
    }

    private static ExecutorService threads(int count) {
        return Executors.newFixedThreadPool(Math.max(1, count), task -> {
            Thread thread = new Thread(task, "backup");
            thread.setDaemon(true);
            return thread;
        });
    }

    private static void close(List<? extends AutoCloseable> all) {
        for (AutoCloseable each : all) {
            try {
                each.close();
            } catch (Exception ignored) {
                // What was received is checked by its length; nothing is left to do with a connection.
            }
        }
    }
}

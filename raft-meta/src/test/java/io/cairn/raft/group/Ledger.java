package io.cairn.raft.group;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A state machine that keeps every line it was given. */
final class Ledger implements StateMachine {
    private final List<String> lines = new ArrayList<>();
    final List<String> events = new CopyOnWriteArrayList<>();
    private volatile long leads;
    private volatile @Nullable Throwable brokenBy;
    private volatile boolean refusing;
    private volatile @Nullable CountDownLatch held;
    private volatile boolean saving;
    private volatile String members = "";
    private final AtomicLong loadedSnapshots = new AtomicLong();

    synchronized List<String> lines() {
        return List.copyOf(lines);
    }

    synchronized int size() {
        return lines.size();
    }

    synchronized boolean contains(String line) {
        return lines.contains(line);
    }

    long leads() {
        return leads;
    }

    String members() {
        return members;
    }

    long loadedSnapshots() {
        return loadedSnapshots.get();
    }

    @Nullable
    Throwable brokenBy() {
        return brokenBy;
    }

    @Override
    public void apply(long index, long term, ByteBuffer data, @Nullable Proposal local) {
        String line = StandardCharsets.UTF_8.decode(data).toString();
        synchronized (this) {
            lines.add(line);
        }
        if (local instanceof Attempt attempt) {
            attempt.applied(index);
        }
    }

    @Override
    public void saveSnapshot(Path dir, long index, SnapshotDone done) {
        CountDownLatch until = held;
        if (until != null) {
            saving = true;
            try {
                until.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        List<String> copy = lines();
        new Thread(() -> {
                    try {
                        Files.write(dir.resolve("lines"), copy);
                        done.done(null);
                    } catch (IOException e) {
                        done.done(e);
                    }
                })
                .start();
    }

    /** The next snapshot keeps the apply thread busy until the latch says so. */
    void holdSnapshots(CountDownLatch until) {
        held = until;
    }

    /** The apply thread is, or was, kept busy by a snapshot. */
    boolean isSaving() {
        return saving;
    }

    void refuseSnapshots() {
        refusing = true;
    }

    @Override
    public boolean loadSnapshot(Path dir) {
        if (refusing) {
            return false;
        }
        try {
            Path base = dir.resolve(GroupBase.FILE);
            List<String> saved = Files.readAllLines(Files.exists(base) ? base : dir.resolve("lines"));
            synchronized (this) {
                lines.clear();
                lines.addAll(saved);
            }
            loadedSnapshots.incrementAndGet();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void leaderStart(long term) {
        leads = term;
        events.add("leader " + term);
    }

    @Override
    public void leaderStop() {
        leads = 0;
        events.add("stop");
    }

    @Override
    public void leaderChanged(@Nullable String nodeId, long term) {
        events.add("sees " + nodeId + " " + term);
    }

    @Override
    public void membersCommitted(Collection<String> voters, Collection<String> learners, long index) {
        members = TestCluster.names(voters) + "/" + TestCluster.names(learners);
    }

    @Override
    public void broken(Throwable cause) {
        brokenBy = cause;
    }
}

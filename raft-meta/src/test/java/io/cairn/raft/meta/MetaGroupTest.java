package io.cairn.raft.meta;

import static io.cairn.raft.meta.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.aof.FsyncPolicy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One node's files when it leaves its meta group for good, over a group that commits at once. */
final class MetaGroupTest {
    private static final int SECONDS = 20;

    @TempDir
    Path dir;

    private final FakeNetwork network = new FakeNetwork();
    private final ClusterNode self = Nodes.node(1, "process-1");
    private final ScheduledExecutorService clusterThread = Executors.newSingleThreadScheduledExecutor();
    private final List<Throwable> broken = new ArrayList<>();
    private final List<MetaGroup> started = new ArrayList<>();
    private String mark = "";

    @BeforeEach
    void form() throws Exception {
        start().formAlone().get(SECONDS, TimeUnit.SECONDS);
    }

    @AfterEach
    void close() {
        clusterThread.shutdownNow();
        network.close();
        assertThat(broken).isEmpty();
    }

    private MetaGroup start() throws IOException {
        FakeHost host = network.host(self.id(), self.raftAddress());
        JoinMark kept = new JoinMark() {
            @Override
            public String clusterId() {
                return mark;
            }

            @Override
            public void joins(String clusterId) {
                mark = clusterId;
            }
        };
        MetaGroup group = new MetaGroup(
                new MetaOptions(dir, self, kept, 500, FsyncPolicy.NO, 1 << 20, 1, 60_000),
                host,
                new AddressBook(),
                List::of,
                clusterThread,
                () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()),
                broken::add);
        started.add(group);
        group.start();
        clusterThread.scheduleWithFixedDelay(group::tick, 5, 5, TimeUnit.MILLISECONDS);
        return group;
    }

    private MetaGroup restart() throws IOException {
        group().close();
        network.kill(self.id());
        return start();
    }

    private MetaGroup group() {
        return started.get(started.size() - 1);
    }

    @Test
    void aDissolvedGroupIsLeftOnlyOnceItsSnapshotIsWritten() throws Exception {
        Path temp = dir.resolve("meta").resolve("snapshots").resolve("temp");
        CompletableFuture<Boolean> began = new CompletableFuture<>();
        network.snapshotsBy(() -> CompletableFuture.supplyAsync(() -> {
            for (int i = 0; i < 50; i++) {
                try {
                    Files.createDirectories(temp);
                    Files.writeString(temp.resolve("file" + i), "x");
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                began.complete(true);
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
            }
            return 1L;
        }));
        restart();
        began.get(SECONDS, TimeUnit.SECONDS);
        assertThat(group().dissolve().get(SECONDS, TimeUnit.SECONDS)).isEmpty();
        assertThat(group().map().isFormed()).isFalse();
        assertThat(group().file()).isNull();
        Thread.sleep(1_000);
        try (Stream<Path> left = Files.list(dir)) {
            assertThat(left).isEmpty();
        }
        network.forget("meta");
        assertThat(restart().clusterId()).isEmpty();
    }

    @Test
    void aKillWhileADissolvedGroupIsLeftDoesNotStopTheNextStart() throws Exception {
        group().close();
        network.forget("meta");
        // As the kill finds it: the log was put aside, and nothing else is done.
        Files.move(dir.resolve("meta"), dir.resolve(ClusterFile.DISSOLVED));
        assertThat(ClusterFile.clusterIdIn(dir)).isNull();
        assertThat(restart().clusterId()).isEmpty();
        assertThat(mark).isEmpty();
        assertThat(dir.resolve(ClusterFile.NAME)).doesNotExist();
        assertThat(dir.resolve(ClusterFile.DISSOLVED)).doesNotExist();
        group().formAlone().get(SECONDS, TimeUnit.SECONDS);
        eventually(SECONDS, () -> assertThat(group().map().isFormed()).isTrue());
    }

    @Test
    void whatIsLeftOfADissolvedGroupDoesNotEndTheNextOne() throws Exception {
        assertThat(group().dissolve().get(SECONDS, TimeUnit.SECONDS)).isEmpty();
        network.forget("meta");
        restart();
        Files.createDirectories(dir.resolve(ClusterFile.DISSOLVED).resolve("log"));
        group().formAlone().get(SECONDS, TimeUnit.SECONDS);
        String formed = group().clusterId();
        assertThat(restart().clusterId()).isEqualTo(formed).isNotEmpty();
    }
}

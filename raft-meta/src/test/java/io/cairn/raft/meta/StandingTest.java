package io.cairn.raft.meta;

import static io.cairn.raft.meta.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.RaftGroup;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that nobody leads asks whether it is still a member, and believes what it is told. */
final class StandingTest {
    private static final int SECONDS = 10;

    @TempDir
    Path dir;

    private final ScriptedHost host = new ScriptedHost();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
    private final ClusterNode self = Nodes.node(1, "process-a");
    private long nowMillis = 1_000_000;
    private final Standing standing = new Standing(self.id(), host, List::of, thread, () -> nowMillis);
    private @Nullable String leader;

    private final RaftGroup group = (RaftGroup) Proxy.newProxyInstance(
            RaftGroup.class.getClassLoader(),
            new Class<?>[] {RaftGroup.class},
            (proxy, method, args) -> method.getName().equals("leader") ? leader : null);

    @AfterEach
    void close() {
        thread.shutdownNow();
    }

    private void told(ClusterFile file, int answer) throws Exception {
        host.answers.add(CompletableFuture.completedFuture(new byte[] {(byte) answer}));
        nowMillis += Standing.STRANDED_MILLIS;
        standing.tick(group, file);
        // What it was told is taken down there, before this.
        thread.submit(() -> {}).get(SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void whoIsUnknownServesNothingUntilItHearsOtherwise() throws Exception {
        ClusterFile file = ClusterFile.adopted(dir, self.id(), Nodes.id(0xC1), List.of(Nodes.node(2, "process-b")));
        told(file, 0);
        assertThat(standing.isUnknown()).isFalse();
        told(file, 2);
        assertThat(standing.isUnknown()).isTrue();
        nowMillis += Standing.STRANDED_MILLIS;
        standing.tick(group, file);
        thread.submit(() -> {}).get(SECONDS, TimeUnit.SECONDS);
        assertThat(standing.isUnknown()).as("no answer changes nothing").isTrue();
        told(file, 0);
        assertThat(standing.isUnknown()).isFalse();
        told(file, 2);
        leader = Nodes.id(2);
        standing.tick(group, file);
        assertThat(standing.isUnknown()).as("the meta group has it").isFalse();
        assertThat(file.isOpened(Removals.GONE)).isFalse();
        leader = null;
        told(file, 1);
        eventually(SECONDS, () -> assertThat(file.isOpened(Removals.GONE)).isTrue());
    }
}

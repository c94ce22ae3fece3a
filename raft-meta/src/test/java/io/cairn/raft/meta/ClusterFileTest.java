package io.cairn.raft.meta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ClusterFileTest {
    @TempDir
    Path dir;

    private final Layout layout = layout();

    private static Layout layout() {
        try {
            return LayoutPlanner.plan(Nodes.id(0xC1), Nodes.inDomains(1, 1, 1), 2, false);
        } catch (PlanException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatWasWrittenIsReadBack() throws IOException {
        ClusterFile.formed(dir, Nodes.id(1), layout).markOpened("meta");
        ClusterFile read = Objects.requireNonNull(ClusterFile.read(dir, Nodes.id(1)));
        assertThat(read.layout()).isEqualTo(layout);
        assertThat(read.clusterId()).isEqualTo(layout.clusterId());
        assertThat(read.isOpened("meta")).isTrue();
        assertThat(read.isOpened("shard-x")).isFalse();
        assertThat(ClusterFile.clusterIdIn(dir)).isEqualTo(layout.clusterId());
    }

    @Test
    void anAdoptedNodeHasPeersAndNoLayout() throws IOException {
        ClusterFile.adopted(dir, Nodes.id(9), layout.clusterId(), layout.nodes())
                .setPeers(List.of(Nodes.node(5, "x")));
        ClusterFile read = Objects.requireNonNull(ClusterFile.read(dir, Nodes.id(9)));
        assertThat(read.layout()).isNull();
        assertThat(read.peers()).containsExactly(Nodes.node(5, "x"));
    }

    @Test
    void aNodeRemembersWhichClustersItLeftAsTheirOnlyNode() throws IOException {
        ClusterFile.adopted(dir, Nodes.id(1), Nodes.id(0xA1), List.of())
                .moved(Nodes.id(0xA2), List.of(Nodes.node(5, "x")))
                .moved(Nodes.id(0xA3), List.of(Nodes.node(5, "x")));
        ClusterFile read = Objects.requireNonNull(ClusterFile.read(dir, Nodes.id(1)));
        assertThat(read.hasLeftAlone(Nodes.id(0xA1))).isTrue();
        assertThat(read.hasLeftAlone(Nodes.id(0xA2))).isTrue();
        assertThat(read.hasLeftAlone(Nodes.id(0xA3))).isFalse();
    }

    @Test
    void anEmptyDirectoryIsInNoCluster() throws IOException {
        assertThat(ClusterFile.read(dir, Nodes.id(1))).isNull();
        assertThat(ClusterFile.clusterIdIn(dir)).isNull();
    }

    @Test
    void anotherNodesFileStopsTheStart() throws IOException {
        ClusterFile.formed(dir, Nodes.id(1), layout);
        assertThatThrownBy(() -> ClusterFile.read(dir, Nodes.id(2)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(Nodes.id(1));
    }

    @Test
    void everyFlippedByteAndEveryCutIsFound() throws IOException {
        ClusterFile.formed(dir, Nodes.id(1), layout);
        Path file = dir.resolve(ClusterFile.NAME);
        byte[] good = Files.readAllBytes(file);
        for (int i = 0; i < good.length; i += 7) {
            byte[] bad = good.clone();
            bad[i] ^= 0x10;
            Files.write(file, bad);
            assertThatThrownBy(() -> ClusterFile.read(dir, Nodes.id(1))).isInstanceOf(IOException.class);
            Files.write(file, java.util.Arrays.copyOf(good, i));
            assertThatThrownBy(() -> ClusterFile.read(dir, Nodes.id(1))).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aReplicaThatWasGivenUpIsNeverOpenedAgain() throws IOException {
        ClusterFile file = ClusterFile.formed(dir, Nodes.id(1), layout);
        file.markOpened("shard-x");
        assertThat(file.hasLeft("shard-x")).isFalse();
        file.markGivenUp("shard-x");
        assertThat(Objects.requireNonNull(ClusterFile.read(dir, Nodes.id(1))).hasLeft("shard-x"))
                .isTrue();
        file.markDeleted();
        ClusterFile read = Objects.requireNonNull(ClusterFile.read(dir, Nodes.id(1)));
        assertThat(read.hasLeft("shard-x")).isTrue();
        assertThat(read.isOpened("shard-x")).isFalse();
        assertThat(read.isGivingUp()).isFalse();
    }

    @Test
    void aLogThatWasThereAndIsGoneStopsTheStart() throws IOException {
        ClusterFile file = ClusterFile.formed(dir, Nodes.id(1), layout);
        Path log = dir.resolve("meta");
        file.requireLog("meta", log);
        Files.createDirectories(log);
        Files.writeString(log.resolve("segment"), "x");
        file.markOpened("meta");
        file.requireLog("meta", log);
        Files.delete(log.resolve("segment"));
        assertThatThrownBy(() -> file.requireLog("meta", log))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is gone although this node had it");
    }
}

package io.cairn.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeDirectoryTest {
    private static final int PORT = 7000;
    private static final String CLUSTER = "c".repeat(40);

    @TempDir
    Path root;

    @Test
    void theClusterThatANodeJoinedIsKeptWithItsId() throws Exception {
        String id;
        try (NodeDirectory fresh = NodeDirectory.open(root, PORT)) {
            id = fresh.nodeId();
            assertThat(fresh.clusterId()).isEmpty();
            fresh.joins(CLUSTER);
            assertThat(fresh.clusterId()).isEqualTo(CLUSTER);
        }
        try (NodeDirectory again = NodeDirectory.open(root, PORT)) {
            assertThat(again.nodeId()).isEqualTo(id);
            assertThat(again.clusterId()).isEqualTo(CLUSTER);
            assertThat(again.fresh()).isFalse();
        }
    }

    @Test
    void aFileFromBeforeTheMarkIsRead() throws Exception {
        Path home = Files.createDirectories(root.resolve(Integer.toString(PORT)));
        Files.writeString(home.resolve(NodeDirectory.FILE), "format 1\nid " + "a".repeat(40) + "\nport " + PORT + "\n");
        try (NodeDirectory old = NodeDirectory.open(root, PORT)) {
            assertThat(old.nodeId()).isEqualTo("a".repeat(40));
            assertThat(old.clusterId()).isEmpty();
        }
    }
}

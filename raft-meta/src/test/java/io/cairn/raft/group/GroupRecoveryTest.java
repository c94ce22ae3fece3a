package io.cairn.raft.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.aof.Entry;
import io.cairn.aof.FsyncPolicy;
import io.cairn.aof.LogOptions;
import io.cairn.aof.SegmentedLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code cairn recover} leaves in a log, also where it fails. */
final class GroupRecoveryTest {
    private static final String SELF = "a".repeat(40);

    @TempDir
    Path directory;

    private SegmentedLog open() throws IOException {
        return SegmentedLog.open(
                directory.resolve("log"), LogOptions.of("group", LogOptions.SMALL_SEGMENT_BYTES, FsyncPolicy.ALWAYS));
    }

    private static ByteBuffer mark() {
        return ByteBuffer.wrap(new byte[] {1, 2, 3});
    }

    private void write() throws IOException {
        try (SegmentedLog log = open()) {
            log.append(
                    List.of(new Entry(1, 4, AofLogStorage.DATA, mark()), new Entry(2, 5, AofLogStorage.DATA, mark())));
        }
    }

    @Test
    void theMarkAndTheConfigurationFollowInOneTerm() throws IOException {
        write();
        GroupRecovery.Found found = GroupRecovery.recover("group", directory, SELF, mark());
        assertThat(found.voters()).containsExactly(SELF);
        assertThat(found.lastIndex()).isEqualTo(4);
        assertThat(found.lastTerm()).isEqualTo(5 + GroupRecovery.TERM_STEP);
        assertThat(found.configurationIndex()).isEqualTo(4);
    }

    @Test
    void afterAKillBetweenTheTwoItIsRunAgain() throws IOException {
        write();
        GroupRecovery.recover("group", directory, SELF, mark());
        try (SegmentedLog log = open()) {
            log.truncateSuffix(3);
        }
        GroupRecovery.Found found = GroupRecovery.recover("group", directory, SELF, mark());
        assertThat(found.voters()).containsExactly(SELF);
        assertThat(found.lastIndex()).isEqualTo(5);
    }

    @Test
    void whatFailsChangesNothingInTheLog() throws IOException {
        write();
        try (SegmentedLog log = open()) {
            log.append(List.of(new Entry(3, 1_005, AofLogStorage.DATA, mark())));
        }
        assertThat(GroupRecovery.undone("group", directory, 2, new IOException("full")))
                .hasMessageContaining("nothing was changed")
                .hasMessageContaining("full");
        GroupRecovery.Found found = GroupRecovery.look(directory, List.of(SELF));
        assertThat(found.lastIndex()).isEqualTo(2);
        assertThat(found.lastTerm()).isEqualTo(5);
    }

    @Test
    void theMembersOfALogThatEndsBeforeTheSnapshotAreThoseOfTheSnapshot() throws IOException {
        write();
        String other = "b".repeat(40);
        assertThat(GroupRecovery.recover("group", directory, other, mark()).voters())
                .containsExactly(other);
        GroupBase.write(directory, 10, List.of(SELF), dir -> {});
        GroupRecovery.Found found = GroupRecovery.look(directory, List.of());
        assertThat(found.voters()).containsExactly(SELF);
        assertThat(found.configurationIndex()).isEqualTo(10);
        assertThat(found.lastIndex()).isEqualTo(10);
        assertThat(GroupRecovery.recover("group", directory, SELF, mark()).configurationIndex())
                .isEqualTo(12);
    }
}

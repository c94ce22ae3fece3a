package io.cairn.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.GroupStatus;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which entry WAIT and WAITAOF wait for, and what they count. */
final class WaitedEntryTest {
    /** The client has its answer to entry 9, and the replica's applied index is still on its way there. */
    private static final GroupStatus STATUS = new GroupStatus(
            "g", "LEADER", 2, "a", 1, 10, 9, 8, List.of("a", "b", "c"), List.of(), Map.of("b", 8L, "c", 9L), 1, 0);

    @Test
    void itIsTheConnectionsOwnLastWriteNotTheOneBefore() {
        assertThat(WaitCommands.awaited(STATUS)).isEqualTo(9);
        assertThat(WaitCommands.holding(STATUS, WaitCommands.awaited(STATUS))).isEqualTo(1);
    }
}

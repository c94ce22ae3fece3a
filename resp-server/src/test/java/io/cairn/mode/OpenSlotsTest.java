package io.cairn.mode;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.shards.SlotState;
import org.junit.jupiter.api.Test;

final class OpenSlotsTest {
    @Test
    void onlyThePrimaryThatFrozeASlotMayAnswerFromIt() {
        assertThat(OpenSlots.mayRead(SlotState.FROZEN, true)).isTrue();
        assertThat(OpenSlots.mayRead(SlotState.FROZEN, false))
                .as("a replica, or a later primary: the new owner may have taken writes")
                .isFalse();
        assertThat(OpenSlots.mayRead(SlotState.SERVING, false)).isTrue();
        assertThat(OpenSlots.mayRead(SlotState.DROPPED, true)).isFalse();
        assertThat(OpenSlots.mayRead(SlotState.HELD, true)).isFalse();
    }
}

package io.cairn.jepsen.resp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HashSlotTest {
    @Test
    void slotsAreThoseOfRedis() {
        // Figures of CLUSTER KEYSLOT on redis-server 7.0.15.
        assertThat(HashSlot.of("foo")).isEqualTo(12182);
        assertThat(HashSlot.of("hello")).isEqualTo(866);
        assertThat(HashSlot.of("")).isEqualTo(0);
        assertThat(HashSlot.of("{foo}bar")).isEqualTo(12182);
        assertThat(HashSlot.of("x{}{foo}")).isEqualTo(HashSlot.of("x{}{foo}"));
        assertThat(HashSlot.of("foo{}")).isNotEqualTo(HashSlot.of(""));
    }

    @Test
    void everySlotHasAKey() {
        String[] keys = HashSlot.keyOfEverySlot("k");
        for (int slot = 0; slot < HashSlot.COUNT; slot++) {
            assertThat(HashSlot.of(keys[slot])).isEqualTo(slot);
        }
    }
}

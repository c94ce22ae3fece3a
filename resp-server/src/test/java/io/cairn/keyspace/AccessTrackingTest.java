package io.cairn.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What 24 bits say of a key's accesses. */
class AccessTrackingTest {
    private static final long NOW = 1_700_000_000_000L;
    private static final long MINUTE = 60_000;

    private final AccessTracking access = new AccessTracking();

    @Test
    void timesOfAccessesAreSecondsThatWrapAround() {
        assertThat(access.idleSeconds(access.created(NOW), NOW + 12_345)).isEqualTo(12);
        assertThat(access.idleSeconds(access.touched(0, NOW), NOW)).isZero();
        long wrap = (1L << 24) * 1000;
        assertThat(access.idleSeconds(access.created(wrap - 5000), wrap + 5000)).isEqualTo(10);
        assertThat(access.idleSeconds(access.restored(1000, -1, NOW), NOW)).isEqualTo(1000);
        assertThat(access.restored(-1, 7, NOW)).isEqualTo(access.created(NOW));
    }

    @Test
    void countersGrowLogarithmicallyAndDecay() {
        access.policy(true, false);
        int bits = access.created(NOW);
        assertThat(access.frequency(bits, NOW)).isEqualTo(5);
        for (int i = 0; i < 1000; i++) {
            bits = access.touched(bits, NOW);
        }
        // Redis's own table says 18 for 1000 hits at factor 10, with the first five.
        assertThat(access.frequency(bits, NOW)).isBetween(12, 28);
        int count = access.frequency(bits, NOW);
        assertThat(access.frequency(bits, NOW + 3 * MINUTE)).isEqualTo(count - 3);
        assertThat(access.frequency(bits, NOW + 1000 * MINUTE)).isZero();
        access.decayMinutes(10);
        assertThat(access.frequency(bits, NOW + 25 * MINUTE)).isEqualTo(count - 2);
        access.decayMinutes(0);
        assertThat(access.frequency(bits, NOW + 1000 * MINUTE)).isEqualTo(count);
        assertThat(access.overwritten(bits, NOW + MINUTE)).isEqualTo(bits);
        assertThat(access.frequency(access.restored(99, 200, NOW), NOW)).isEqualTo(200);
    }

    @Test
    void aFactorOfNothingCountsEveryAccess() {
        access.policy(true, false);
        access.logFactor(0);
        int bits = access.created(NOW);
        for (int i = 0; i < 300; i++) {
            bits = access.touched(bits, NOW);
        }
        assertThat(access.frequency(bits, NOW)).isEqualTo(255);
    }
}

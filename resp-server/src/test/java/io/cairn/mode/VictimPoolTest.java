package io.cairn.mode;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.config.MaxmemoryPolicy;
import io.cairn.keyspace.Slots;
import io.cairn.mode.VictimPool.Victim;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class VictimPoolTest {
    @Test
    void keysOfSlotsThatAreNotServedAreLeftAlone() {
        try (StoreReplica replica = new StoreReplica()) {
            replica.run("set {t}a 1");
            replica.run("set {u}b 1");
            MemoryLimit limit = new MemoryLimit(replica.keyspace, () -> 0, () -> 0, () -> false);
            limit.max(1);
            limit.policy(MaxmemoryPolicy.ALLKEYS_RANDOM);
            int slot = Slots.of("u".getBytes(StandardCharsets.ISO_8859_1));
            VictimPool pool = new VictimPool(limit, identity -> false);
            pool.onlyFirstDatabase();
            pool.onlySlots(of -> of == slot);
            int found = 0;
            for (int i = 0; i < 50; i++) {
                Victim victim = pool.next(StoreReplica.NOW);
                if (victim != null) {
                    found++;
                    String key = new String(Arrays.copyOf(victim.key, victim.length), StandardCharsets.ISO_8859_1);
                    assertThat(key).isEqualTo("{u}b");
                }
            }
            assertThat(found).isPositive();
            pool.onlySlots(of -> false);
            assertThat(pool.next(StoreReplica.NOW)).isNull();
        }
    }
}

package io.cairn.mode;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.Failure;
import io.cairn.raft.group.ReadBarrier;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FreshnessTest {
    private static final long MINUTE = 60_000;

    private final Freshness freshness = new Freshness();
    private final List<ReadBarrier> asked = new ArrayList<>();

    private boolean isWithin(Object replica) {
        return freshness.isWithin(MINUTE, replica, asked::add);
    }

    @Test
    void aReplicaIsFreshOnceABarrierOfItsOwnHasPassed() {
        assertThat(isWithin("a")).isFalse();
        assertThat(isWithin("a")).isFalse();
        assertThat(asked).as("one question at a time").hasSize(1);
        asked.get(0).refused(Failure.NOT_LEADER);
        assertThat(isWithin("a")).isFalse();
        asked.get(1).passed();
        assertThat(isWithin("a")).isTrue();
        assertThat(asked).hasSize(2);
    }

    @Test
    void whatTheReplicaOfAnotherShardHasShownSaysNothing() {
        freshness.asOf("old shard", System.nanoTime());
        assertThat(isWithin("old shard")).isTrue();
        assertThat(isWithin("new shard")).isFalse();
        asked.get(0).passed();
        assertThat(isWithin("new shard")).isTrue();
        freshness.asOf("old shard", System.nanoTime());
        assertThat(isWithin("new shard")).as("a late word of the old one").isFalse();
    }
}

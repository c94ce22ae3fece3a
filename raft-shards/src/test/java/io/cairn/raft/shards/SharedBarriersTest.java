package io.cairn.raft.shards;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.Failure;
import io.cairn.raft.group.ReadBarrier;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SharedBarriersTest {
    private final List<ReadBarrier> started = new ArrayList<>();
    private final List<String> answers = new ArrayList<>();
    private final SharedBarriers barriers = new SharedBarriers(started::add);

    private ReadBarrier read(String name) {
        return new ReadBarrier() {
            @Override
            public void passed() {
                answers.add(name);
            }

            @Override
            public void refused(Failure failure) {
                answers.add(name + " " + failure);
            }
        };
    }

    @Test
    void readsThatComeWhileOneIsUnderWayShareTheNext() {
        barriers.add(read("a"));
        barriers.add(read("b"));
        barriers.add(read("c"));
        assertThat(started).hasSize(1);
        started.get(0).passed();
        assertThat(answers).as("b and c came too late for the first barrier").containsExactly("a");
        assertThat(started).hasSize(2);
        started.get(1).passed();
        assertThat(answers).containsExactly("a", "b", "c");
        barriers.add(read("d"));
        assertThat(started).hasSize(3);
    }

    @Test
    void aRefusedBarrierRefusesItsReadsAndNotTheNextOnes() {
        barriers.add(read("a"));
        barriers.add(read("b"));
        started.get(0).refused(Failure.NOT_LEADER);
        started.get(1).passed();
        assertThat(answers).containsExactly("a NOT_LEADER", "b");
    }

    @Test
    void oneThatCannotBeStartedIsRefusedAndTheNextOneGoesOn() {
        List<ReadBarrier> later = new ArrayList<>();
        boolean[] fails = {true};
        SharedBarriers failing = new SharedBarriers(round -> {
            if (fails[0]) {
                throw new IllegalStateException("stops");
            }
            later.add(round);
        });
        failing.add(read("a"));
        assertThat(answers).containsExactly("a NOT_LEADER");
        fails[0] = false;
        failing.add(new ReadBarrier() {
            @Override
            public void passed() {
                throw new IllegalStateException("its connection is closed");
            }

            @Override
            public void refused(Failure failure) {}
        });
        failing.add(read("b"));
        failing.add(read("c"));
        later.get(0).passed();
        later.get(1).passed();
        later.get(1).refused(Failure.BUSY);
        assertThat(answers).containsExactly("a NOT_LEADER", "b", "c");
    }

    @Test
    void overTheBoundAReadIsRefusedAndNoneIsDropped() {
        barriers.add(read("first"));
        for (int i = 0; i < SharedBarriers.MAX_WAITING; i++) {
            barriers.add(read("waits"));
        }
        barriers.add(read("last"));
        assertThat(answers).containsExactly("last BUSY");
        started.get(0).passed();
        started.get(1).passed();
        assertThat(answers).hasSize(SharedBarriers.MAX_WAITING + 2);
    }
}

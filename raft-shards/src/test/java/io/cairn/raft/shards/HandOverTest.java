package io.cairn.raft.shards;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.Failure;
import io.cairn.raft.group.Proposal;
import io.cairn.raft.group.ReadBarrier;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class HandOverTest {
    private final List<String> passedOn = new ArrayList<>();
    private final HandOver handOver =
            new HandOver((entry, proposal) -> passedOn.add("p" + entry.get(0)), read -> passedOn.add("r"));

    private final List<Failure> failures = new ArrayList<>();
    private final Proposal proposal = failures::add;

    private void propose(int number) {
        handOver.propose(ByteBuffer.wrap(new byte[] {(byte) number}), proposal);
    }

    private final ReadBarrier read = new ReadBarrier() {
        @Override
        public void passed() {}

        @Override
        public void refused(Failure failure) {
            failures.add(failure);
        }
    };

    @Test
    void callsPassAtOnceWhenNothingIsHandedOver() {
        propose(1);
        handOver.readBarrier(read);
        assertThat(handOver.later(() -> passedOn.add("task"))).isFalse();
        assertThat(passedOn).containsExactly("p1", "r");
    }

    @Test
    void whatComesMeanwhilePassesInOrderAtTheEnd() {
        handOver.begin(this);
        assertThat(handOver.isKeeping()).isTrue();
        propose(1);
        handOver.readBarrier(read);
        propose(2);
        assertThat(handOver.later(() -> passedOn.add("task"))).isTrue();
        assertThat(passedOn).isEmpty();
        handOver.end(this);
        assertThat(passedOn).containsExactly("p1", "p2", "r", "task");
        propose(3);
        handOver.end(this);
        assertThat(passedOn).endsWith("p3");
        assertThat(failures).isEmpty();
    }

    @Test
    void eachKeeperEndsOnlyWhatItBegan() {
        handOver.begin("transfer");
        handOver.begin("hold");
        propose(1);
        handOver.end("another transfer");
        handOver.end("transfer");
        assertThat(handOver.isKeptBy("transfer")).isFalse();
        assertThat(handOver.isKeptBy("hold")).isTrue();
        assertThat(passedOn).isEmpty();
        handOver.end("hold");
        assertThat(passedOn).containsExactly("p1");
        handOver.begin("transfer");
        handOver.begin("hold");
        propose(2);
        handOver.endAll();
        assertThat(passedOn).containsExactly("p1", "p2");
        assertThat(handOver.isKeeping()).isFalse();
    }

    @Test
    void aCallThatFailsKeepsNoOtherOneBack() {
        HandOver failing = new HandOver(
                (entry, kept) -> {
                    if (entry.get(0) == 1) {
                        throw new IllegalArgumentException("too large");
                    }
                    passedOn.add("p" + entry.get(0));
                },
                kept -> {
                    throw new IllegalStateException("stops");
                });
        failing.begin(this);
        failing.propose(ByteBuffer.wrap(new byte[] {1}), proposal);
        failing.propose(ByteBuffer.wrap(new byte[] {2}), proposal);
        failing.readBarrier(read);
        failing.later(() -> {
            throw new IllegalStateException("closed");
        });
        failing.later(() -> passedOn.add("task"));
        failing.end(this);
        assertThat(passedOn).containsExactly("p2", "task");
        assertThat(failures).containsExactly(Failure.OUTCOME_UNKNOWN, Failure.NOT_LEADER);
        assertThat(failing.isKeeping()).isFalse();
    }

    @Test
    void whatIsTooMuchIsRefusedForCertain() {
        handOver.begin(this);
        for (int i = 0; i <= HandOver.MAX_KEPT; i++) {
            propose(1);
            handOver.readBarrier(read);
        }
        assertThat(failures).containsExactly(Failure.BUSY, Failure.BUSY);
        handOver.end(this);
        assertThat(passedOn).hasSize(2 * HandOver.MAX_KEPT);
    }
}

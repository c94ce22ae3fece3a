package io.cairn.jepsen.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TimelineTest {
    @Test
    void aWriteIsARaftShardsOnlyBetweenWhatWasSeenAndTheWayBack() {
        Timeline timeline = new Timeline(2);
        long before = timeline.now();
        timeline.isRaft(1);
        long sent = timeline.now();
        long acknowledged = timeline.now();
        assertThat(timeline.wasRaft(1, before, acknowledged)).isFalse();
        assertThat(timeline.wasRaft(1, sent, acknowledged)).isTrue();
        assertThat(timeline.wasRaft(0, sent, acknowledged)).isFalse();
        timeline.wayBack();
        assertThat(timeline.wasRaft(1, sent, acknowledged)).isTrue();
        assertThat(timeline.wasRaft(1, sent, timeline.now())).isFalse();
    }

    @Test
    void aPauseIsTimeInWhichNobodyWasServedThoughSomebodyAsked() throws Exception {
        Timeline timeline = new Timeline(1);
        timeline.acknowledged(0, timeline.now());
        Thread.sleep(30);
        // It has asked for no longer than this: the time before was idle.
        timeline.acknowledged(0, timeline.now());
        long idle = timeline.pausesMillis()[0];
        long begin = timeline.now();
        Thread.sleep(30);
        timeline.acknowledged(0, begin);
        assertThat(timeline.pausesMillis()[0]).isGreaterThanOrEqualTo(30).isGreaterThan(idle);
        assertThat(timeline.pausesMillis()[0]).isZero();
    }
}

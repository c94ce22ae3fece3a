package io.cairn.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class GossipClusterThreadsTest {
    /** Else the others of its process would look dead while one node waits for its disk. */
    @Test
    void aNodeThatWaitsForItsDiskHoldsUpNoOther() throws Exception {
        try (GossipClusterThreads threads = new GossipClusterThreads()) {
            ScheduledExecutorService slow = threads.newClaims();
            ScheduledExecutorService other = threads.newClaims();
            CountDownLatch disk = new CountDownLatch(1);
            CountDownLatch ran = new CountDownLatch(1);
            slow.execute(() -> await(disk));
            other.execute(ran::countDown);
            assertThat(ran.await(10, TimeUnit.SECONDS)).isTrue();
            disk.countDown();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

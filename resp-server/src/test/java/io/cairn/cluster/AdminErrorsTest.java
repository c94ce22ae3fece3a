package io.cairn.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.PeerException;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** Whatever goes wrong has words, and what may still happen is not called off. */
final class AdminErrorsTest {
    private static Throwable timeOut() throws Exception {
        return new CompletableFuture<>()
                .orTimeout(1, TimeUnit.MILLISECONDS)
                .handle((never, failure) -> failure)
                .get(10, TimeUnit.SECONDS);
    }

    @Test
    void aTimeOutIsNamed() throws Exception {
        Throwable late = timeOut();
        assertThat(late).isInstanceOf(TimeoutException.class).hasMessage(null);
        assertThat(AdminRun.reason(new CompletionException(late))).isEqualTo("the meta group did not answer in time");
        assertThat(AdminRun.reason(new IOException("disk"))).isEqualTo("disk");
        assertThat(AdminRun.reason(new IllegalStateException())).isEqualTo("java.lang.IllegalStateException");
    }

    @Test
    void aHandOverThatWasNotConfirmedMayStillBe() throws Exception {
        String late = "ERR leadership was not handed over in time, it may still be";
        assertThat(LocalShard.notHandedOver(timeOut())).isEqualTo(late);
        assertThat(LocalShard.notHandedOver(new PeerException("no answer in time")))
                .isEqualTo(late);
        assertThat(LocalShard.notHandedOver(new PeerException("this node does not lead the shard")))
                .isEqualTo("ERR leadership was not handed over: this node does not lead the shard");
    }
}

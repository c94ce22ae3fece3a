package io.cairn.raft.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class PeerNamesTest {
    private final List<Runnable> queued = new ArrayList<>();
    private final List<String> asked = new ArrayList<>();
    private final PeerNames names = new PeerNames(queued::add, name -> {
        asked.add(name);
        if (name.startsWith("no")) {
            throw new UnknownHostException(name);
        }
        return InetAddress.getLoopbackAddress();
    });

    @Test
    void allWhoAskForOneNameShareOneLookUpAndGiveUpAlone() {
        CompletableFuture<InetAddress> first = names.address("a");
        CompletableFuture<InetAddress> second = names.address("a");
        first.cancel(false);
        assertThat(queued).hasSize(1);
        queued.remove(0).run();
        assertThat(second).isCompletedWithValue(InetAddress.getLoopbackAddress());
        assertThat(asked).containsExactly("a");
        assertThat(names.address("a")).as("the next look-up").isNotDone();
        assertThat(queued).hasSize(1);
    }

    @Test
    void anUnknownNameFails() {
        CompletableFuture<InetAddress> answer = names.address("nobody");
        queued.remove(0).run();
        assertThatThrownBy(answer::join)
                .hasCauseInstanceOf(IOException.class)
                .hasMessageContaining("cannot look up nobody");
    }

    @Test
    void lookUpsLeaveThreadsToOthers() {
        for (int i = 0; i < PeerNames.MAX_LOOKUPS; i++) {
            assertThat(names.address("a" + i)).isNotDone();
        }
        assertThat(names.address("b")).isCompletedExceptionally();
        assertThat(queued).hasSize(PeerNames.MAX_LOOKUPS);
        queued.remove(0).run();
        assertThat(names.address("b")).isNotDone();
    }

    @Test
    void aPoolThatRefusesFailsTheLookUp() {
        PeerNames refused = new PeerNames(
                task -> {
                    throw new RejectedExecutionException();
                },
                InetAddress::getByName);
        assertThat(refused.address("a")).isCompletedExceptionally();
        assertThat(refused.address("a")).isCompletedExceptionally();
    }
}

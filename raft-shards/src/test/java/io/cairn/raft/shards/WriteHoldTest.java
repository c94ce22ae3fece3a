package io.cairn.raft.shards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.raft.group.Failure;
import io.cairn.raft.group.Proposal;
import io.cairn.raft.group.RaftGroup;
import io.cairn.raft.group.ReadBarrier;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class WriteHoldTest {
    private static final int LONG_MILLIS = 10_000;

    private final List<ByteBuffer> passed = new ArrayList<>();
    private final List<Proposal> logged = new ArrayList<>();
    private final List<ReadBarrier> barriers = new ArrayList<>();
    private final HandOver calls = new HandOver((entry, proposal) -> passed.add(entry), barriers::add);
    private long term = 7;
    private final WriteHold hold = new WriteHold(calls, this::group, () -> term);

    private static final Proposal NOBODY = failure -> {};

    private RaftGroup group() {
        return (RaftGroup) Proxy.newProxyInstance(
                RaftGroup.class.getClassLoader(), new Class<?>[] {RaftGroup.class}, (proxy, method, args) -> {
                    switch (method.getName()) {
                        case "propose" -> logged.add((Proposal) args[1]);
                        case "readBarrier" -> barriers.add((ReadBarrier) args[0]);
                        default -> throw new AssertionError(method);
                    }
                    return null;
                });
    }

    private void write() {
        calls.propose(ByteBuffer.allocate(1), NOBODY);
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(10, TimeUnit.SECONDS);
    }

    private CompletableFuture<Long> held(int millis) {
        CompletableFuture<Long> held = hold.begin("id", millis);
        assertThat(held).isNotDone();
        ((ControlProposal) logged.get(0)).applied();
        return held;
    }

    @Test
    void writesWaitFromTheHoldToItsRelease() throws Exception {
        write();
        assertThat(get(held(LONG_MILLIS))).isEqualTo(7);
        write();
        assertThat(passed).hasSize(1);
        CompletableFuture<?> released = hold.release("id");
        assertThat(passed).hasSize(2);
        assertThat(released)
                .as("until a quorum has said that this is still the leader")
                .isNotDone();
        barriers.get(0).passed();
        get(released);
    }

    @Test
    void aHoldThatEndedByItselfIsNoHold() throws Exception {
        get(held(50));
        write();
        for (int i = 0; i < 1_000 && passed.isEmpty(); i++) {
            Thread.sleep(10);
        }
        assertThat(passed).hasSize(1);
        fails(hold.release("id"), "ended before");
        get(hold.begin("other", 1).exceptionally(e -> 0L));
    }

    @Test
    void aHandOverEndsIt() throws Exception {
        get(held(LONG_MILLIS));
        write();
        hold.cancel();
        assertThat(passed).hasSize(1);
        fails(hold.release("id"), "ended before");
    }

    @Test
    void anotherLeaderMayHaveServedMeanwhile() throws Exception {
        get(held(LONG_MILLIS));
        CompletableFuture<?> released = hold.release("id");
        term = 9;
        barriers.get(0).passed();
        fails(released, "primary has changed");
    }

    @Test
    void oneAtATimeAndOnlyAtThePrimary() throws Exception {
        get(held(LONG_MILLIS));
        fails(hold.begin("second", LONG_MILLIS), "held already");
        fails(hold.release("second"), "ended before");
        barriers.clear();
        CompletableFuture<?> released = hold.release("id");
        barriers.get(0).refused(Failure.NOT_LEADER);
        fails(released, "primary has changed");
        term = 0;
        fails(hold.begin("third", LONG_MILLIS), "no primary");
    }

    private static void fails(CompletableFuture<?> future, String why) {
        assertThatThrownBy(() -> get(future))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining(why);
    }
}

package io.cairn.raft.shards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.aof.FsyncPolicy;
import io.cairn.raft.group.Failure;
import io.cairn.raft.group.GroupException;
import io.cairn.raft.group.GroupOptions;
import io.cairn.raft.group.Proposal;
import io.cairn.raft.group.RaftGroup;
import io.cairn.raft.group.ReadBarrier;
import io.cairn.raft.group.StateMachine;
import io.cairn.raft.meta.GroupHost;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a leader does with calls and holds while it hands over, over a group whose every step the test makes. */
final class LeadershipTransferTest {
    private static final int LONG_MILLIS = 10_000;

    private final FakeData data = new FakeData();
    private final List<Failure> failures = new ArrayList<>();
    private final Deque<Runnable> holds = new ArrayDeque<>();
    private final Deque<CompletableFuture<@Nullable Void>> transfers = new ArrayDeque<>();
    private @Nullable StateMachine machine;
    private @Nullable ShardGroup shard;
    private volatile boolean leads = true;
    private long index;

    @BeforeEach
    void open() throws IOException {
        RaftGroup raft = (RaftGroup) Proxy.newProxyInstance(
                RaftGroup.class.getClassLoader(), new Class<?>[] {RaftGroup.class}, (proxy, method, args) -> {
                    switch (method.getName()) {
                        case "propose" -> {
                            propose((ByteBuffer) args[0], (Proposal) args[1]);
                            return null;
                        }
                        case "readBarrier" -> {
                            ((ReadBarrier) args[0]).passed();
                            return null;
                        }
                        case "isLeader" -> {
                            return leads;
                        }
                        case "leader" -> {
                            return leads ? "self" : null;
                        }
                        case "term" -> {
                            return 3L;
                        }
                        case "transferLeadership" -> {
                            holds.add((Runnable) args[1]);
                            transfers.add(new CompletableFuture<>());
                            return transfers.getLast();
                        }
                        default -> throw new AssertionError(method);
                    }
                });
        GroupHost host = (GroupHost) Proxy.newProxyInstance(
                GroupHost.class.getClassLoader(), new Class<?>[] {GroupHost.class}, (proxy, method, args) -> {
                    machine = (StateMachine) args[1];
                    return raft;
                });
        ShardGroup.LeadershipListener nobody = new ShardGroup.LeadershipListener() {
            @Override
            public void serves(String shardId, long term) {}

            @Override
            public void controlApplied() {}

            @Override
            public void leaderChanged(String shardId, @Nullable String nodeId, long term) {}
        };
        GroupOptions options =
                new GroupOptions("g", Path.of("unused"), List.of(), List.of(), 500, FsyncPolicy.NO, 1 << 20);
        shard = ShardGroup.open("a".repeat(40), options, host, data, nobody);
        machine().leaderStart(3);
        assertThat(shard().isServing()).isTrue();
    }

    private StateMachine machine() {
        return Objects.requireNonNull(machine);
    }

    private ShardGroup shard() {
        return Objects.requireNonNull(shard);
    }

    private void propose(ByteBuffer entry, Proposal proposal) {
        if (!leads) {
            proposal.failed(Failure.NOT_LEADER);
        } else {
            machine().apply(++index, 3, entry, proposal);
        }
    }

    private void write() {
        ByteBuffer entry = ByteBuffer.allocate(ShardGroup.HEADER_BYTES + 1);
        shard().propose(entry, failures::add);
    }

    /** The group comes to the point of a transfer where calls are kept. */
    private void drains() {
        holds.remove().run();
    }

    private void ends(@Nullable Failure why) {
        CompletableFuture<@Nullable Void> transfer = transfers.remove();
        if (why == null) {
            transfer.complete(null);
        } else {
            transfer.completeExceptionally(new GroupException(why, "the test says so"));
        }
    }

    private static void awaitEnd(CompletableFuture<?> transfer) throws Exception {
        transfer.handle((ok, failure) -> null).get(10, TimeUnit.SECONDS);
    }

    private int written() {
        return data.copyOfRecords().size();
    }

    @Test
    void aHoldThatBeganDuringATransferLastsWhenTheLeaderStays() throws Exception {
        CompletableFuture<?> transfer = shard().transferLeadership("heir");
        shard().holdWrites("id", LONG_MILLIS).get(10, TimeUnit.SECONDS);
        drains();
        ends(Failure.BUSY);
        awaitEnd(transfer);
        write();
        assertThat(written()).as("the hold is still on").isZero();
        shard().releaseWrites("id").get(10, TimeUnit.SECONDS);
        assertThat(written()).isEqualTo(1);
    }

    @Test
    void aHoldThatBeganDuringATransferEndsWithIt() throws Exception {
        CompletableFuture<?> transfer = shard().transferLeadership("heir");
        shard().holdWrites("id", LONG_MILLIS).get(10, TimeUnit.SECONDS);
        drains();
        write();
        leads = false;
        ends(null);
        shard().served(4);
        awaitEnd(transfer);
        assertThat(failures).containsExactly(Failure.NOT_LEADER);
        assertThatThrownBy(() -> shard().releaseWrites("id").get(10, TimeUnit.SECONDS))
                .hasMessageContaining("ended before");
    }

    @Test
    void whatWasKeptIsTakenByALeaderThatStays() throws Exception {
        CompletableFuture<?> transfer = shard().transferLeadership("heir");
        drains();
        write();
        machine().leaderStop();
        leads = false;
        ends(Failure.BUSY);
        Thread.sleep(50);
        assertThat(transfer).as("it does not serve again yet").isNotDone();
        assertThat(failures).isEmpty();
        leads = true;
        machine().leaderStart(3);
        awaitEnd(transfer);
        assertThat(failures).isEmpty();
        assertThat(written()).isEqualTo(1);
    }

    @Test
    void whatWasKeptIsRefusedInTheEndWhenNobodyLeads() throws Exception {
        CompletableFuture<?> transfer = shard().transferLeadership("heir");
        drains();
        write();
        machine().leaderStop();
        leads = false;
        ends(Failure.BUSY);
        awaitEnd(transfer);
        assertThat(failures).containsExactly(Failure.NOT_LEADER);
    }

    @Test
    void aTransferThatIsRefusedLeavesTheFirstOneAlone() throws Exception {
        CompletableFuture<?> first = shard().transferLeadership("heir");
        drains();
        CompletableFuture<?> second = shard().transferLeadership("heir");
        holds.remove();
        write();
        transfers.removeLast().completeExceptionally(new GroupException(Failure.BUSY, "a transfer is under way"));
        awaitEnd(second);
        assertThat(shard().takesCalls()).isTrue();
        assertThat(written()).as("kept").isZero();
        ends(Failure.BUSY);
        awaitEnd(first);
        assertThat(written()).isEqualTo(1);
        assertThat(failures).isEmpty();
    }
}

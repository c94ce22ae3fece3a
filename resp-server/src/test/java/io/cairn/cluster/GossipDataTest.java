package io.cairn.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.command.Clients;
import io.cairn.command.MovingKeys;
import io.cairn.gossip.claims.Claim;
import io.cairn.gossip.claims.Place;
import io.cairn.gossip.claims.SlotSet;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.chronicle.ChronicleKeyspace;
import io.cairn.keyspace.chronicle.KeyspaceOptions;
import io.cairn.mode.ReplicationRole;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Roles and deletions that the claims ask for, and that happen later on another thread. */
final class GossipDataTest {
    private static final ReplicationRole.Upstream UPSTREAM = new ReplicationRole.Upstream(
            "127.0.0.1", 1, null, ReplicationRole.Link.DOWN, 0, System.currentTimeMillis(), false);
    private static final int SLOT = Slots.of(new byte[] {'a'});

    private final ChronicleKeyspace keyspace = new ChronicleKeyspace(KeyspaceOptions.defaults());
    private final Queue<Runnable> work = new ArrayDeque<>();
    private final List<String> roles = new ArrayList<>();
    private final Set<Integer> back = new HashSet<>();
    private ReplicationRole.@Nullable Upstream upstream;
    private final GossipData data =
            new GossipData(keyspace, fake(Clients.class), work::add, this::role, Keys::new, back::contains);

    @AfterEach
    void close() {
        keyspace.close();
    }

    private static <T> T fake(Class<T> type) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> null));
    }

    private ReplicationRole role() {
        return (ReplicationRole) Proxy.newProxyInstance(
                ReplicationRole.class.getClassLoader(),
                new Class<?>[] {ReplicationRole.class},
                (proxy, method, args) -> {
                    if (method.getName().equals("follow")) {
                        roles.add("follow " + args[1]);
                    } else if (method.getName().equals("lead")) {
                        roles.add("lead");
                    } else if (method.getName().equals("stopWrites")) {
                        roles.add((boolean) args[0] ? "writes stop" : "writes go on");
                    } else if (method.getName().equals("state")) {
                        return new ReplicationRole.State(upstream, "0".repeat(40), "0".repeat(40), -1, 0, List.of());
                    }
                    return null;
                });
    }

    private void put(String key) {
        NativeBlock block = NativeBlock.allocate(key.length());
        try {
            Memory.copy(key.getBytes(StandardCharsets.ISO_8859_1), 0, block.address(), key.length());
            keyspace.database(0).putNumber(block.address(), key.length(), 1, 0);
        } finally {
            block.release();
        }
    }

    private void work() {
        for (Runnable next = work.poll(); next != null; next = work.poll()) {
            next.run();
        }
    }

    private static Claim primary(int port) {
        return Claim.of("b".repeat(40), new Place("127.0.0.1", port, port + 1, ""), false);
    }

    @Test
    void onlyTheLastRoleIsTakenAndOnlyOnceTheNodeServes() {
        data.role(primary(1));
        work();
        assertThat(roles).isEmpty();
        data.start();
        work();
        assertThat(roles).containsExactly("follow 1");
        data.role(primary(1));
        data.role(null);
        data.role(primary(2));
        work();
        assertThat(roles).containsExactly("follow 1", "follow 2");
    }

    @Test
    void whoCameFromRaftModeWithAllDataIsUpToDateAsOfThen() {
        data.rests();
        data.start();
        data.goesOn("b".repeat(40));
        // Whom the claims named before counts no more, and is not whose data it has.
        data.role(Claim.of("c".repeat(40), new Place("127.0.0.1", 9, 10, ""), false));
        upstream = UPSTREAM;
        assertThat(data.dataAgeMillis()).isEqualTo(Long.MAX_VALUE);
        data.role(primary(1));
        work();
        assertThat(data.dataAgeMillis()).isLessThan(60_000);
        data.role(Claim.of("c".repeat(40), new Place("127.0.0.1", 9, 10, ""), false));
        data.role(primary(1));
        assertThat(data.dataAgeMillis()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void keysOfLostSlotsGo() {
        for (int i = 0; i < 1_300; i++) {
            put("{a}" + i);
        }
        put("{b}");
        data.lost(SlotSet.one(SLOT));
        work();
        assertThat(keyspace.keysInSlot(SLOT)).isZero();
        assertThat(keyspace.database(0).size()).isEqualTo(1);
        data.clear();
        List<String> done = new ArrayList<>();
        data.afterwards(() -> done.add("size " + keyspace.database(0).size()));
        work();
        assertThat(done).containsExactly("size 0");
    }

    @Test
    void keysOfASlotThatIsBackByThenStay() {
        put("{a}1");
        put("{b}1");
        data.lost(SlotSet.range(0, SlotSet.SLOTS - 1));
        back.add(SLOT);
        work();
        assertThat(keyspace.keysInSlot(SLOT)).isEqualTo(1);
        assertThat(keyspace.database(0).size()).isEqualTo(1);
    }

    @Test
    void theLastOffsetIsToldWhenNoWriteIsUnderWay() {
        assertThat(data.stopWrites(10_000)).isEqualTo(-1);
        assertThat(data.stopWrites(10_000)).as("asked again").isEqualTo(-1);
        assertThat(roles).isEmpty();
        work();
        assertThat(roles).containsExactly("writes stop");
        assertThat(data.stopWrites(10_000)).isZero();
        data.resumeWrites();
        work();
        assertThat(roles).containsExactly("writes stop", "writes go on");
        assertThat(data.stopWrites(10_000)).as("the next time").isEqualTo(-1);
    }

    @Test
    void aStopThatIsOverBeforeItsTurnLeavesWritesAlone() {
        data.stopWrites(10_000);
        data.resumeWrites();
        work();
        assertThat(roles).containsExactly("writes stop", "writes go on");
        assertThat(data.stopWrites(10_000)).isEqualTo(-1);
    }

    @Test
    void aSlotThatABusyScriptHoldsHasAnUnknownNumberOfKeys() throws Exception {
        put("{a}1");
        assertThat(data.keys(SLOT)).isEqualTo(1);
        CountDownLatch locked = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        Thread script = new Thread(() -> {
            keyspace.lock(keyspace.stripeOf(SLOT));
            locked.countDown();
            try {
                done.await(10, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                keyspace.unlock(keyspace.stripeOf(SLOT));
            }
        });
        script.start();
        assertThat(locked.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(data.keys(SLOT)).isEqualTo(-1);
        done.countDown();
        script.join();
        assertThat(data.keys(SLOT)).isEqualTo(1);
    }

    /** Holds keys as a mode does: what was not noted is not deleted. */
    private final class Keys implements MovingKeys {
        @Override
        public boolean anyPresent(int database, List<byte[]> keys) {
            throw new AssertionError();
        }

        @Override
        public Held hold(int database, List<byte[]> keys, long timeoutMillis) {
            BitSet noted = new BitSet();
            return (Held) Proxy.newProxyInstance(
                    Held.class.getClassLoader(),
                    new Class<?>[] {Held.class},
                    (proxy, method, args) -> switch (method.getName()) {
                        case "note" -> {
                            noted.set((Integer) args[0]);
                            yield null;
                        }
                        case "delete" -> {
                            BitSet changed = (BitSet) ((BitSet) args[0]).clone();
                            changed.andNot(noted);
                            noted.and((BitSet) args[0]);
                            noted.stream().forEach(i -> remove(keys.get(i)));
                            yield changed;
                        }
                        default -> null;
                    });
        }
    }

    private void remove(byte[] key) {
        NativeBlock block = NativeBlock.allocate(key.length);
        try {
            Memory.copy(key, 0, block.address(), key.length);
            keyspace.database(0).remove(block.address(), key.length, 0);
        } finally {
            block.release();
        }
    }
}

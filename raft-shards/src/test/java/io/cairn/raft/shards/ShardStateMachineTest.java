package io.cairn.raft.shards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.raft.meta.FormatException;
import io.cairn.raft.meta.SlotRange;
import io.cairn.raft.shards.ShardEntry.Activation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ShardStateMachineTest {
    private static final String SHARD = String.format("%040x", 5);

    @TempDir
    Path dir;

    private final FakeData data = new FakeData();
    private final List<String> seen = new ArrayList<>();
    private final ShardStateMachine machine = machine(data);
    private long index;

    private ShardStateMachine machine(FakeData target) {
        return new ShardStateMachine(SHARD, target, new ShardStateMachine.Watcher() {
            @Override
            public void leads(long term) {
                seen.add("leads " + term);
            }

            @Override
            public void serves(long term) {
                seen.add("serves " + term);
            }

            @Override
            public void leaderChanged(@Nullable String nodeId, long term) {
                seen.add("leader " + nodeId + " " + term);
            }
        });
    }

    private void apply(long term, ByteBuffer entry) {
        machine.apply(++index, term, entry, null);
    }

    private static ByteBuffer batch(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(2 + bytes.length)
                .put(ShardEntry.VERSION)
                .put(ShardEntry.BATCH)
                .put(bytes)
                .flip();
    }

    private static ByteBuffer activate(int first, int last, long epoch) {
        return ShardEntry.encode(new ShardEntry.Activate(List.of(new Activation(new SlotRange(first, last), epoch))));
    }

    @Test
    void itServesOnlyOnceAnEntryOfItsOwnTermIsApplied() {
        machine.leaderStart(4);
        assertThat(machine.servingTerm()).isZero();
        apply(3, ShardEntry.encode(new ShardEntry.TermStart()));
        assertThat(machine.servingTerm()).as("an earlier leader's start").isZero();
        apply(4, ShardEntry.encode(new ShardEntry.TermStart()));
        assertThat(machine.servingTerm()).isEqualTo(4);
        assertThat(data.copyOfEvents()).containsExactly("term 3", "term 4", "leads 4");
        machine.leaderStop();
        assertThat(machine.servingTerm()).isZero();
        assertThat(seen).containsExactly("leads 4", "serves 4", "leader null 4");
        assertThat(data.copyOfEvents()).endsWith("stops");
    }

    @Test
    void aLeaderThatNeverServedIsNotToldToStop() {
        machine.leaderStart(2);
        machine.leaderStop();
        assertThat(data.copyOfEvents()).isEmpty();
    }

    @Test
    void recordsReachTheDataWithoutTheHeader() {
        apply(1, batch("abc"));
        assertThat(data.copyOfRecords()).containsExactly("abc");
        assertThat(machine.appliedIndex()).isEqualTo(1);
    }

    @Test
    void nothingIsWrittenAfterTheEndUnlessItIsTakenBack() {
        apply(1, batch("before"));
        apply(1, ShardEntry.encode(new ShardEntry.End(7)));
        assertThat(machine.ending()).isEqualTo(new ShardStateMachine.Ending(7, 2));
        assertThatThrownBy(() -> apply(1, batch("after"))).isInstanceOf(IllegalStateException.class);
        apply(2, ShardEntry.encode(new ShardEntry.Resume(6)));
        assertThat(machine.ending()).as("another attempt's").isNotNull();
        apply(2, ShardEntry.encode(new ShardEntry.Resume(7)));
        assertThat(machine.ending()).isNull();
        apply(2, batch("on"));
        assertThat(data.copyOfRecords()).containsExactly("before", "on");
    }

    @Test
    void anEndIsInTheSnapshot() {
        apply(1, activate(0, 99, 1));
        apply(1, ShardEntry.encode(new ShardEntry.End(7)));
        machine.saveSnapshot(dir, index, failure -> assertThat(failure).isNull());
        ShardStateMachine other = machine(new FakeData());
        assertThat(other.loadSnapshot(dir)).isTrue();
        assertThat(other.ending()).isEqualTo(machine.ending());
        assertThat(other.slots()).isEqualTo(machine.slots());
    }

    @Test
    void aLogThatBeginsServesNothing() throws IOException {
        data.saveSnapshot(dir, 100, failure -> assertThat(failure).isNull());
        ShardStateMachine.writeBeginning(dir, SHARD, 100);
        assertThat(machine.loadSnapshot(dir)).isTrue();
        assertThat(machine.appliedIndex()).isEqualTo(100);
        assertThat(machine.slots().served()).isZero();
    }

    @Test
    void aSlotIsActivatedOnceUnderAnEpoch() {
        apply(1, activate(0, 99, 1));
        SlotTable first = machine.slots();
        assertThat(first.served()).isEqualTo(100);
        assertThat(first.serves(99)).isTrue();
        assertThat(first.state(100)).isEqualTo(SlotState.ABSENT);
        assertThat(first.epoch(0)).isEqualTo(1);
        apply(1, activate(0, 99, 1));
        assertThat(machine.slots()).isEqualTo(first);
    }

    @Test
    void aSnapshotBringsTheSlotsAndTheData() {
        apply(1, activate(7, 8_000, 1));
        apply(1, batch("one"));
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        machine.saveSnapshot(dir, index, failure::set);
        assertThat(failure.get()).isNull();
        FakeData other = new FakeData();
        ShardStateMachine loaded = machine(other);
        assertThat(loaded.loadSnapshot(dir)).isTrue();
        assertThat(loaded.slots()).isEqualTo(machine.slots());
        assertThat(loaded.appliedIndex()).isEqualTo(2);
        assertThat(other.copyOfRecords()).containsExactly("one");
        assertThat(other.copyOfEvents()).containsExactly("slots 7994");
    }

    @Test
    void aDamagedSnapshotIsUnusableWhereverItIsDamaged() throws IOException {
        apply(1, activate(7, 8_000, 1));
        machine.saveSnapshot(dir, index, failure -> {});
        Path file = dir.resolve(ShardStateMachine.SNAPSHOT_FILE);
        byte[] good = Files.readAllBytes(file);
        for (int i = 0; i < good.length; i++) {
            byte[] bad = good.clone();
            bad[i] ^= 1;
            Files.write(file, bad);
            assertThat(machine(new FakeData()).loadSnapshot(dir)).isFalse();
        }
    }

    @Test
    void aSnapshotOfAnotherShardIsUnusable() {
        machine.saveSnapshot(dir, index, failure -> {});
        ShardStateMachine other = new ShardStateMachine(String.format("%040x", 6), new FakeData(), noWatch());
        assertThat(other.loadSnapshot(dir)).isFalse();
    }

    private static ShardStateMachine.Watcher noWatch() {
        return new ShardStateMachine.Watcher() {
            @Override
            public void leads(long term) {}

            @Override
            public void serves(long term) {}

            @Override
            public void leaderChanged(@Nullable String nodeId, long term) {}
        };
    }

    @Test
    void anEntryOfANewerFormatStopsTheReplicaAndIsNotSkipped() {
        assertThatThrownBy(() -> apply(1, ByteBuffer.wrap(new byte[] {2, 1, 0})))
                .isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> apply(1, ByteBuffer.wrap(new byte[] {1, 9, 0})))
                .isInstanceOf(FormatException.class);
        assertThat(machine.appliedIndex()).isZero();
    }

    @Test
    void mutatedControlEntriesDecodeToAValueOrAFormatError() {
        Random random = new Random(20_304);
        byte[] seed = activate(3, 16_000, 77).array();
        int refused = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = seed.clone();
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                bytes[2 + random.nextInt(bytes.length - 2)] = (byte) random.nextInt(256);
            }
            ByteBuffer entry = ByteBuffer.wrap(bytes, 2, 1 + random.nextInt(bytes.length - 2));
            try {
                ShardEntry.decodeControl(entry);
            } catch (FormatException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(1_000);
    }

    @Test
    void equalEntriesGiveEqualSnapshots() throws IOException {
        List<byte[]> states = new ArrayList<>();
        for (int replica = 0; replica < 2; replica++) {
            Random random = new Random(20_305);
            ShardStateMachine copy = machine(new FakeData());
            for (int i = 1; i <= 200; i++) {
                int first = random.nextInt(SlotRange.SLOTS);
                int last = first + random.nextInt(SlotRange.SLOTS - first);
                copy.apply(i, 1, activate(first, last, random.nextInt(9)), null);
            }
            Path target = Files.createDirectories(dir.resolve("r" + replica));
            copy.saveSnapshot(target, 200, failure -> {});
            states.add(Files.readAllBytes(target.resolve(ShardStateMachine.SNAPSHOT_FILE)));
        }
        assertThat(states.get(0)).isEqualTo(states.get(1));
    }
}

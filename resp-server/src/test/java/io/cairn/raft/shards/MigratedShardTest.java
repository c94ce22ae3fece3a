package io.cairn.raft.shards;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Slots;
import io.cairn.mode.StoreReplica;
import io.cairn.raft.meta.SlotRange;
import io.cairn.raft.shards.ShardEntry.Activation;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the log of a shard does to a real keyspace while slots come and go as a whole. */
final class MigratedShardTest {
    private static final String SHARD = String.format("%040x", 5);
    private static final String ID = String.format("%040x", 0xA1);
    private static final int SLOT = Slots.of("t".getBytes(StandardCharsets.ISO_8859_1));

    private final Replica source = new Replica();
    private final Replica target = new Replica();

    /** A replica's log and data. */
    private static final class Replica {
        final StoreReplica data = new StoreReplica();
        final ShardStateMachine machine = new ShardStateMachine(SHARD, data.store, new ShardStateMachine.Watcher() {
            @Override
            public void leads(long term) {}

            @Override
            public void serves(long term) {}

            @Override
            public void leaderChanged(@Nullable String nodeId, long term) {}
        });
        private long index;

        void apply(ShardEntry.Control control) {
            machine.apply(++index, 1, ShardEntry.encode(control), null);
        }

        void activate(int first, int last, long epoch) {
            apply(new ShardEntry.Activate(slots(first, last, epoch)));
        }

        void run(String line) {
            ByteBuffer records = StoreReplica.batch(line);
            ByteBuffer entry = ByteBuffer.allocateDirect(2 + records.remaining());
            entry.put(ShardEntry.VERSION).put(ShardEntry.BATCH).put(records).flip();
            machine.apply(++index, 1, entry, null);
        }

        void receive(SlotExport export, long attempt) {
            long number = 0;
            while (!export.isSnapshotDone() || export.waitingBytes() > 0) {
                byte[] bytes = export.next(1 << 16);
                ByteBuffer piece = ShardEntry.importEntry(ID, attempt, number++, ByteBuffer.wrap(bytes));
                machine.apply(++index, 1, piece, null);
            }
        }
    }

    private static List<Activation> slots(int first, int last, long epoch) {
        return List.of(new Activation(new SlotRange(first, last), epoch));
    }

    private static BitSet moved() {
        BitSet moved = new BitSet();
        moved.set(SLOT);
        return moved;
    }

    /** A whole attempt; the source's slot is frozen at its end. */
    private void stream(long attempt, long epoch) {
        target.apply(new ShardEntry.ImportBegin(ID, attempt, 1, slots(SLOT, SLOT, epoch)));
        try (SlotExport export = source.data.store.export(moved())) {
            target.receive(export, attempt);
            source.apply(new ShardEntry.Freeze(slots(SLOT, SLOT, epoch)));
            export.end();
            long next =
                    Objects.requireNonNull(target.machine.imports().find(ID)).next();
            byte[] end = export.next(1 << 16);
            target.machine.apply(
                    ++target.index, 1, ShardEntry.importEntry(ID, attempt, next, ByteBuffer.wrap(end)), null);
        }
    }

    @AfterEach
    void close() {
        source.data.close();
        target.data.close();
    }

    @Test
    void aSecondAttemptBeginsFromNothing() {
        source.activate(0, 16_383, 1);
        source.run("set {t}a 1");
        source.run("set {t}b 1");
        stream(1, 1);
        assertThat(target.data.has("{t}a")).isTrue();
        source.activate(SLOT, SLOT, 2);
        source.run("del {t}a");
        stream(2, 2);
        target.activate(SLOT, SLOT, 3);
        assertThat(target.data.has("{t}b")).isTrue();
        assertThat(target.data.has("{t}a")).as("deleted between the attempts").isFalse();
    }

    @Test
    void whatWasGivenAwayDoesNotComeBack() {
        target.activate(SLOT, SLOT, 1);
        target.run("set {t}a 1");
        target.apply(new ShardEntry.Freeze(slots(SLOT, SLOT, 1)));
        target.apply(new ShardEntry.Drop(slots(SLOT, SLOT, 1)));
        assertThat(target.data.has("{t}a")).as("yet to be tidied up").isTrue();
        source.activate(0, 16_383, 2);
        source.run("set {t}b 1");
        stream(1, 2);
        target.activate(SLOT, SLOT, 3);
        assertThat(target.data.has("{t}b")).isTrue();
        assertThat(target.data.has("{t}a")).as("of its time before").isFalse();
    }

    @Test
    void whatWasGivenAwayIsNotThereWhenTheSlotIsOpenedForAnImport() {
        target.activate(SLOT, SLOT, 1);
        target.run("set {t}a 1");
        target.apply(new ShardEntry.Freeze(slots(SLOT, SLOT, 1)));
        target.apply(new ShardEntry.Drop(slots(SLOT, SLOT, 1)));
        target.apply(new ShardEntry.Open(SLOT, SlotState.IMPORTING, 1));
        assertThat(target.data.has("{t}a")).isFalse();
    }

    /** Most calls of FLUSHALL change something; those with a wrong argument are logged too. */
    @Test
    void aFlushThatIsRefusedEmptiesNothingAtTheTarget() {
        source.activate(0, 16_383, 1);
        source.run("set {t}a 1");
        target.apply(new ShardEntry.ImportBegin(ID, 1, 1, slots(SLOT, SLOT, 1)));
        try (SlotExport export = source.data.store.export(moved())) {
            while (!export.isSnapshotDone()) {
                target.receive(export, 1);
            }
            source.run("flushall nonsense");
            assertThat(source.data.has("{t}a")).isTrue();
            assertThat(export.waitingBytes()).as("nothing to tell").isZero();
            source.run("flushall");
            assertThat(export.waitingBytes()).isPositive();
        }
    }

    @Test
    void aFlushWaitsForWhatHasComeAndIsNotShownYet() {
        source.activate(0, 16_383, 1);
        source.run("set {t}a 1");
        target.activate(0, SLOT - 1, 1);
        target.run("set {u}b 1");
        stream(1, 1);
        target.run("flushall");
        assertThat(target.data.has("{u}b")).as("refused: it would miss a slot").isTrue();
        target.activate(SLOT, SLOT, 2);
        target.run("flushall");
        assertThat(target.data.has("{t}a")).isFalse();
        assertThat(target.data.has("{u}b")).isFalse();
    }

    @Test
    void marksOfKeysThatMayBeElsewhereGoAlong() {
        source.activate(0, 16_383, 1);
        source.run("set {t}a 1");
        source.data.mark("{t}a");
        source.run("del {t}a");
        assertThat(source.data.isMarked("{t}a")).isTrue();
        stream(1, 1);
        target.activate(SLOT, SLOT, 2);
        assertThat(target.data.has("{t}a")).isFalse();
        assertThat(target.data.isMarked("{t}a")).isTrue();
    }

    @Test
    void aFlushLeavesTheMarks() {
        source.activate(0, 16_383, 1);
        source.run("set {t}a 1");
        source.data.mark("{t}a");
        source.run("flushall");
        assertThat(source.data.has("{t}a")).isFalse();
        assertThat(source.data.isMarked("{t}a"))
                .as("clients are not sent to a copy")
                .isTrue();
    }
}

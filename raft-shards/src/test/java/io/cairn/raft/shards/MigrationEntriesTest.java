package io.cairn.raft.shards;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.meta.SlotRange;
import io.cairn.raft.shards.ShardEntry.Activation;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the entries of atomic migrations do to a shard's slots, and what of them is refused. */
final class MigrationEntriesTest {
    private static final String SHARD = String.format("%040x", 5);
    private static final String ID = String.format("%040x", 0xA1);

    @TempDir
    Path dir;

    private final Keys data = new Keys();
    private final ShardStateMachine machine = machine(data);
    private long index;

    /** Keys by slot: a stream of slots, each with a ";" behind it, and "." at its end. */
    private static final class Keys extends DelegatingData {
        final TreeSet<Integer> slots = new TreeSet<>();
        final List<String> told = new ArrayList<>();
        final StringBuilder received = new StringBuilder();
        BitSet hidden = new BitSet();

        @Override
        public boolean isEmpty(int slot) {
            return hidden.get(slot) || !slots.contains(slot);
        }

        @Override
        public void slotsChanged(long index, SlotTable table) {
            hidden = table.hidden();
        }

        @Override
        public void purge(BitSet gone) {
            gone.stream().forEach(slots::remove);
            told.add("purge " + gone);
        }

        @Override
        public void importBegin(String id, BitSet of) {
            told.add("begin " + of.cardinality());
            received.setLength(0);
        }

        @Override
        public boolean importBytes(String id, ByteBuffer bytes) {
            String text = StandardCharsets.UTF_8.decode(bytes).toString();
            received.append(text);
            for (String part : text.split("[;.]", -1)) {
                if (!part.isEmpty()) {
                    slots.add(Integer.parseInt(part));
                }
            }
            return text.endsWith(".");
        }

        @Override
        public void importOver(String id) {
            told.add("over");
        }
    }

    private static ShardStateMachine machine(ShardApply target) {
        return new ShardStateMachine(SHARD, target, new ShardStateMachine.Watcher() {
            @Override
            public void leads(long term) {}

            @Override
            public void serves(long term) {}

            @Override
            public void leaderChanged(@Nullable String nodeId, long term) {}
        });
    }

    private void apply(ShardEntry.Control control) {
        machine.apply(++index, 1, ShardEntry.encode(control), null);
    }

    private Imports.@Nullable Import piece(long attempt, long number, String text) {
        ImportProposal proposal = new ImportProposal();
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        machine.apply(++index, 1, ShardEntry.importEntry(ID, attempt, number, bytes), proposal);
        return proposal.done.join();
    }

    private Imports.Import taken(long attempt, long number, String text) {
        return Objects.requireNonNull(piece(attempt, number, text));
    }

    private static List<Activation> slots(int first, int last, long epoch) {
        return List.of(new Activation(new SlotRange(first, last), epoch));
    }

    private void activate(int first, int last, long epoch) {
        apply(new ShardEntry.Activate(slots(first, last, epoch)));
    }

    private SlotState state(int slot) {
        return machine.slots().state(slot);
    }

    @Test
    void aSourceFreezesDropsAndServesAgainUnderALaterEpoch() {
        activate(0, 99, 3);
        apply(new ShardEntry.Freeze(slots(10, 19, 2)));
        assertThat(state(10)).as("of another epoch").isEqualTo(SlotState.SERVING);
        apply(new ShardEntry.Freeze(slots(10, 19, 3)));
        assertThat(state(10)).isEqualTo(SlotState.FROZEN);
        assertThat(machine.slots().owns(10)).isFalse();
        assertThat(machine.slots().hidden().isEmpty())
                .as("frozen keys are still here")
                .isTrue();
        activate(10, 19, 3);
        assertThat(state(10)).as("only a later epoch ends a freeze").isEqualTo(SlotState.FROZEN);
        activate(10, 14, 4);
        assertThat(state(10)).isEqualTo(SlotState.SERVING);
        apply(new ShardEntry.Drop(slots(10, 19, 3)));
        assertThat(state(10)).isEqualTo(SlotState.SERVING);
        assertThat(state(15)).isEqualTo(SlotState.DROPPED);
        assertThat(machine.slots().hidden().cardinality()).isEqualTo(5);
        assertThat(data.told).isEmpty();
    }

    @Test
    void piecesCountOnceAndInOrderAndOfTheLastAttempt() {
        apply(new ShardEntry.ImportBegin(ID, 1, 7, slots(10, 19, 3)));
        assertThat(state(10)).isEqualTo(SlotState.RECEIVING);
        assertThat(taken(1, 1, "11;").next()).as("one is missing").isZero();
        assertThat(taken(1, 0, "10;").next()).isEqualTo(1);
        assertThat(taken(1, 0, "10;").next()).as("again").isEqualTo(1);
        assertThat(taken(1, 1, "11;").next()).isEqualTo(2);
        apply(new ShardEntry.ImportBegin(ID, 1, 7, slots(10, 19, 3)));
        assertThat(data.slots).as("begun again by a lost message").containsExactly(10, 11);
        apply(new ShardEntry.ImportBegin(ID, 2, 8, slots(10, 19, 4)));
        assertThat(data.slots).as("a later attempt begins from nothing").isEmpty();
        assertThat(taken(1, 2, "12;").next()).as("of the attempt before").isZero();
        assertThat(taken(2, 0, "13.").ended()).isTrue();
        assertThat(taken(2, 1, "14;").next()).as("behind the end").isEqualTo(1);
        assertThat(data.slots).containsExactly(13);
    }

    @Test
    void onlyTheEpochOfTheCommitShowsWhatCame() {
        apply(new ShardEntry.ImportBegin(ID, 1, 7, slots(10, 19, 3)));
        piece(1, 0, "10;11.");
        activate(10, 10, 4);
        assertThat(state(10)).isEqualTo(SlotState.SERVING);
        assertThat(data.slots).contains(10);
        activate(11, 11, 5);
        assertThat(state(11)).isEqualTo(SlotState.SERVING);
        assertThat(data.slots)
                .as("another ownership than that which the stream was for")
                .doesNotContain(11);
        activate(12, 19, 4);
        assertThat(machine.imports().isEmpty()).isTrue();
        assertThat(data.told).endsWith("over");
    }

    @Test
    void aSlotThatIsOpenIsNotServedWhollyByItsNewEpoch() {
        activate(0, 9, 1);
        apply(new ShardEntry.Open(3, SlotState.MIGRATING, 1));
        activate(0, 9, 2);
        assertThat(state(3)).isEqualTo(SlotState.MIGRATING);
        assertThat(state(4)).isEqualTo(SlotState.SERVING);
        apply(new ShardEntry.Release(slots(3, 3, 2), true));
        assertThat(state(3)).isEqualTo(SlotState.ABSENT);
        apply(new ShardEntry.Activate(slots(3, 4, 3), List.of(), List.of(new SlotRange(3, 3))));
        assertThat(state(3)).isEqualTo(SlotState.MIGRATING);
        assertThat(state(4)).isEqualTo(SlotState.SERVING);
    }

    @Test
    void whatWasCommittedIsShownUnderWhateverEpochTheSlotHasByNow() {
        apply(new ShardEntry.ImportBegin(ID, 2, 7, slots(10, 19, 3)));
        piece(2, 0, "10;11;12.");
        apply(new ShardEntry.Activate(slots(10, 10, 6), List.of(new ShardEntry.Attempt(ID, 2))));
        assertThat(state(10)).isEqualTo(SlotState.SERVING);
        assertThat(data.slots).contains(10);
        apply(new ShardEntry.Activate(slots(11, 11, 6), List.of(new ShardEntry.Attempt(ID, 1))));
        assertThat(data.slots).as("another attempt was committed").doesNotContain(11);
        activate(12, 12, 6);
        assertThat(data.slots).as("perhaps none was").doesNotContain(12);
    }

    @Test
    void aRecoveredTargetShowsWhatCameUnderTheEpochThatItWasGrantedAnew() {
        apply(new ShardEntry.ImportBegin(ID, 2, 7, slots(10, 19, 3)));
        piece(2, 0, "10;11.");
        apply(new ShardEntry.Hold());
        assertThat(state(10)).isEqualTo(SlotState.RECEIVING);
        activate(10, 10, 5);
        assertThat(data.slots).as("4 by the commit, 5 by the grant").contains(10);
        activate(11, 11, 6);
        assertThat(data.slots).as("another ownership").doesNotContain(11);
    }

    @Test
    void anOpenSlotIsAtNoMomentServedAsIfAllItsKeysWereHere() {
        activate(0, 9, 1);
        apply(new ShardEntry.Open(3, SlotState.MIGRATING, 1));
        apply(new ShardEntry.Hold());
        assertThat(state(3)).isEqualTo(SlotState.HELD);
        apply(new ShardEntry.Activate(slots(3, 3, 2), List.of(), List.of(new SlotRange(3, 3))));
        assertThat(state(3)).isEqualTo(SlotState.MIGRATING);
        assertThat(machine.slots().epoch(3)).isEqualTo(2);
        assertThat(machine.slots().waits(3)).isFalse();
        assertThat(machine.slots().waits(4)).isTrue();
    }

    @Test
    void whatIsNotWholeIsNeverShown() {
        apply(new ShardEntry.ImportBegin(ID, 1, 7, slots(10, 19, 3)));
        piece(1, 0, "10;");
        activate(10, 19, 4);
        assertThat(data.slots).isEmpty();
    }

    @Test
    void aMigrationThatCameToNothingIsHiddenUntilItIsGone() {
        apply(new ShardEntry.ImportBegin(ID, 2, 7, slots(10, 19, 3)));
        piece(2, 0, "10;");
        apply(new ShardEntry.ImportDrop(ID, 1));
        assertThat(state(10)).as("that is said of an earlier attempt").isEqualTo(SlotState.RECEIVING);
        apply(new ShardEntry.ImportDrop(ID, 2));
        assertThat(state(10)).isEqualTo(SlotState.DROPPED);
        assertThat(data.slots).containsExactly(10);
        assertThat(piece(2, 1, "11;")).isNull();
        activate(10, 10, 9);
        assertThat(data.slots)
                .as("what a former migration left is not the new owner's")
                .isEmpty();
    }

    @Test
    void whatIsServedOrReceivedAlreadyIsNotReceived() {
        activate(0, 9, 1);
        apply(new ShardEntry.ImportBegin(ID, 1, 7, slots(5, 15, 3)));
        assertThat(machine.imports().isEmpty()).isTrue();
        assertThat(state(12)).isEqualTo(SlotState.ABSENT);
        apply(new ShardEntry.ImportBegin(ID, 1, 7, slots(10, 15, 3)));
        apply(new ShardEntry.ImportBegin(String.format("%040x", 0xA2), 1, 7, slots(15, 16, 3)));
        assertThat(machine.imports().all()).hasSize(1);
        assertThat(state(16)).isEqualTo(SlotState.ABSENT);
    }

    @Test
    void aSnapshotKeepsWhatIsUnderWay() throws Exception {
        activate(0, 9, 1);
        apply(new ShardEntry.Freeze(slots(0, 4, 1)));
        apply(new ShardEntry.ImportBegin(ID, 3, 7, slots(10, 19, 3)));
        piece(3, 0, "10;");
        Path to = Files.createDirectory(dir.resolve("s"));
        machine.saveSnapshot(to, index, failure -> assertThat(failure).isNull());
        ShardStateMachine read = machine(new Keys());
        assertThat(read.loadSnapshot(to)).isTrue();
        assertThat(read.slots()).isEqualTo(machine.slots());
        assertThat(read.imports().all())
                .containsExactlyElementsOf(machine.imports().all());
    }

    @Test
    void entriesComeBackAsTheyWent() {
        for (ShardEntry.Control control : List.of(
                new ShardEntry.Freeze(slots(1, 2, 3)),
                new ShardEntry.Drop(slots(1, 2, 3)),
                new ShardEntry.Activate(slots(1, 2, 3)),
                new ShardEntry.Activate(slots(1, 2, 3), List.of(new ShardEntry.Attempt(ID, 4))),
                new ShardEntry.Hold(),
                new ShardEntry.Activate(slots(1, 2, 3), List.of(), List.of(new SlotRange(2, 2))),
                new ShardEntry.ImportBegin(ID, 4, 5, slots(6, 7, 8)),
                new ShardEntry.ImportDrop(ID, 9))) {
            ByteBuffer entry = ShardEntry.encode(control).position(2);
            assertThat(ShardEntry.decodeControl(entry)).isEqualTo(control);
        }
    }
}

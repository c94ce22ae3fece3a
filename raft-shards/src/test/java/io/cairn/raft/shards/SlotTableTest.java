package io.cairn.raft.shards;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.meta.SlotRange;
import io.cairn.raft.meta.WireReader;
import io.cairn.raft.meta.WireWriter;
import java.util.BitSet;
import org.junit.jupiter.api.Test;

/** Opening, closing and giving up slots: what a late or repeated control entry may do. */
final class SlotTableTest {
    private static final int SLOT = 7;

    private final SlotTable served = SlotTable.EMPTY.activate(new SlotRange(0, 9), 3);

    private SlotTable released() {
        return served.release(new SlotRange(SLOT, SLOT), 3);
    }

    @Test
    void aServedSlotMigratesAndComesBack() {
        SlotTable migrating = served.with(SLOT, SlotState.MIGRATING, 3);
        assertThat(migrating.state(SLOT)).isEqualTo(SlotState.MIGRATING);
        assertThat(migrating.owns(SLOT)).isTrue();
        assertThat(migrating.serves(SLOT)).isFalse();
        assertThat(migrating.served()).isEqualTo(10);
        assertThat(migrating.with(SLOT, SlotState.SERVING, 3)).isEqualTo(served);
        assertThat(migrating.release(new SlotRange(SLOT, SLOT), 3).state(SLOT)).isEqualTo(SlotState.ABSENT);
    }

    @Test
    void aReleasedSlotIsNotTakenBackByALateWordThatItMigratesOrIsServed() {
        assertThat(released().with(SLOT, SlotState.MIGRATING, 3)).isEqualTo(released());
        assertThat(released().with(SLOT, SlotState.SERVING, 3)).isEqualTo(released());
        SlotTable importing = released().with(SLOT, SlotState.IMPORTING, 3);
        assertThat(importing.with(SLOT, SlotState.SERVING, 3)).isEqualTo(importing);
        assertThat(importing.owns(SLOT)).isFalse();
    }

    @Test
    void aServedSlotIsNotGivenUpByALateWordThatItIsImported() {
        assertThat(served.with(SLOT, SlotState.IMPORTING, 3)).isEqualTo(served);
        assertThat(served.with(SLOT, SlotState.ABSENT, 3)).isEqualTo(served);
    }

    @Test
    void aWordOfAnotherEpochChangesNothing() {
        assertThat(served.with(SLOT, SlotState.MIGRATING, 2)).isEqualTo(served);
        assertThat(served.release(new SlotRange(SLOT, SLOT), 2)).isEqualTo(served);
        assertThat(served.release(new SlotRange(SLOT, SLOT), 4)).isEqualTo(served);
    }

    @Test
    void anImportedSlotIsServedUnderTheEpochThatItWasGivenUnder() {
        SlotTable importing = SlotTable.EMPTY.with(SLOT, SlotState.IMPORTING, 0);
        assertThat(importing.state(SLOT)).isEqualTo(SlotState.IMPORTING);
        assertThat(importing.served()).isZero();
        SlotTable given = importing.activate(new SlotRange(SLOT, SLOT), 4);
        assertThat(given.serves(SLOT)).isTrue();
        assertThat(given.with(SLOT, SlotState.ABSENT, 0)).as("a word of before").isEqualTo(given);
        assertThat(importing.with(SLOT, SlotState.ABSENT, 0)).isEqualTo(SlotTable.EMPTY);
    }

    @Test
    void whatMigratesGoesOnSoUnderALaterEpoch() {
        SlotTable migrating = served.with(SLOT, SlotState.MIGRATING, 3);
        SlotTable kept = migrating.activate(new SlotRange(0, 9), 4);
        assertThat(kept.state(SLOT))
                .as("keys that have moved are not taken for absent")
                .isEqualTo(SlotState.MIGRATING);
        assertThat(kept.epoch(SLOT)).isEqualTo(4);
        assertThat(kept.serves(6)).isTrue();
        assertThat(kept.with(SLOT, SlotState.SERVING, 4).serves(SLOT)).isTrue();
    }

    @Test
    void aSlotThatComesBackOpenIsNeverServedWholly() {
        BitSet open = new BitSet();
        open.set(SLOT);
        SlotTable back = released().activate(new SlotRange(0, 9), 4, open);
        assertThat(back.state(SLOT)).isEqualTo(SlotState.MIGRATING);
        assertThat(back.serves(6)).isTrue();
        assertThat(back.activate(new SlotRange(6, 6), 4, open))
                .as("an epoch that was had")
                .isEqualTo(back);
    }

    @Test
    void openSlotsComeBackFromASnapshot() {
        SlotTable table = served.with(SLOT, SlotState.MIGRATING, 3).with(100, SlotState.IMPORTING, 0);
        WireWriter out = new WireWriter();
        table.write(out);
        assertThat(SlotTable.read(new WireReader(out.toBytes()))).isEqualTo(table);
    }

    @Test
    void afterARecoveryEverySlotWaitsUntilItIsServedAgain() {
        SlotTable held = released().hold();
        assertThat(held.state(0)).isEqualTo(SlotState.HELD);
        assertThat(held.state(SLOT)).isEqualTo(SlotState.ABSENT);
        assertThat(held.waits(SLOT)).isTrue();
        SlotTable again = held.activate(new SlotRange(SLOT, SLOT), 4).activate(new SlotRange(0, 0), 3);
        assertThat(again.serves(SLOT)).isTrue();
        assertThat(again.waits(SLOT)).isFalse();
        assertThat(again.waits(0)).as("under no later epoch").isTrue();
        WireWriter out = new WireWriter();
        again.write(out);
        assertThat(SlotTable.read(new WireReader(out.toBytes()))).isEqualTo(again);
    }
}

package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class SlotPlanTest {
    private static BitSet slots(int first, int last) {
        BitSet slots = new BitSet();
        slots.set(first, last + 1);
        return slots;
    }

    private static Map<String, BitSet> after(Map<String, BitSet> owned, List<SlotPlan.Move> moves) {
        Map<String, BitSet> after = new TreeMap<>();
        owned.forEach((id, slots) -> after.put(id, (BitSet) slots.clone()));
        for (SlotPlan.Move move : moves) {
            BitSet from = after.getOrDefault(move.from(), new BitSet());
            BitSet had = (BitSet) move.slots().clone();
            had.and(from);
            assertThat(had).as("it gives what it has").isEqualTo(move.slots());
            from.andNot(move.slots());
            after.getOrDefault(move.to(), new BitSet()).or(move.slots());
        }
        return after;
    }

    @Test
    void anEmptyPrimaryGetsItsShareOfEach() {
        Map<String, BitSet> owned =
                Map.of("a", slots(0, 5460), "b", slots(5461, 10_922), "c", slots(10_923, 16_383), "d", new BitSet());
        Map<String, BitSet> after = after(owned, SlotPlan.balance(new TreeMap<>(owned), Map.of(), 2));
        after.values().forEach(slots -> assertThat(slots.cardinality()).isEqualTo(4_096));
    }

    @Test
    void aWeightOfNoughtDrains() {
        Map<String, BitSet> owned = new TreeMap<>(Map.of("a", slots(0, 8191), "b", slots(8192, 16_383)));
        List<SlotPlan.Move> moves = SlotPlan.balance(owned, Map.of("a", 0.0), 2);
        assertThat(moves).hasSize(1);
        assertThat(moves.get(0).ranges()).isEqualTo("0-8191");
        assertThat(after(owned, moves).getOrDefault("b", new BitSet()).cardinality())
                .isEqualTo(16_384);
        assertThatThrownBy(() -> SlotPlan.balance(owned, Map.of("a", 0.0, "b", 0.0), 2))
                .hasMessageContaining("weights");
    }

    @Test
    void whatIsCloseEnoughStays() {
        Map<String, BitSet> owned = new TreeMap<>(Map.of("a", slots(0, 8250), "b", slots(8251, 16_383)));
        assertThat(SlotPlan.balance(owned, Map.of(), 2)).isEmpty();
        assertThat(SlotPlan.balance(owned, Map.of(), 0)).hasSize(1);
    }

    @Test
    void anyClusterEndsWithEveryShareToTheSlot() {
        Random random = new Random(3);
        for (int round = 0; round < 300; round++) {
            int primaries = 2 + random.nextInt(8);
            Map<String, BitSet> owned = new TreeMap<>();
            Map<String, Double> weights = new TreeMap<>();
            for (int i = 0; i < primaries; i++) {
                owned.put("p" + i, new BitSet());
                weights.put("p" + i, i == 0 ? 1.0 : (double) random.nextInt(4));
            }
            for (int slot = 0; slot < 2_000; slot++) {
                owned.computeIfAbsent("p" + random.nextInt(primaries), id -> new BitSet())
                        .set(slot);
            }
            Map<String, BitSet> after = after(owned, SlotPlan.balance(owned, weights, 0));
            double sum = weights.values().stream().mapToDouble(w -> w).sum();
            BitSet all = new BitSet();
            after.forEach((id, slots) -> {
                assertThat(slots.cardinality())
                        .isBetween(
                                (int) (2_000 * weights.getOrDefault(id, 0.0) / sum),
                                (int) (2_000 * weights.getOrDefault(id, 0.0) / sum) + primaries);
                all.or(slots);
            });
            assertThat(all.cardinality()).isEqualTo(2_000);
        }
    }

    @Test
    void slotsAreWrittenAsRanges() {
        assertThat(SlotPlan.parse("0-2,7").cardinality()).isEqualTo(4);
        assertThatThrownBy(() -> SlotPlan.parse("5-1")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> SlotPlan.parse("16384")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> SlotPlan.parse("a")).isInstanceOf(IllegalArgumentException.class);
    }
}

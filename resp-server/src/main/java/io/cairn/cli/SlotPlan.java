package io.cairn.cli;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Which slots go where so that primaries have as many as their weights say. Pure. */
final class SlotPlan {
    static final int SLOTS = 16_384;

    private SlotPlan() {}

    /** Slots of one primary that go to another. */
    record Move(String from, String to, BitSet slots) {
        /** "0-99 200". */
        String ranges() {
            StringBuilder text = new StringBuilder();
            for (int first = slots.nextSetBit(0); first >= 0; first = slots.nextSetBit(slots.nextClearBit(first))) {
                int last = slots.nextClearBit(first) - 1;
                text.append(text.length() == 0 ? "" : " ").append(first);
                if (last > first) {
                    text.append('-').append(last);
                }
            }
            return text.toString();
        }

        /** Pairs of first and last slot. */
        List<String> pairs() {
            List<String> words = new ArrayList<>();
            for (int first = slots.nextSetBit(0); first >= 0; first = slots.nextSetBit(slots.nextClearBit(first))) {
                words.add(Integer.toString(first));
                words.add(Integer.toString(slots.nextClearBit(first) - 1));
            }
            return words;
        }
    }

    /**
     * Moves as few slots as possible.
     *
     * @param owned slots by primary
     * @param weights by primary; 0 leaves it none
     * @param thresholdPercent nothing moves while all are closer than this to what they should have
     */
    static List<Move> balance(Map<String, BitSet> owned, Map<String, Double> weights, double thresholdPercent) {
        double sum = owned.keySet().stream()
                .mapToDouble(id -> weights.getOrDefault(id, 1.0))
                .sum();
        if (sum <= 0) {
            throw new IllegalArgumentException("all weights are 0: somebody must have the slots");
        }
        int total = owned.values().stream().mapToInt(BitSet::cardinality).sum();
        Map<String, Integer> wanted = shares(owned, weights, sum, total);
        boolean close = true;
        for (Map.Entry<String, BitSet> primary : owned.entrySet()) {
            int share = wanted.getOrDefault(primary.getKey(), 0);
            int off = Math.abs(primary.getValue().cardinality() - share);
            close &= share == 0 ? off == 0 : off * 100.0 / share <= thresholdPercent;
        }
        return close ? List.of() : moves(owned, wanted);
    }

    /** Whole slots that add up; the first ones get what is left over. */
    private static Map<String, Integer> shares(
            Map<String, BitSet> owned, Map<String, Double> weights, double sum, int total) {
        Map<String, Integer> wanted = new TreeMap<>();
        int given = 0;
        for (String id : owned.keySet()) {
            int share = (int) (total * weights.getOrDefault(id, 1.0) / sum);
            wanted.put(id, share);
            given += share;
        }
        List<String> byRoom = new ArrayList<>();
        owned.entrySet().stream()
                .filter(one -> weights.getOrDefault(one.getKey(), 1.0) > 0)
                .sorted(Comparator.comparingInt(one ->
                        wanted.getOrDefault(one.getKey(), 0) - one.getValue().cardinality()))
                .forEach(one -> byRoom.add(one.getKey()));
        for (int i = 0; given < total; i = (i + 1) % byRoom.size()) {
            wanted.merge(byRoom.get(i), 1, Integer::sum);
            given++;
        }
        return wanted;
    }

    private static List<Move> moves(Map<String, BitSet> owned, Map<String, Integer> wanted) {
        List<Move> moves = new ArrayList<>();
        Map<String, Integer> lacks = new TreeMap<>();
        owned.forEach((id, slots) -> {
            int lack = wanted.getOrDefault(id, 0) - slots.cardinality();
            if (lack > 0) {
                lacks.put(id, lack);
            }
        });
        for (Map.Entry<String, BitSet> primary : owned.entrySet()) {
            BitSet left = (BitSet) primary.getValue().clone();
            int surplus = left.cardinality() - wanted.getOrDefault(primary.getKey(), 0);
            for (Map.Entry<String, Integer> to : lacks.entrySet()) {
                int count = Math.min(surplus, to.getValue());
                if (count <= 0) {
                    continue;
                }
                // From the end: what stays is one piece more often.
                BitSet part = new BitSet(SLOTS);
                for (int i = 0; i < count; i++) {
                    int slot = left.length() - 1;
                    left.clear(slot);
                    part.set(slot);
                }
                surplus -= count;
                to.setValue(to.getValue() - count);
                moves.add(new Move(primary.getKey(), to.getKey(), part));
            }
        }
        return moves;
    }

    /** "0-99,200" as slots. @throws IllegalArgumentException for anything else */
    static BitSet parse(String text) {
        BitSet slots = new BitSet(SLOTS);
        for (String part : text.split(",", -1)) {
            int dash = part.indexOf('-');
            int first;
            int last;
            try {
                first = Integer.parseInt(dash < 0 ? part : part.substring(0, dash));
                last = dash < 0 ? first : Integer.parseInt(part.substring(dash + 1));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("not slots: '" + text + "'", e);
            }
            if (first < 0 || last >= SLOTS || first > last) {
                throw new IllegalArgumentException("not slots: '" + part + "'");
            }
            slots.set(first, last + 1);
        }
        return slots;
    }
}

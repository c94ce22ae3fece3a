package io.cairn.keyspace.collection;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Memory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SortedSetTest {
    private record Entry(double score, String member) {}

    private static final Comparator<Entry> ORDER =
            Comparator.comparingDouble(Entry::score).thenComparing(Entry::member);

    private final long scratch = Memory.allocate(64);

    private int put(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        Memory.copy(bytes, 0, scratch, bytes.length);
        return bytes.length;
    }

    private static String member(SortedView set, long at) {
        return new String(Memory.bytes(set.member(at), set.length(at)), StandardCharsets.ISO_8859_1);
    }

    private static void same(SortedView set, Set<Entry> model) {
        assertThat(set.size()).isEqualTo(model.size());
        long at = set.first();
        long before = SortedView.NONE;
        long rank = 0;
        for (Entry entry : model) {
            assertThat(member(set, at)).isEqualTo(entry.member);
            assertThat(set.score(at)).isEqualTo(entry.score);
            assertThat(set.previous(at)).isEqualTo(before);
            assertThat(set.rank(at)).isEqualTo(rank);
            assertThat(set.at(rank)).isEqualTo(at);
            before = at;
            at = set.next(at);
            rank++;
        }
        assertThat(at).isEqualTo(SortedView.NONE);
        assertThat(set.last()).isEqualTo(before);
    }

    @Test
    void randomChangesAgreeWithAModel() {
        for (int seed = 1; seed <= 5; seed++) {
            Random random = new Random(seed);
            SortedSet set = new SortedSet();
            TreeSet<Entry> model = new TreeSet<>(ORDER);
            Map<String, Double> scores = new HashMap<>();
            long empty = set.usedBytes();
            for (int i = 0; i < 20_000; i++) {
                String member = "m" + random.nextInt(i % 8000 < 5000 ? 3000 : 40);
                double score = random.nextInt(50) / 2.0;
                int length = put(member);
                long at = set.find(scratch, length);
                assertThat(at != SortedView.NONE).isEqualTo(scores.containsKey(member));
                if (at == SortedView.NONE) {
                    set.add(scratch, length, score);
                } else if (random.nextInt(3) == 0 || i % 8000 >= 5000) {
                    set.remove(at);
                    model.remove(new Entry(Objects.requireNonNull(scores.remove(member)), member));
                    continue;
                } else {
                    set.setScore(at, score);
                    model.remove(new Entry(Objects.requireNonNull(scores.get(member)), member));
                }
                model.add(new Entry(score, member));
                scores.put(member, score);
                if (i % 2500 == 0) {
                    same(set, model);
                }
            }
            same(set, model);
            SortedSet copy = set.copy();
            same(copy, model);
            copy.release();
            removeByRank(set, model, random);
            set.removeRange(0, set.size());
            assertThat(set.first()).isEqualTo(SortedView.NONE);
            assertThat(set.usedBytes()).isLessThan(empty + 10_000);
            set.release();
        }
    }

    private static void removeByRank(SortedSet set, Set<Entry> model, Random random) {
        for (int i = 0; i < 20; i++) {
            List<Entry> all = new ArrayList<>(model);
            int from = random.nextInt(all.size());
            int number = random.nextInt(30);
            set.removeRange(from, number);
            model.removeAll(Set.copyOf(all.subList(from, Math.min(all.size(), from + number))));
        }
        same(set, model);
    }

    @Test
    void rangesAgreeWithAModelInBothForms() {
        Random random = new Random(3);
        for (int round = 0; round < 60; round++) {
            SortedSet set = new SortedSet();
            ListpackBuilder packed = new ListpackBuilder();
            TreeSet<Entry> model = new TreeSet<>(ORDER);
            boolean equalScores = round % 2 == 0;
            Set<String> members = new HashSet<>();
            for (int i = 0; i < 40; i++) {
                String member =
                        random.nextBoolean() ? Integer.toString(random.nextInt(200)) : "x" + random.nextInt(100);
                if (members.add(member)) {
                    model.add(new Entry(equalScores ? 1 : random.nextInt(10), member));
                }
            }
            for (Entry entry : model) {
                set.add(scratch, put(entry.member), entry.score);
                PackedSortedSet.append(packed, scratch, put(entry.member), entry.score);
            }
            try (PackedSortedSet view = new PackedSortedSet(packed.address())) {
                assertThat(PackedSortedSet.valid(packed.address())).isTrue();
                same(view, model);
                for (int i = 0; i < 40; i++) {
                    SortedRange.OfScores scores = new SortedRange.OfScores(
                            random.nextInt(12) - 1, random.nextBoolean(), random.nextInt(12) - 1, random.nextBoolean());
                    compare(set, view, model, scores);
                    int length = put(random.nextBoolean() ? "1" + random.nextInt(30) : "x" + random.nextInt(100));
                    SortedRange.Bound bound = new SortedRange.Bound(0, scratch, length, random.nextBoolean());
                    SortedRange.Bound all = new SortedRange.Bound(random.nextBoolean() ? 1 : -1, 0, 0, true);
                    SortedRange members2 = random.nextBoolean()
                            ? new SortedRange.OfMembers(bound, all)
                            : new SortedRange.OfMembers(all, bound);
                    if (equalScores) {
                        compare(set, view, model, members2);
                    } else {
                        // Meaningless, but the same in both forms and whatever the levels are.
                        assertThat(set.countBelow(members2)).isEqualTo(view.countBelow(members2));
                        assertThat(set.countUpTo(members2)).isEqualTo(view.countUpTo(members2));
                    }
                }
            }
            packed.close();
            set.release();
        }
    }

    private static void compare(SortedView set, SortedView packed, Set<Entry> model, SortedRange range) {
        long other = Memory.allocate(64);
        long below = 0;
        long upTo = 0;
        for (Entry entry : model) {
            byte[] bytes = entry.member.getBytes(StandardCharsets.ISO_8859_1);
            Memory.copy(bytes, 0, other, bytes.length);
            below += range.isBelow(entry.score, other, bytes.length) ? 1 : 0;
            upTo += range.isAbove(entry.score, other, bytes.length) ? 0 : 1;
        }
        Memory.free(other, 64);
        assertThat(List.of(set.countBelow(range), set.countUpTo(range))).isEqualTo(List.of(below, upTo));
        assertThat(List.of(packed.countBelow(range), packed.countUpTo(range))).isEqualTo(List.of(below, upTo));
    }

    @Test
    void aScanVisitsWhatIsThereThroughout() {
        Random random = new Random(4);
        SortedSet set = new SortedSet();
        Set<String> throughout = new HashSet<>();
        for (int i = 0; i < 3000; i++) {
            throughout.add("t" + i);
            set.add(scratch, put("t" + i), random.nextInt(5));
        }
        Set<String> seen = new HashSet<>();
        long cursor = 0;
        int steps = 0;
        do {
            cursor = set.scan(cursor, 10, at -> seen.add(member(set, at)));
            // It grows to ten times its size and shrinks again.
            for (int i = 0; i < 200; i++) {
                int length = put("x" + (steps * 200 + i) % 27_000);
                long at = set.find(scratch, length);
                if (at == SortedView.NONE) {
                    set.add(scratch, length, 1);
                } else {
                    set.remove(at);
                }
            }
            steps++;
        } while (cursor != 0);
        assertThat(seen).containsAll(throughout);
        set.release();
    }

    @Test
    void theMemoryAccountIsThatOfWhatIsThere() {
        SortedSet set = new SortedSet();
        List<String> members = new ArrayList<>();
        long empty = set.usedBytes();
        for (int i = 0; i < 5000; i++) {
            members.add("member" + i);
            set.add(scratch, put("member" + i), i % 7);
        }
        assertThat(set.usedBytes() - empty).isBetween(5000L * 56, 5000L * 120);
        Collections.shuffle(members, new Random(1));
        for (String member : members) {
            set.remove(set.find(scratch, put(member)));
        }
        assertThat(set.usedBytes()).isEqualTo(empty);
        set.release();
    }

    @Test
    void damagedListpacksAreNoSortedSets() {
        assertThat(valid("a", "1", "b", "2")).isTrue();
        assertThat(valid("b", "1", "a", "2", "c", "1e+23")).isTrue();
        assertThat(valid()).isFalse();
        assertThat(valid("a")).isFalse();
        assertThat(valid("a", "1", "b")).isFalse();
        assertThat(valid("a", "2", "b", "1")).isFalse();
        assertThat(valid("b", "1", "a", "1")).isFalse();
        assertThat(valid("a", "1", "a", "2")).isFalse();
        assertThat(valid("a", "x")).isFalse();
        assertThat(valid("a", "nan")).isFalse();
        List<String> many = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            many.addAll(List.of("m" + i, Integer.toString(i)));
        }
        assertThat(valid(many.toArray(new String[0]))).isTrue();
        many.set(998, "m7");
        assertThat(valid(many.toArray(new String[0]))).isFalse();
    }

    private boolean valid(String... elements) {
        try (ListpackBuilder builder = new ListpackBuilder()) {
            for (String element : elements) {
                builder.append(scratch, put(element));
            }
            return PackedSortedSet.valid(builder.address());
        }
    }
}

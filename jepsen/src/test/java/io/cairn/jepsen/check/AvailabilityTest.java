package io.cairn.jepsen.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.MAP;

import io.cairn.jepsen.history.FaultWindow;
import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.resp.HashSlot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AvailabilityTest {
    private static final long MS = 1_000_000;
    /** A tag of the lower half of the slots and one of the upper half. */
    private static final String LOW = HashSlot.keyIn("", slot -> slot < 8192);

    private static final String HIGH = HashSlot.keyIn("", slot -> slot >= 8192);
    private static final List<List<Object>> HALVES = List.of(List.of(0, 8191, "low"), List.of(8192, 16383, "high"));

    private final List<Operation> operations = new ArrayList<>();
    private final List<FaultWindow> faults = new ArrayList<>();
    private final Map<String, Object> about = new HashMap<>(Map.of("shards", HALVES));

    private void operation(String key, long callMs, long retMs, Outcome outcome) {
        operations.add(new Operation(0, "incr", key, 1L, 1L, callMs * MS, retMs * MS, outcome, null, null));
    }

    /** One operation after the other, {@code everyMs} apart, of 1 ms each. */
    private void traffic(String key, long fromMs, long toMs, long everyMs, Outcome outcome) {
        for (long at = fromMs; at < toMs; at += everyMs) {
            operation(key, at, at + 1, outcome);
        }
    }

    private FaultWindow fault(String kind, long beginMs, long struckMs, long healingMs, long healedMs) {
        FaultWindow fault = new FaultWindow(
                kind, "P1", List.of(0), beginMs * MS, struckMs * MS, healingMs * MS, healedMs * MS, true, "seen");
        faults.add(fault);
        return fault;
    }

    private Finding check() {
        return new Availability().check(history());
    }

    private History history() {
        return new History(about, operations, faults, List.of());
    }

    @Test
    void gapRunsFromBeginToTheReturnOfTheFirstAnswerToAQuestionAskedAfterTheStrike() {
        traffic(LOW, 0, 1_000, 10, Outcome.OK);
        operation(LOW, 1_005, 1_300, Outcome.OK); // asked before the strike: says nothing
        traffic(LOW, 1_020, 1_700, 10, Outcome.FAIL);
        operation(LOW, 1_500, 1_710, Outcome.OK);
        operation(LOW, 1_400, 1_730, Outcome.OK);
        traffic(LOW, 1_740, 9_000, 10, Outcome.OK);
        traffic(HIGH, 0, 9_000, 10, Outcome.OK);
        fault("kill-one", 1_002, 1_010, 5_000, 5_100);

        Availability.Felt felt = Availability.felt(history()).get(0);
        assertThat(felt.gap()).isEqualTo(708 * MS);
        assertThat(felt.longest()).isEqualTo(708 * MS);
        assertThat(felt.recovery()).isEqualTo(1 * MS);
        assertThat(felt.undecided()).isZero();
        assertThat(check().problems()).isEmpty();
    }

    @Test
    void longestSilenceMayComeLaterThanTheFirstAnswer() {
        traffic(LOW, 0, 2_000, 10, Outcome.OK);
        traffic(LOW, 2_000, 2_900, 10, Outcome.INFO);
        traffic(LOW, 2_900, 9_000, 10, Outcome.OK);
        traffic(HIGH, 0, 9_000, 10, Outcome.OK);
        fault("flapping", 1_000, 1_000, 5_000, 5_001);

        Availability.Felt felt = Availability.felt(history()).get(0);
        assertThat(felt.gap()).isEqualTo(1 * MS);
        assertThat(felt.longest()).isEqualTo(2_901 * MS - 1_991 * MS);
    }

    @Test
    void aShardThatNeverServesAgainIsAProblem() {
        traffic(LOW, 0, 50_000, 10, Outcome.OK);
        traffic(HIGH, 0, 1_000, 10, Outcome.OK);
        traffic(HIGH, 1_000, 50_000, 10, Outcome.FAIL);
        fault("kill-all", 1_000, 1_001, 4_000, 4_000);

        Finding finding = check();
        assertThat(finding.valid()).isFalse();
        assertThat(finding.problems())
                .singleElement()
                .asString()
                .contains("shard high served nothing in the 46.0 s after kill-all (P1) was healed at 4.000 s");
    }

    @Test
    void aShardThatServesAgainTooLateIsAProblem() {
        about.put("recoverySeconds", 5);
        traffic(HIGH, 0, 1_000, 10, Outcome.OK);
        traffic(HIGH, 1_000, 12_000, 10, Outcome.FAIL);
        traffic(HIGH, 12_000, 20_000, 10, Outcome.OK);
        fault("kill-all", 1_000, 1_001, 4_000, 4_000);

        assertThat(check().problems()).singleElement().asString().contains("served again only 8.0 s after");
        about.put("recoverySeconds", 9);
        assertThat(check().valid()).isTrue();
    }

    @Test
    void aFaultThatLeavesAQuorumMustBeServedThrough() {
        traffic(LOW, 0, 40_000, 10, Outcome.OK);
        traffic(HIGH, 0, 1_000, 10, Outcome.OK);
        traffic(HIGH, 1_000, 15_000, 10, Outcome.FAIL);
        traffic(HIGH, 15_000, 40_000, 10, Outcome.OK);
        fault("isolate-one", 1_000, 1_010, 14_000, 14_010);

        assertThat(check().valid()).isTrue();
        about.put("quorumLeft", Map.of("isolate-one", true, "halves", false));
        assertThat(check().problems())
                .singleElement()
                .asString()
                .contains("shard high served nothing in the 13.0 s in which isolate-one");
        about.put("quorumLeft", Map.of("isolate-one", false));
        assertThat(check().valid()).isTrue();
        assertThat(Availability.felt(history()).get(0).gap()).isNull();
    }

    @Test
    void aShardThatWasNotServedThroughAShortFaultIsUndecided() {
        about.put("quorumLeft", Map.of("isolate-one", true));
        traffic(LOW, 0, 40_000, 10, Outcome.OK);
        traffic(HIGH, 0, 1_000, 10, Outcome.OK);
        operation(HIGH, 1_005, 5_000, Outcome.OK); // called before the strike: no service
        traffic(HIGH, 1_020, 6_000, 10, Outcome.FAIL);
        traffic(HIGH, 6_000, 40_000, 10, Outcome.OK);
        fault("isolate-one", 1_000, 1_010, 6_000, 6_010);

        Finding finding = check();
        assertThat(finding.problems()).isEmpty();
        assertThat(finding.figures()).containsEntry("undecided", 1);
    }

    @Test
    void aFaultThatOverlapsAnotherIsNotJudgedByItself() {
        about.put("quorumLeft", Map.of("isolate-one", true));
        traffic(LOW, 0, 1_000, 10, Outcome.OK);
        traffic(LOW, 1_000, 15_000, 10, Outcome.FAIL);
        traffic(LOW, 15_000, 40_000, 10, Outcome.OK);
        fault("isolate-one", 1_000, 1_010, 14_000, 14_010);
        fault("kill-one", 5_000, 5_010, 14_500, 14_510);

        Finding finding = check();
        assertThat(finding.problems()).isEmpty();
        assertThat(finding.figures()).containsEntry("undecided", 2); // while it lasted, and after it
    }

    @Test
    void timeInWhichNobodyAsksIsNoOutage() {
        traffic(LOW, 0, 1_000, 10, Outcome.OK);
        operation(LOW, 21_000, 21_005, Outcome.OK);
        operation(LOW, 60_000, 60_005, Outcome.OK);
        about.put("quorumLeft", Map.of("isolate-one", true));
        about.put("recoverySeconds", 5);
        fault("isolate-one", 1_000, 1_000, 20_000, 20_000);
        fault("isolate-one", 30_000, 30_000, 50_000, 50_000);

        assertThat(check().valid()).isTrue();
        List<Availability.Felt> felt = Availability.felt(history());
        assertThat(felt.get(0).gap()).isNull();
        assertThat(felt.get(0).recovery()).isEqualTo(5 * MS);
        assertThat(felt.get(1).longest()).isZero();
    }

    @Test
    void aMomentaryFaultHasItsGapFromTheFirstAnswerAfterIt() {
        traffic(LOW, 0, 1_000, 10, Outcome.OK);
        traffic(LOW, 1_005, 1_200, 10, Outcome.FAIL);
        traffic(LOW, 1_200, 3_000, 10, Outcome.OK);
        fault("transfer", 1_000, 1_002, 1_002, 1_002);

        assertThat(Availability.felt(history()).get(0).gap()).isEqualTo(201 * MS);
    }

    @Test
    void nothingServedOrNothingAskedInTheWholeRunIsAProblem() {
        assertThat(check().problems()).containsExactly("nobody asked anything in the whole run");
        traffic(LOW, 0, 100, 10, Outcome.INFO);
        assertThat(check().problems()).containsExactly("shard low served none of 10 operations in the whole run");
        assertThat(check().figures()).containsEntry("unasked", List.of("high"));
    }

    @Test
    void plainTagsAndTagsInBracesAreOfOneShard() {
        Shards shards = new Shards(history());
        for (String tag : List.of("a", "bank:3", "42")) {
            operations.clear();
            operation(tag, 0, 1, Outcome.OK);
            operation("{" + tag + "}", 0, 1, Outcome.OK);
            operation("list{" + tag + "}7", 0, 1, Outcome.OK);
            assertThat(operations.stream().map(shards::of).distinct()).hasSize(1);
        }
    }

    @Test
    void spreadsAreByKindAndOfConfirmedFaultsAlone() {
        about.remove("shards");
        SplittableRandom random = new SplittableRandom(7);
        List<Long> gaps = new ArrayList<>();
        long at = 1_000;
        traffic("k", 0, at, 10, Outcome.OK);
        for (int i = 0; i < 21; i++) {
            long gap = random.nextLong(20, 1_800);
            fault("kill-one", at, at + 5, at + 4_000, at + 4_000);
            gaps.add(gap);
            traffic("k", at + 6, at + gap - 1, 10, Outcome.FAIL);
            traffic("k", at + gap - 1, at + 6_000, 10, Outcome.OK);
            at += 6_000;
        }
        faults.add(new FaultWindow(
                "kill-one", "P2", List.of(1), 200 * MS, 201 * MS, 300 * MS, 301 * MS, false, "it was still there"));

        gaps.sort(null);
        assertThat(check().figures())
                .extractingByKey("byKind", MAP)
                .extractingByKey("kill-one", MAP)
                .containsEntry("injections", 22)
                .containsEntry("confirmed", 21)
                .extractingByKey("gap", MAP)
                .containsEntry("count", 21)
                .containsEntry("minMillis", gaps.get(0))
                .containsEntry("medianMillis", gaps.get(10))
                .containsEntry("p90Millis", gaps.get(18))
                .containsEntry("maxMillis", gaps.get(20))
                .containsEntry("allMillis", gaps);
    }
}

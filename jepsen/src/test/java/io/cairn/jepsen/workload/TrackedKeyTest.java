package io.cairn.jepsen.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.resp.Reply;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What the checks must see. A check that sees nothing proves nothing. */
class TrackedKeyTest {
    private static final String A = "w000-0000000001.";
    private static final String B = "w000-0000000002.";
    private static final String C = "w001-0000000001.";

    private final Violations violations = new Violations();

    @Test
    void counterBetweenAcknowledgedAndAcknowledgedPlusUnknownIsFine() {
        CounterKey key = twoAcknowledgedOneUnknown();
        key.check(bulk("2"), violations);
        key.check(bulk("3"), violations);
        assertThat(violations.first()).isEmpty();
    }

    @Test
    void counterBelowItsAcknowledgedWritesIsSeen() {
        twoAcknowledgedOneUnknown().check(bulk("1"), violations);
        assertThat(violations.count()).isPositive();
    }

    @Test
    void counterThatWasCountedTwiceIsSeen() {
        twoAcknowledgedOneUnknown().check(bulk("4"), violations);
        assertThat(violations.first()).singleElement().asString().contains("is 4, with 2");
    }

    @Test
    void missingCounterIsSeen() {
        twoAcknowledgedOneUnknown().check(new Reply.Nil(), violations);
        assertThat(violations.count()).isPositive();
    }

    @Test
    void sameReplyToTwoIncrementsIsSeen() {
        CounterKey key = new CounterKey("c");
        key.wrote(A, "w", proven(0), new Reply.Int(1), violations);
        key.wrote(B, "w", proven(0), new Reply.Int(1), violations);
        assertThat(violations.first()).singleElement().asString().contains("both told 1");
    }

    @Test
    void readBelowWhatWasProvenIsSeen() {
        CounterKey key = twoAcknowledgedOneUnknown();
        key.read("r", key.floor(), bulk("2"), violations);
        assertThat(violations.first()).isEmpty();
        key.read("r", key.floor(), bulk("1"), violations);
        assertThat(violations.first()).singleElement().asString().contains("stale");
    }

    @Test
    void readRaisesTheFloorForLaterReads() {
        CounterKey key = twoAcknowledgedOneUnknown();
        key.read("r", key.floor(), bulk("3"), violations);
        key.read("r", key.floor(), bulk("2"), violations);
        assertThat(violations.count()).isEqualTo(1);
    }

    @Test
    void replyToAWriteBelowWhatWasProvenIsSeen() {
        CounterKey key = twoAcknowledgedOneUnknown();
        key.wrote(C, "w", key.floor(), new Reply.Int(2), violations);
        assertThat(violations.first()).anySatisfy(v -> assertThat(v).contains("though 2 was proven"));
    }

    @Test
    void tokensInPlaceAreFine() {
        AppendKey key = appended();
        key.check(bulk(A + B), violations);
        key.check(bulk(A + B + C), violations);
        assertThat(violations.first()).isEmpty();
    }

    @Test
    void lostTokenIsSeen() {
        appended().check(bulk(A), violations);
        assertThat(violations.first()).singleElement().asString().contains("lost the acknowledged token " + B);
    }

    @Test
    void doubledTokenIsSeen() {
        appended().check(bulk(A + B + A), violations);
        assertThat(violations.first()).singleElement().asString().contains("twice");
    }

    @Test
    void strangeTokenIsSeen() {
        appended().check(bulk(A + B + "w009-0000000009."), violations);
        assertThat(violations.first()).singleElement().asString().contains("nobody was told");
    }

    @Test
    void reorderedTokensAreSeen() {
        appended().check(bulk(B + A), violations);
        assertThat(violations.count()).isEqualTo(2);
    }

    @Test
    void tornValueIsSeen() {
        appended().check(bulk(A + B + "w0"), violations);
        assertThat(violations.first()).singleElement().asString().contains("whole number");
    }

    private CounterKey twoAcknowledgedOneUnknown() {
        CounterKey key = new CounterKey("c");
        key.wrote(A, "w", proven(0), new Reply.Int(1), violations);
        key.wrote(B, "w", proven(1), new Reply.Int(2), violations);
        key.lost(C);
        return key;
    }

    private AppendKey appended() {
        AppendKey key = new AppendKey("a");
        key.wrote(A, "w", proven(0), new Reply.Int(16), violations);
        key.wrote(B, "w", proven(16), new Reply.Int(32), violations);
        key.lost(C);
        return key;
    }

    private static TrackedKey.Floor proven(long value) {
        return new TrackedKey.Floor(value, "w");
    }

    private static Reply bulk(String text) {
        return new Reply.Bulk(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}

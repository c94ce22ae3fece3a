package io.cairn.mode;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.List;
import org.junit.jupiter.api.Test;

class HistoryTest {
    private final ArrayDeque<String> ids = new ArrayDeque<>(List.of("a", "b", "c"));
    private final History history = new History(ids::remove);

    @Test
    void whoHasApartOfTheHistoryBeforeAPromotionMayGoOn() {
        history.adopt("p", 100);
        history.shift();
        assertThat(history.id()).isEqualTo("b");
        assertThat(history.contains("p", 101)).isTrue();
        assertThat(history.contains("p", 102))
                .as("it has what this node never had")
                .isFalse();
        history.grow(50);
        assertThat(history.contains("p", 102))
                .as("these bytes are of another history")
                .isFalse();
        assertThat(history.contains("b", 140)).isTrue();
    }

    @Test
    void aNewHistoryHasNoPast() {
        history.adopt("p", 100);
        history.begin();
        assertThat(history.contains("p", 50)).isFalse();
        assertThat(history.secondId()).isEqualTo(History.NO_ID);
        assertThat(history.secondOffset()).isEqualTo(-1);
    }

    @Test
    void aRestartedPrimaryGoesOnWithThoseWhoHaveNoMoreThanItsFile() {
        history.restore("old", 70);
        assertThat(history.id()).isEqualTo("b");
        assertThat(history.offset()).isEqualTo(70);
        assertThat(history.contains("old", 71)).isTrue();
        assertThat(history.contains("old", 72)).isFalse();
    }
}

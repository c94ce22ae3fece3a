package io.cairn.mode;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class SentKeysTest {
    @Test
    void nothingIsMarkedWhileABuildOfOneDatabaseMayBeThere() {
        assertThat(SentKeys.areUsed(1)).isFalse();
        assertThat(SentKeys.areUsed(2)).isTrue();
    }
}

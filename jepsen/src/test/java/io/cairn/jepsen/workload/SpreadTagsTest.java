package io.cairn.jepsen.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.resp.HashSlot;
import org.junit.jupiter.api.Test;

class SpreadTagsTest {
    @Test
    void tagsVisitTheRangesInTurn() {
        SpreadTags tags = new SpreadTags("run", 3);
        for (int i = 0; i < 300; i++) {
            SpreadTags.Tag tag = tags.next();
            assertThat(tag.slot() * 3 / HashSlot.COUNT).isEqualTo(i % 3);
            assertThat(HashSlot.of(tag.key(":x"))).isEqualTo(tag.slot());
        }
    }
}

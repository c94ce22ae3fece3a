package io.cairn.jepsen.nemesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class GapTableTest {
    @Test
    void medianIsOfStruckPrimariesOfThatKindOnly() {
        GapTable table = new GapTable(List.of(
                new Gap("kill -9", "shard 0", true, 300),
                new Gap("kill -9", "shard 1", true, 100),
                new Gap("kill -9", "shard 2", true, 200),
                new Gap("kill -9", "shard 2", false, 1),
                new Gap("SIGSTOP", "shard 0", true, 900)));
        assertThat(table.medianMillis("kill -9")).isEqualTo(200);
        assertThat(table.medianMillis("SIGSTOP")).isEqualTo(900);
        assertThat(table.medianMillis("none")).isNaN();
        assertThat(table.markdown()).contains("| kill -9 | yes | 3 | 100 | 200 | 300 | 300 |");
    }
}

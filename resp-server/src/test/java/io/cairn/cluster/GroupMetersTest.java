package io.cairn.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.aof.LogStats;
import io.cairn.raft.group.GroupStatus;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A node that comes to have another shard reports that one, under its own id. */
final class GroupMetersTest {
    private static final LogStats LOG = new LogStats(0, 0, 0, 0, 0, 0);

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final GroupMeters shard = new GroupMeters(registry, Tags.of("node", "7001"), "shard");
    private final GroupMeters meta = new GroupMeters(registry, Tags.of("node", "7001"), "meta");

    private static GroupStatus status(long term) {
        return new GroupStatus("g", "LEADER", term, "a", 1, 1, 1, 1, List.of("a"), List.of(), Map.of(), 1, 0);
    }

    private double term(String shardId) {
        return registry.get("cairn_raft_term").tags("shard", shardId).gauge().value();
    }

    @Test
    void theMetersOfAShardEndWithTheReplica() {
        meta.read("", status(2), LOG);
        shard.read("one", status(5), LOG);
        assertThat(term("one")).isEqualTo(5);
        int meters = registry.getMeters().size();
        shard.read("one", status(6), LOG);
        assertThat(registry.getMeters()).hasSize(meters);
        assertThat(term("one")).isEqualTo(6);

        shard.read("two", status(9), LOG);
        assertThat(registry.getMeters()).hasSize(meters);
        assertThat(term("two")).isEqualTo(9);
        assertThat(registry.find("cairn_raft_term").tags("shard", "one").gauge())
                .isNull();

        shard.none();
        assertThat(registry.find("cairn_raft_term").tags("group", "shard").gauge())
                .isNull();
        assertThat(term("")).isEqualTo(2);
        shard.read("two", status(10), LOG);
        assertThat(registry.getMeters()).hasSize(meters);
        assertThat(term("two")).isEqualTo(10);
    }
}

package io.cairn.raft.shards;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.meta.Nodes;
import io.cairn.raft.meta.Shard;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class LeaderBalanceTest {
    /** Shard s has its voters in the named domains; node id = shard * 10 + domain. */
    private final List<Shard> shards = new ArrayList<>();

    private final Map<String, String> leaders = new HashMap<>();
    private final Map<String, String> domains = new HashMap<>();

    private void shard(int number, int leader, int... voters) {
        List<String> ids = new ArrayList<>();
        for (int domain : voters) {
            String id = Nodes.id(number * 10 + domain);
            ids.add(id);
            domains.put(id, "d" + domain);
        }
        Shard shard = new Shard(Nodes.id(1_000 + number), ids, List.of(), ids);
        shards.add(shard);
        leaders.put(shard.id(), Nodes.id(number * 10 + leader));
    }

    private LeaderBalance.@Nullable Move next(Set<String> dead) {
        return LeaderBalance.next(shards, leaders::get, domains::get, id -> !dead.contains(id));
    }

    @Test
    void theBusiestGivesToTheIdlest() {
        shard(1, 1, 1, 2, 3);
        shard(2, 1, 1, 2, 3);
        shard(3, 2, 1, 2, 3);
        LeaderBalance.Move move = Objects.requireNonNull(next(Set.of()));
        assertThat(move).isEqualTo(new LeaderBalance.Move(Nodes.id(1_001), Nodes.id(11), Nodes.id(13)));
        leaders.put(move.shardId(), move.to());
        assertThat(next(Set.of())).isNull();
    }

    @Test
    void theDeadGetNothingAndAShardWithoutALeaderStopsAll() {
        shard(1, 1, 1, 2);
        shard(2, 1, 1, 2);
        assertThat(next(Set.of(Nodes.id(12), Nodes.id(22)))).isNull();
        assertThat(next(Set.of(Nodes.id(12)))).isNotNull();
        leaders.remove(Nodes.id(1_002));
        assertThat(next(Set.of())).isNull();
    }

    @Test
    void aChainIsFoundAndNeverLoadsTheBusiestMore() {
        // Domain 3 can only take shard 3, which domain 2 leads; domain 1 leads two that only 2 can take.
        shard(1, 1, 1, 2);
        shard(2, 1, 1, 2);
        shard(3, 2, 2, 3);
        LeaderBalance.Move first = Objects.requireNonNull(next(Set.of()));
        assertThat(first).isEqualTo(new LeaderBalance.Move(Nodes.id(1_003), Nodes.id(32), Nodes.id(33)));
        leaders.put(first.shardId(), first.to());
        LeaderBalance.Move second = Objects.requireNonNull(next(Set.of()));
        assertThat(second.from()).isEqualTo(Nodes.id(11));
        leaders.put(second.shardId(), second.to());
        assertThat(next(Set.of())).isNull();
    }

    @Test
    void itAlwaysEndsAndEndsBalanced() {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            shards.clear();
            leaders.clear();
            int domainCount = 3 + random.nextInt(5);
            int count = 1 + random.nextInt(20);
            for (int i = 1; i <= count; i++) {
                shard(i, 0, 0, 1, 2);
                // Any leader of the three.
                leaders.put(Nodes.id(1_000 + i), Nodes.id(i * 10 + random.nextInt(3)));
                for (int d = 0; d < 3; d++) {
                    domains.put(Nodes.id(i * 10 + d), "d" + (i + d) % domainCount);
                }
            }
            int moves = 0;
            for (LeaderBalance.Move move = next(Set.of()); move != null; move = next(Set.of())) {
                leaders.put(move.shardId(), move.to());
                assertThat(++moves).isLessThan(100);
            }
            Map<String, Integer> led = new TreeMap<>();
            leaders.values().forEach(leader -> led.merge(domains.getOrDefault(leader, ""), 1, Integer::sum));
            int most = led.values().stream().mapToInt(i -> i).max().orElseThrow();
            assertThat(most)
                    .isLessThanOrEqualTo((count + Math.min(domainCount, count) - 1) / Math.min(domainCount, count) + 1);
        }
    }

    @Test
    void aShardWithAVoterThatLagsIsLeftAlone() {
        assertThat(LeaderBalance.othersKeepUp(status(Map.of("b", 5_000L, "c", 4_000L)), "a"))
                .isTrue();
        assertThat(LeaderBalance.othersKeepUp(status(Map.of("b", 5_000L, "c", 3_999L)), "a"))
                .isFalse();
        assertThat(LeaderBalance.othersKeepUp(status(Map.of("b", 5_000L)), "a")).isFalse();
    }

    private static GroupStatus status(Map<String, Long> matches) {
        return new GroupStatus(
                "g", "LEADER", 2, "a", 1, 5_000, 5_000, 5_000, List.of("a", "b", "c"), List.of(), matches, 0, 0);
    }
}

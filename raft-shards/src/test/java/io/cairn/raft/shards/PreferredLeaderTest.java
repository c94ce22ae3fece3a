package io.cairn.raft.shards;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.meta.NodeDirectory.SeenNode;
import io.cairn.raft.meta.Nodes;
import io.cairn.raft.meta.Shard;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class PreferredLeaderTest {
    private static final String SELF = Nodes.id(2);
    private static final String PREFERRED = Nodes.id(1);
    private static final List<String> VOTERS = List.of(PREFERRED, SELF, Nodes.id(3));

    private final Shard shard = new Shard(Nodes.id(9), VOTERS, List.of(), VOTERS);
    private final List<String> transfers = new ArrayList<>();
    private boolean alive = true;
    private long now = 1_000_000;
    private final PreferredLeader preferred =
            new PreferredLeader(() -> List.of(new SeenNode(PREFERRED, "h", 1, 1, 1, "", "d", "c", alive)), () -> now);

    private void step(long match, boolean settled) {
        step(match, settled, PreferredLeader.YOUNG_ENTRIES);
    }

    private void step(long match, boolean settled, long last) {
        GroupStatus status = new GroupStatus(
                "g", "LEADER", 2, SELF, 1, last, last, last, VOTERS, List.of(), Map.of(PREFERRED, match), 0, 0);
        preferred.step(shard, status, SELF, settled, target -> {
            transfers.add(target);
            return CompletableFuture.completedFuture(null);
        });
    }

    @Test
    void leadershipGoesOnceThePreferredNodeLivedLongEnoughAndThenAfterAPause() {
        step(PreferredLeader.YOUNG_ENTRIES, true);
        assertThat(transfers).isEmpty();
        now += PreferredLeader.ALIVE_MILLIS;
        step(PreferredLeader.YOUNG_ENTRIES, true);
        assertThat(transfers).containsExactly(PREFERRED);
        now += PreferredLeader.PAUSE_MILLIS - 1;
        step(PreferredLeader.YOUNG_ENTRIES, true);
        assertThat(transfers).hasSize(1);
        now += 1;
        step(PreferredLeader.YOUNG_ENTRIES, true);
        assertThat(transfers).hasSize(2);
    }

    @Test
    void aShardThatIsNoLongerYoungKeepsItsLeader() {
        long last = PreferredLeader.YOUNG_ENTRIES + 1;
        step(last, true, last);
        now += PreferredLeader.PAUSE_MILLIS;
        step(last, true, last);
        assertThat(transfers).isEmpty();
    }

    @Test
    void aNodeThatFlapsOrAGroupInAChangeIsLeftAlone() {
        step(PreferredLeader.YOUNG_ENTRIES, true);
        now += PreferredLeader.ALIVE_MILLIS;
        step(PreferredLeader.YOUNG_ENTRIES, false);
        alive = false;
        step(PreferredLeader.YOUNG_ENTRIES, true);
        alive = true;
        step(PreferredLeader.YOUNG_ENTRIES, true);
        now += PreferredLeader.ALIVE_MILLIS - 1;
        step(PreferredLeader.YOUNG_ENTRIES, true);
        assertThat(transfers).isEmpty();
    }
}

package io.cairn.raft.meta;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** By which map a new leader acts. */
final class CurrentMapTest {
    private final MapTester cluster = new MapTester();
    private final List<CompletableFuture<ClusterMap>> asked = new ArrayList<>();
    private final CurrentMap current = new CurrentMap(() -> {
        CompletableFuture<ClusterMap> answer = new CompletableFuture<>();
        asked.add(answer);
        return answer;
    });

    private ClusterMap later() {
        cluster.done(new MetaCommand.SetConfig("name" + cluster.map.version(), "x"));
        return cluster.map;
    }

    @Test
    void aMapIsCurrentOnceItHasWhatWasCommittedWhenTheTermBegan() {
        ClusterMap late = cluster.map;
        ClusterMap committed = later();
        assertThat(current.isCurrent(late, 3)).isFalse();
        assertThat(current.isCurrent(committed, 3)).as("nobody knows yet").isFalse();
        assertThat(asked).hasSize(1);
        asked.get(0).complete(committed);
        assertThat(current.isCurrent(late, 3)).isFalse();
        assertThat(current.isCurrent(committed, 3)).isTrue();
        assertThat(current.isCurrent(later(), 3)).isTrue();
        assertThat(asked).as("once a term").hasSize(1);
    }

    @Test
    void eachTermAsksAnew() {
        current.isCurrent(cluster.map, 3);
        CompletableFuture<ClusterMap> former = asked.get(0);
        assertThat(current.isCurrent(cluster.map, 5)).isFalse();
        assertThat(asked).hasSize(2);
        former.complete(cluster.map);
        assertThat(current.isCurrent(cluster.map, 5))
                .as("the answer to a question of before")
                .isFalse();
        asked.get(1).complete(cluster.map);
        assertThat(current.isCurrent(cluster.map, 5)).isTrue();
        assertThat(current.isCurrent(cluster.map, 7)).isFalse();
    }

    @Test
    void inAnotherClusterVersionsBeginAnew() {
        current.isCurrent(cluster.map, 3);
        asked.get(0).complete(cluster.map);
        assertThat(current.isCurrent(cluster.map, 3)).isTrue();
        ClusterMap other = ClusterMap.EMPTY;
        assertThat(current.isCurrent(other, 3)).isFalse();
        asked.get(1).complete(cluster.map);
        assertThat(current.isCurrent(other, 3))
                .as("the answer of the cluster before")
                .isFalse();
        assertThat(current.isCurrent(other, 3)).isFalse();
        asked.get(2).complete(other);
        assertThat(current.isCurrent(other, 3)).isTrue();
    }

    @Test
    void withoutAnAnswerItAsksAgain() {
        current.isCurrent(cluster.map, 3);
        asked.get(0).completeExceptionally(new IOException("no leader"));
        assertThat(current.isCurrent(cluster.map, 3)).isFalse();
        assertThat(asked).hasSize(2);
        asked.get(1).complete(cluster.map);
        assertThat(current.isCurrent(cluster.map, 3)).isTrue();
    }
}

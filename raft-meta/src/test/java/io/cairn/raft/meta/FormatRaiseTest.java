package io.cairn.raft.meta;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The step from version 1 is made when all members say that they can, now: an announcement may be of a build that is gone. */
final class FormatRaiseTest {
    private final MapTester cluster = new MapTester();
    private final ScriptedHost host = new ScriptedHost();
    private final List<MetaCommand> proposed = new ArrayList<>();
    private long now = 5_000;
    private final FormatRaise raise = new FormatRaise(
            Nodes.id(1),
            host,
            command -> {
                proposed.add(command);
                return CompletableFuture.completedFuture(cluster.apply(command));
            },
            () -> now);

    private void announce(int from) {
        for (ClusterNode node : cluster.map.activeNodes()) {
            if (node.id().compareTo(Nodes.id(from)) >= 0) {
                cluster.done(new MetaCommand.SetConfig(ClusterFormat.PREFIX + node.id(), "2"));
            }
        }
    }

    private void answers(int count) {
        for (int i = 0; i < count; i++) {
            host.answers.add(CompletableFuture.completedFuture(FormatRaise.answer()));
        }
    }

    @Test
    void whoWentBackToABuildThatKnowsNoVersionsIsNotOverrun() {
        announce(2);
        raise.tick(cluster.map);
        assertThat(host.sent).as("the first has announced nothing").isEmpty();
        announce(1);
        answers(9);
        host.answers.add(CompletableFuture.failedFuture(new IOException("unknown message type")));
        raise.tick(cluster.map);
        assertThat(host.sent).hasSize(10).doesNotContain(MessageTypes.FORMAT + " " + Nodes.id(1));
        assertThat(proposed).as("one is an old build now").isEmpty();
        now += FormatRaise.ASK_MILLIS - 1;
        raise.tick(cluster.map);
        assertThat(host.sent).as("no more often").hasSize(10);
        now++;
        answers(10);
        raise.tick(cluster.map);
        assertThat(proposed).containsExactly(new MetaCommand.RaiseFormat(2));
        assertThat(cluster.map.activeFormat()).isEqualTo(2);
        now += FormatRaise.ASK_MILLIS;
        raise.tick(cluster.map);
        assertThat(host.sent).hasSize(20);
    }

    @Test
    void aWordOfThePastCountsForNothing() {
        announce(1);
        answers(9);
        CompletableFuture<byte[]> late = new CompletableFuture<>();
        host.answers.add(late);
        raise.tick(cluster.map);
        now += FormatRaise.FRESH_MILLIS + 1;
        late.complete(FormatRaise.answer());
        assertThat(proposed).isEmpty();
        assertThat(cluster.map.activeFormat()).isEqualTo(1);
    }

    @Test
    void anAnswerThatIsNoneIsNoYes() {
        announce(1);
        answers(9);
        host.answers.add(CompletableFuture.completedFuture(new byte[0]));
        raise.tick(cluster.map);
        assertThat(proposed).isEmpty();
    }
}

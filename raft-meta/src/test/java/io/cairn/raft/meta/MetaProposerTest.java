package io.cairn.raft.meta;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.RaftGroup;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class MetaProposerTest {
    private static final MetaCommand COMMAND = new MetaCommand.SetConfig("a", "b");

    private final ScriptedHost host = new ScriptedHost();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private @Nullable String leader = "leader";

    @AfterEach
    void close() {
        timer.shutdownNow();
    }

    /** A follower's replica: it knows the leader, and proposes nothing. */
    private MetaProposer proposer() {
        RaftGroup follower = (RaftGroup) Proxy.newProxyInstance(
                RaftGroup.class.getClassLoader(),
                new Class<?>[] {RaftGroup.class},
                (proxy, method, args) -> switch (method.getName()) {
                    case "isLeader" -> false;
                    case "leader" -> leader;
                    default -> throw new AssertionError(method);
                });
        return new MetaProposer(
                "self",
                host,
                timer,
                () -> follower,
                () -> List.of("self", "x", "y"),
                propose -> {
                    propose.run();
                    return true;
                },
                () -> 1);
    }

    private void answer(MetaResult result) {
        host.answers.add(CompletableFuture.completedFuture(MetaCodec.encode(result)));
    }

    private static MetaResult get(CompletableFuture<MetaResult> future) throws Exception {
        return future.get(20, TimeUnit.SECONDS);
    }

    @Test
    void aCommandThatWasSurelyNotTakenIsSentAgain() throws Exception {
        answer(MetaResult.notTaken("not the leader"));
        answer(MetaResult.applied(7));
        assertThat(get(proposer().propose(COMMAND))).isEqualTo(MetaResult.applied(7));
        assertThat(host.sent).hasSize(2);
    }

    @Test
    void aCommandWithoutAnAnswerIsUnknownAndNotSentAgain() throws Exception {
        host.answers.add(CompletableFuture.failedFuture(new IOException("connection lost")));
        assertThat(get(proposer().propose(COMMAND)).outcome()).isEqualTo(MetaResult.Outcome.UNKNOWN);
        assertThat(host.sent).hasSize(1);
    }

    @Test
    void anUnknownOutcomeAtTheLeaderIsPassedOn() throws Exception {
        answer(MetaResult.unknown("stepped down"));
        assertThat(get(proposer().propose(COMMAND)).outcome()).isEqualTo(MetaResult.Outcome.UNKNOWN);
        assertThat(host.sent).hasSize(1);
    }

    @Test
    void withoutALeaderOthersAreAskedAndTheTriesAreBounded() throws Exception {
        leader = null;
        for (int i = 0; i < MetaProposer.ATTEMPTS; i++) {
            answer(MetaResult.notTaken("not the leader"));
        }
        assertThat(get(proposer().propose(COMMAND)).outcome()).isEqualTo(MetaResult.Outcome.NOT_TAKEN);
        assertThat(host.sent).hasSize(MetaProposer.ATTEMPTS / 2).allMatch(sent -> !sent.endsWith("self"));
    }

    @Test
    void aFollowerThatIsAskedSaysSoAndDoesNotForward() throws Exception {
        byte[] answer = proposer().answer(MetaCodec.encode(COMMAND)).get(1, TimeUnit.SECONDS);
        assertThat(MetaCodec.decodeResult(answer).outcome()).isEqualTo(MetaResult.Outcome.NOT_TAKEN);
        assertThat(host.sent).isEmpty();
    }

    @Test
    void whatNotEveryMemberUnderstandsIsNotSent() throws Exception {
        MetaResult result = get(proposer().propose(new MetaCommand.Leave("x")));
        assertThat(result.outcome()).isEqualTo(MetaResult.Outcome.NOT_TAKEN);
        assertThat(result.reason()).contains("active version is 1");
        assertThat(host.sent).isEmpty();
    }
}

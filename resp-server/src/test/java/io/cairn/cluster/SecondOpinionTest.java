package io.cairn.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SecondOpinionTest {
    private final Set<String> connected = new HashSet<>(Set.of("a"));
    private final Set<String> members = new HashSet<>(Set.of("a", "b"));
    private final Deque<CompletableFuture<byte[]>> asked = new ArrayDeque<>();
    private final List<String> told = new ArrayList<>();
    private final SecondOpinion opinion = new SecondOpinion(
            connected::contains,
            nodeId -> {
                CompletableFuture<byte[]> answer = new CompletableFuture<>();
                synchronized (asked) {
                    asked.add(answer);
                }
                return answer;
            },
            members::contains,
            (nodeId, alive) -> told.add(nodeId + (alive ? " lives" : " is dead")),
            nodeId -> told.add(nodeId + " is gone"));

    @AfterEach
    void close() {
        opinion.close();
    }

    private CompletableFuture<byte[]> last() {
        synchronized (asked) {
            return asked.getLast();
        }
    }

    @Test
    void aNodeThatAnswersIsNotBelievedToBeGone() {
        opinion.doubted("a");
        assertThat(opinion.confirms("a")).isTrue();
        last().complete(new byte[0]);
        assertThat(opinion.confirms("a")).isTrue();
        assertThat(told).as("nobody is told anything").isEmpty();
        opinion.doubted("a");
        assertThat(asked).as("it is asked once at a time").hasSize(1);
        opinion.trusted("a");
        assertThat(opinion.confirms("a")).isFalse();
        assertThat(told).containsExactly("a lives");
    }

    @Test
    void aNodeThatDoesNotAnswerIsGone() {
        opinion.doubted("a");
        last().completeExceptionally(new IOException("no answer"));
        assertThat(opinion.confirms("a")).isFalse();
        assertThat(told).containsExactly("a is dead", "a is gone");
    }

    @Test
    void aNodeWithoutAConnectionIsGoneUntilItAnswers() {
        opinion.doubted("b");
        assertThat(told).containsExactly("b is dead", "b is gone");
        last().complete(new byte[0]);
        assertThat(opinion.confirms("b")).isTrue();
        assertThat(told).containsExactly("b is dead", "b is gone", "b lives");
    }

    @Test
    void questionsOfAnEarlierDoubtEnd() throws Exception {
        opinion.doubted("a");
        CompletableFuture<byte[]> former = last();
        opinion.trusted("a");
        opinion.doubted("a");
        assertThat(asked).hasSize(2);
        former.completeExceptionally(new IOException("no answer"));
        assertThat(opinion.confirms("a"))
                .as("that was asked before gossip saw it")
                .isTrue();
        Thread.sleep(400);
        synchronized (asked) {
            assertThat(asked).as("one question at a time").hasSize(2);
        }
    }

    @Test
    void nobodyAsksForANodeThatIsNoMember() {
        opinion.doubted("c");
        assertThat(asked).isEmpty();
        assertThat(opinion.confirms("c")).isFalse();
        assertThat(told).containsExactly("c is dead", "c is gone");
    }
}

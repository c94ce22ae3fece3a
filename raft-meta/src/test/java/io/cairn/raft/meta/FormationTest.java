package io.cairn.raft.meta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.raft.meta.NodeDirectory.SeenNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class FormationTest {
    private final ScriptedHost host = new ScriptedHost();
    private final List<SeenNode> seen = new ArrayList<>();
    private final List<Layout> taken = new ArrayList<>();
    private final Layout layout = layout();
    private long now = 1_000_000;
    private @Nullable String objection;
    private final Formation formation = new Formation(Nodes.id(1), host, () -> seen, new RecordingTaker(), () -> now);

    private static Layout layout() {
        try {
            return LayoutPlanner.plan(Nodes.id(0xC1), Nodes.inDomains(1, 1, 1), 2, false);
        } catch (PlanException e) {
            throw new AssertionError(e);
        }
    }

    private void answer(String text) {
        host.answers.add(
                CompletableFuture.completedFuture(new WireWriter().text(text).toBytes()));
    }

    @Test
    void oneObjectionEndsItBeforeAnybodyHasTakenAnything() {
        answer("");
        answer("already in cluster x");
        assertThatThrownBy(() -> formation.ask(layout).get(1, TimeUnit.SECONDS))
                .hasMessageContaining("127.0.0.1:7003: already in cluster x");
        assertThat(taken).isEmpty();
    }

    @Test
    void aLayoutThatCameWhileTheNodesWereAskedIsKept() {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        objection = "already in cluster y";
        formation.begin(layout, done);
        assertThatThrownBy(() -> done.get(1, TimeUnit.SECONDS)).hasMessageContaining("already in cluster y");
        assertThat(taken).isEmpty();
    }

    @Test
    void aNodeThatDoesNotAnswerIsGivenTheLayoutAgainUntilAllHaveIt() throws Exception {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        formation.begin(layout, done);
        assertThat(taken).containsExactly(layout);
        answer("");
        formation.tick(layout, ClusterMap.EMPTY);
        assertThat(host.sent).hasSize(2);
        assertThat(done).isNotDone();
        now += Formation.PUSH_MILLIS;
        answer("");
        formation.tick(layout, ClusterMap.EMPTY);
        assertThat(host.sent).as("only the one that lacks it").hasSize(3);
        done.get(1, TimeUnit.SECONDS);
    }

    @Test
    void whoFormsSaysAfterAWhileWhichNodesLackTheLayout() {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        formation.begin(layout, done);
        now += Formation.FORM_TIMEOUT_MILLIS;
        formation.tick(layout, ClusterMap.EMPTY);
        assertThatThrownBy(() -> done.get(1, TimeUnit.SECONDS))
                .hasMessageContaining("127.0.0.1:7002")
                .hasMessageContaining("127.0.0.1:7003");
    }

    @Test
    void whoHasTheLayoutGivesItToNodesThatGossipShowsWithoutACluster() {
        seen.add(new SeenNode(Nodes.id(2), "127.0.0.1", 7_002, 1, 27_002, "", "b", "", true));
        seen.add(new SeenNode(Nodes.id(3), "127.0.0.1", 7_003, 1, 27_003, "", "c", layout.clusterId(), true));
        formation.tick(layout, ClusterMap.EMPTY);
        assertThat(host.sent).containsExactly(MessageTypes.FORM + " :27002");
    }

    @Test
    void aFormedMapNeedsNoMoreLayouts() {
        seen.add(new SeenNode(Nodes.id(2), "127.0.0.1", 7_002, 1, 27_002, "", "b", "", true));
        formation.tick(
                layout,
                MetaApply.apply(ClusterMap.EMPTY, new MetaCommand.Form(layout), 1)
                        .map());
        assertThat(host.sent).isEmpty();
    }

    @Test
    void askingChangesNothingAndTakingDoes() {
        assertThat(reply(0, Nodes.id(1))).isEmpty();
        assertThat(taken).isEmpty();
        assertThat(reply(1, Nodes.id(1))).isEmpty();
        assertThat(taken).containsExactly(layout);
        objection = "already in cluster y";
        assertThat(reply(1, Nodes.id(1))).isEqualTo("already in cluster y");
        assertThat(reply(1, Nodes.id(2))).contains("another node");
        assertThat(taken).hasSize(1);
    }

    private String reply(int phase, String target) {
        WireWriter out = new WireWriter().u8(1).u8(phase).text(target);
        MetaCodec.writeLayout(out, layout);
        return new WireReader(formation.answer(out.toBytes())).text();
    }

    private final class RecordingTaker implements Formation.Taker {
        @Override
        public @Nullable String objection(Layout asked) {
            return objection;
        }

        @Override
        public void take(Layout given) {
            taken.add(given);
        }
    }
}

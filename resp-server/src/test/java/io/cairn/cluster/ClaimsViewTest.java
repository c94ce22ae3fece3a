package io.cairn.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.gossip.claims.Claim;
import io.cairn.gossip.claims.ClaimSettings;
import io.cairn.gossip.claims.ClaimsAdmin;
import io.cairn.gossip.claims.NodesFile;
import io.cairn.gossip.claims.Place;
import io.cairn.gossip.claims.Saved;
import io.cairn.gossip.claims.SlotSet;
import io.cairn.mode.SlotGuard;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What one node answers for a slot, by what it knows of the cluster. */
final class ClaimsViewTest {
    private static final String SELF = "a".repeat(40);
    private static final String OTHER = "b".repeat(40);
    private static final SlotSet ALL = SlotSet.range(0, SlotSet.SLOTS - 1);
    private static final String DOWN = "CLUSTERDOWN The cluster is down";

    @TempDir
    Path directory;

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
    private boolean needsCoverage = true;
    private boolean readsWhenDown;
    private boolean follows;

    @AfterEach
    void stop() {
        thread.shutdownNow();
    }

    private ClaimsRunner runner(@Nullable Saved saved, boolean dataIsEmpty) throws IOException {
        if (saved != null) {
            NodesFile.write(directory, saved);
        }
        ClaimsRunner runner = new ClaimsRunner(
                new ClaimsRunner.Options(directory, SELF, place(1), false, new Settings(), new NoData(), failure -> {
                    throw new AssertionError(failure);
                }),
                thread,
                message -> {},
                () -> {});
        runner.load(dataIsEmpty);
        return runner;
    }

    private ClaimsView view(ClaimsRunner runner) {
        return new ClaimsView(
                runner,
                () -> needsCoverage,
                () -> readsWhenDown,
                () -> Redirects.EndpointStyle.IP,
                () -> 0,
                () -> follows);
    }

    private static Place place(int number) {
        return new Place("127.0.0.1", 7000 + number, 17_000 + number, "");
    }

    private static void tell(ClaimsRunner runner, Consumer<ClaimsAdmin> words) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        runner.run(admin -> {
            words.accept(admin);
            admin.answer(done::countDown);
        });
        assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
    }

    /** This node with some slots, and another that has the rest, or follows this one. */
    private static Saved saved(SlotSet slots, SlotSet rest) {
        Claim other = new Claim(OTHER, 3, place(2), rest.isEmpty() ? SELF : "", 2, false, 0, false, false, rest);
        Claim self = new Claim(SELF, 3, place(1), "", 1, false, 0, false, false, slots);
        return new Saved(self, List.of(other), 2, 0, "", List.of(), List.of(), Map.of(), Map.of(), List.of());
    }

    @Test
    void aNodeAloneServesWhatItOwnsOnceAllSlotsAreCovered() throws Exception {
        ClaimsRunner runner = runner(null, true);
        ClaimsView view = view(runner);
        assertThat(view.refusal(1, false, false, false)).isEqualTo(DOWN);
        needsCoverage = false;
        tell(
                runner,
                admin -> admin.addSlots(SlotSet.one(1), done -> assertThat(done).isEmpty()));
        assertThat(view.refusal(1, true, false, false)).isNull();
        assertThat(view.refusal(2, true, false, false)).isEqualTo("CLUSTERDOWN Hash slot not served");
        needsCoverage = true;
        assertThat(view.refusal(1, true, false, false)).isEqualTo(DOWN);
        readsWhenDown = true;
        assertThat(view.refusal(1, true, false, false)).startsWith(DOWN + " and only accepts read");
        assertThat(view.refusal(1, false, false, false)).isNull();
        tell(
                runner,
                admin -> admin.addSlots(
                        ALL.minus(SlotSet.one(1)), done -> assertThat(done).isEmpty()));
        assertThat(view.refusal(2, true, false, false)).isNull();
        follows = true;
        assertThat(view.refusal(2, true, false, false)).startsWith("TRYAGAIN");
        assertThat(view.refusal(2, false, false, false)).isNull();
    }

    @Test
    void aPrimaryWithoutItsDataAnswersNobodyNotEvenReads() throws Exception {
        ClaimsView view = view(runner(saved(ALL, SlotSet.NONE), true));
        readsWhenDown = true;
        assertThat(view.refusal(1, false, false, false)).isEqualTo(DOWN);
        assertThat(view.consensusLines()).contains("cluster_data_lost:yes", "cluster_takes_writes:no");
    }

    @Test
    void theOnlyPrimaryWaitsAfterItsStart() throws Exception {
        ClaimsView view = view(runner(saved(ALL, SlotSet.NONE), false));
        assertThat(view.refusal(1, false, false, false)).isEqualTo(DOWN);
        assertThat(view.consensusLines()).contains("cluster_takes_writes:no", "cluster_data_lost:no");
    }

    @Test
    void whoHearsNoMajorityRefusesItsSlotsAndWhatIsImportedToo() throws Exception {
        SlotSet half = SlotSet.range(0, 99);
        ClaimsRunner runner = runner(saved(half, ALL.minus(half)), false);
        ClaimsView view = view(runner);
        // It has just started: nobody is suspected yet, and no majority has answered.
        assertThat(runner.picture().seesMajority()).isTrue();
        assertThat(view.refusal(1, true, false, false)).isEqualTo(DOWN);
        assertThat(view.refusal(200, true, false, false)).isEqualTo("MOVED 200 127.0.0.1:7002");
        tell(runner, admin -> assertThat(admin.importing(200, OTHER)).isNull());
        assertThat(view.state(200)).isEqualTo(SlotGuard.State.IMPORTING);
        assertThat(view.refusal(200, true, false, true)).isEqualTo(DOWN);
        tell(runner, admin -> assertThat(admin.migrating(1, OTHER)).isNull());
        assertThat(view.state(1)).isEqualTo(SlotGuard.State.MIGRATING);
        assertThat(view.ask(1)).isEqualTo("ASK 1 127.0.0.1:7002");
        assertThat(view.state(2)).isEqualTo(SlotGuard.State.PLAIN);
    }

    private record Settings() implements ClaimSettings {
        @Override
        public long nodeTimeoutMillis() {
            return 60_000;
        }

        @Override
        public long validityFactor() {
            return 10;
        }

        @Override
        public long replicaPingMillis() {
            return 10_000;
        }

        @Override
        public long migrationBarrier() {
            return 1;
        }

        @Override
        public boolean allowReplicaMigration() {
            return true;
        }
    }

    private record NoData() implements ClaimsRunner.NodeData {
        @Override
        public long offset() {
            return 0;
        }

        @Override
        public long dataAgeMillis() {
            return 0;
        }

        @Override
        public void role(@Nullable Claim primary) {}

        @Override
        public boolean hasData() {
            return false;
        }

        @Override
        public int keys(int slot) {
            return 0;
        }

        @Override
        public void lost(SlotSet slots) {}

        @Override
        public void clear() {}

        @Override
        public void afterwards(Runnable action) {
            action.run();
        }

        @Override
        public long stopWrites(long millis) {
            return 0;
        }

        @Override
        public void resumeWrites() {}
    }
}

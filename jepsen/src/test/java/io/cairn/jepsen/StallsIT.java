package io.cairn.jepsen;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterOptions;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.stall.Sizes;
import io.cairn.jepsen.stall.Stalls;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The short form; {@code make bench-stalls} runs the long one. */
@Tag("long")
class StallsIT {
    private static final int PORT = 21420;
    /**
     * Generous, as is the election timeout: a build machine leaves processes without a processor for longer than the default one, which bench-stalls keeps. What stands
     * still for seconds is seen all the same.
     */
    private static final long MOST_MILLIS = 5_000;

    private static final String ELECTION_MILLIS = "2000";

    @TempDir
    Path directory;

    @Test
    void aNodeThatIsBusyWithOneLargeThingDoesNotLookDead() throws Exception {
        try (CairnCluster cluster = new CairnCluster(
                Distribution.find(),
                directory,
                PORT,
                ClusterOptions.DEMO
                        .withHeap(Sizes.BRIEF.heapMegabytes())
                        .withExtra("--cluster-election-timeout", ELECTION_MILLIS))) {
            assertThat(new Stalls(cluster, Sizes.BRIEF, MOST_MILLIS, System.out).run())
                    .isEmpty();
        }
    }
}

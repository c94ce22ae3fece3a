package io.cairn.mode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.keyspace.chronicle.ChronicleKeyspace;
import io.cairn.keyspace.chronicle.KeyspaceOptions;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class DataMarksTest {
    private static final long MARK_MILLIS = 100;

    private final ChronicleKeyspace keyspace = new ChronicleKeyspace(KeyspaceOptions.defaults());
    private final Queue<Runnable> work = new ArrayDeque<>();
    private final DataMarks marks = new DataMarks(keyspace, work::add, () -> true, () -> {}, MARK_MILLIS);

    @AfterEach
    void close() {
        keyspace.close();
    }

    @Test
    void aDigestMayTakeLongerThanItsMarkMay() throws Exception {
        CompletableFuture<byte[]> digest = marks.digest("a");
        marks.reached("a");
        Thread.sleep(3 * MARK_MILLIS);
        assertThat(digest).isNotDone();
        work.remove().run();
        assertThat(digest.get(10, TimeUnit.SECONDS)).isNotEmpty();
    }

    @Test
    void aMarkThatDoesNotComeIsNotWaitedForLong() {
        assertThatThrownBy(() -> marks.digest("a").get(10, TimeUnit.SECONDS))
                .hasRootCauseInstanceOf(java.util.concurrent.TimeoutException.class);
    }
}

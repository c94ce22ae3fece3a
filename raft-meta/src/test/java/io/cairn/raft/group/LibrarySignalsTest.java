package io.cairn.raft.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class LibrarySignalsTest {
    @TempDir
    private Path directory;

    @Test
    @Timeout(60)
    void aFlightRecordingOfAProcessWithRaftHasSamples() throws Exception {
        Class.forName(RaftHost.class.getName());
        List<RecordedEvent> samples = new ArrayList<>();

        try (Recording recording = new Recording()) {
            recording.enable("jdk.ExecutionSample").withPeriod(Duration.ofMillis(10));
            recording.start();
            double sum = 1;
            for (int round = 0; samples.isEmpty(); round++) {
                long until = System.nanoTime() + 300_000_000L;
                while (System.nanoTime() < until) {
                    sum += Math.sqrt(sum + round);
                }
                Path file = directory.resolve(round + ".jfr");
                recording.dump(file);
                RecordingFile.readAllEvents(file).stream()
                        .filter(event -> event.getEventType().getName().equals("jdk.ExecutionSample"))
                        .forEach(samples::add);
            }
            assertThat(sum).isPositive();
        }

        assertThat(samples).isNotEmpty();
    }
}

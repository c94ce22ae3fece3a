package io.cairn.jepsen.run;

import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.Disk;
import io.cairn.jepsen.process.TestCluster;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Keeps each process's metrics page from time to time; a process that does not answer is left out that time. */
final class RunMetrics implements AutoCloseable {
    private static final int PERIOD_SECONDS = 30;
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    private final TestCluster cluster;
    private final Path folder;
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "metrics");
        thread.setDaemon(true);
        return thread;
    });
    private int taken;

    RunMetrics(TestCluster cluster, Path folder) {
        this.cluster = cluster;
        this.folder = folder;
    }

    void start() {
        if (cluster instanceof CairnCluster cairn) {
            Disk.makeDirectory(folder);
            timer.scheduleWithFixedDelay(() -> take(cairn), 1, PERIOD_SECONDS, TimeUnit.SECONDS);
        }
    }

    private void take(CairnCluster cairn) {
        taken++;
        for (int process = 0; process < cairn.processes(); process++) {
            Path file = folder.resolve("process-%d-%04d.txt".formatted(process, taken));
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + cairn.admin(process) + "/metrics"))
                    .timeout(TIMEOUT)
                    .build();
            try {
                client.send(request, HttpResponse.BodyHandlers.ofFile(file));
            } catch (IOException e) {
                // The process is down or stopped, which is the nemesis's doing.
                Disk.delete(file);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}

package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterOptions;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * What an idle node costs as the cluster grows: messages, threads, CPU. {@code make scale} forms 9, then 27 nodes in three
 * processes ({@code -Dcairn.scale.nodes=3,9}, for each process); the short form only three times one.
 */
@Tag("long")
class ScaleIT {
    private static final int PORT = 22_200;
    private static final String HEAP = "cairn.scale.heap";
    /** /proc counts CPU time in hundredths of a second. */
    private static final double TICKS_PER_SECOND = 100;
    /** A node's share may grow by so much from the smaller to the larger cluster: the meta leader serves all. */
    private static final double GROWTH = 2;

    /** Per node: requests received a second, threads, CPU in percent of one core. */
    private record Cost(int nodes, double formedSeconds, double messages, double threads, double cpu) {
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%d nodes: formed in %.1f s; per node %.1f Raft requests/s, %.1f threads, %.2f %% of a core",
                    nodes,
                    formedSeconds,
                    messages,
                    threads,
                    cpu);
        }
    }

    @Test
    void anIdleNodeCostsNoMoreInALargerCluster(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path directory)
            throws Exception {
        List<Cost> costs = new ArrayList<>();
        for (String perProcess : System.getProperty("cairn.scale.nodes", "1").split(",", -1)) {
            Cost cost = measure(directory.resolve(perProcess), Integer.parseInt(perProcess));
            System.out.println(cost);
            costs.add(cost);
        }
        Cost first = costs.get(0);
        for (Cost cost : costs) {
            assertThat(cost.messages()).as("%s after %s", cost, first).isLessThan(GROWTH * first.messages());
            assertThat(cost.threads()).as("%s after %s", cost, first).isLessThanOrEqualTo(first.threads());
        }
    }

    private static Cost measure(Path directory, int perProcess) throws Exception {
        int seconds = Integer.getInteger("cairn.scale.seconds", 2);
        ClusterOptions options =
                ClusterOptions.DEMO.withNodesPerProcess(perProcess).withHeap(Integer.getInteger(HEAP, 256));
        long began = System.nanoTime();
        try (CairnCluster cluster = new CairnCluster(Distribution.find(), directory, PORT, options)) {
            double formed = (System.nanoTime() - began) / 1e9;
            int nodes = cluster.nodes().size();
            ClusterState.awaitSettled(cluster.nodes(), 60);
            TimeUnit.SECONDS.sleep(seconds);
            double messages = messages(cluster);
            double ticks = ticks(cluster);
            long from = System.nanoTime();
            TimeUnit.SECONDS.sleep(seconds);
            double took = (System.nanoTime() - from) / 1e9;
            Cost cost = new Cost(
                    nodes,
                    formed,
                    (messages(cluster) - messages) / took / nodes,
                    threads(cluster) / nodes,
                    100 * (ticks(cluster) - ticks) / TICKS_PER_SECOND / took / nodes);
            ClusterState.awaitHealthy(cluster.nodes(), 10);
            return cost;
        }
    }

    private static double messages(CairnCluster cluster) throws Exception {
        double all = 0;
        for (int process = 0; process < cluster.processes(); process++) {
            try (InputStream page = URI.create("http://" + cluster.admin(process) + "/metrics")
                    .toURL()
                    .openStream()) {
                Matcher lines = Pattern.compile("(?m)^cairn_raft_messages_received_total\\{[^}]*\\} (\\S+)")
                        .matcher(new String(page.readAllBytes(), StandardCharsets.UTF_8));
                while (lines.find()) {
                    all += Double.parseDouble(lines.group(1));
                }
            }
        }
        return all;
    }

    private static double threads(CairnCluster cluster) throws Exception {
        double all = 0;
        for (int process = 0; process < cluster.processes(); process++) {
            for (String line : Files.readAllLines(proc(cluster, process, "status"))) {
                if (line.startsWith("Threads:")) {
                    all += Double.parseDouble(line.replaceAll("\\D", ""));
                }
            }
        }
        return all;
    }

    /** User and system time of all processes. */
    private static double ticks(CairnCluster cluster) throws Exception {
        double all = 0;
        for (int process = 0; process < cluster.processes(); process++) {
            String stat = Files.readString(proc(cluster, process, "stat"));
            String[] words = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            all += Double.parseDouble(words[11]) + Double.parseDouble(words[12]);
        }
        return all;
    }

    private static Path proc(CairnCluster cluster, int process, String file) {
        return Path.of("/proc", Long.toString(cluster.server(process).pid()), file);
    }
}

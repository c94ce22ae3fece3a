package io.cairn.jepsen.rollout;

import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterOptions;
import io.cairn.jepsen.process.ClusterOptions.Start;
import io.cairn.jepsen.process.Disk;
import io.cairn.jepsen.process.Distribution;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** {@code make rollout}: nine nodes in processes of their own go from gossip to raft and back, {@code RUNS} times; with kills, and then without the rolling restarts. */
public final class Main {
    private Main() {}

    /** Arguments: first port, runs, kills (0 or 1), the first run's seed. Exit code 1 when something was wrong. */
    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(args[0]);
        int runs = Integer.parseInt(args[1]);
        boolean kills = args[2].equals("1");
        long firstSeed = Long.parseLong(args[3]);
        int failed = 0;
        for (int run = 0; run < runs; run++) {
            long seed = firstSeed + run;
            failed += one(port, kills, seed) ? 0 : 1;
        }
        System.out.println(runs + " runs, " + failed + " with something wrong");
        System.exit(failed == 0 ? 0 : 1);
    }

    private static boolean one(int port, boolean kills, long seed) throws Exception {
        Path directory = Files.createTempDirectory("cairn-rollout-");
        System.out.println("seed " + seed + (kills ? ", with kills" : "") + ", directory " + directory);
        ClusterOptions options = ClusterOptions.DEMO.apart().withStart(Start.GOSSIP);
        List<String> problems;
        try (CairnCluster cluster = new CairnCluster(Distribution.find(), directory, port, options)) {
            RolloutRun run = new RolloutRun(cluster, new RolloutRun.Options(kills, seed, !kills, !kills), System.out);
            try {
                run.run();
                problems = Stream.concat(run.problems().stream(), run.slow().stream())
                        .toList();
            } catch (IllegalStateException e) {
                e.printStackTrace(System.out);
                problems = List.of(String.valueOf(e.getMessage()));
            }
        }
        if (problems.isEmpty()) {
            System.out.println("nothing wrong was seen");
            Disk.delete(directory);
        } else {
            problems.forEach(problem -> System.out.println("WRONG: " + problem));
            System.out.println("kept " + directory);
        }
        return problems.isEmpty();
    }
}

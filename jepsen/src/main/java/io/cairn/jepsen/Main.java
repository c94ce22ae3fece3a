package io.cairn.jepsen;

import io.cairn.jepsen.nemesis.Fault;
import io.cairn.jepsen.nemesis.FaultRun;
import io.cairn.jepsen.nemesis.GapTable;
import io.cairn.jepsen.nemesis.Schedule;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.Disk;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.RedisCluster;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.workload.CountingWorkload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The long forms of the fault tests, by hand: {@code faults [--rounds n] [--seed s] ...}. */
public final class Main {
    private static final String USAGE = """
            usage: faults [--rounds N] [--only kills|pauses|laggards] [--seed S] [--port P] [--target cairn|redis] [--keep yes]
              --rounds  rounds of every kind of fault in an order drawn from the seed (1)
              --only    instead, N faults of one kind
              --target  redis strikes a real Redis Cluster, which loses acknowledged writes (cairn)
              --keep    yes keeps the directory with data and logs
            """;

    private static final double MOST_KILL_MILLIS = 300;
    private static final double MOST_PAUSE_MILLIS = 1_500;

    private Main() {}

    /** Exit codes: 0 nothing wrong was seen, 1 something was, 2 the arguments are wrong. */
    public static void main(String[] args) throws IOException {
        Map<String, String> options = options(args);
        if (args.length == 0 || !args[0].equals("faults") || (options.isEmpty() && args.length > 1)) {
            System.err.print(USAGE);
            System.exit(2);
        }
        long seed = Long.parseLong(options.getOrDefault("seed", "1"));
        int port = Integer.parseInt(options.getOrDefault("port", "21600"));
        Path directory = Files.createTempDirectory("cairn-faults-");
        System.out.println("seed " + seed + ", directory " + directory);
        FaultRun.Result result;
        try (TestCluster cluster = options.getOrDefault("target", "cairn").equals("redis")
                ? new RedisCluster(directory, port)
                : new CairnCluster(Distribution.find(), directory, port)) {
            List<Fault> faults = faults(cluster.processes(), options, seed);
            result = new FaultRun(cluster, CountingWorkload.Load.standard(seed), System.out).run(faults);
        }
        boolean quick = quickEnough(result.gaps());
        boolean clean = quick && result.violations().isEmpty();
        if (clean && !options.containsKey("keep")) {
            Disk.delete(directory);
        } else {
            System.out.println("kept " + directory);
        }
        System.exit(clean ? 0 : 1);
    }

    /** The floors of the first issue, judged where there are enough gaps for a median to mean something. */
    private static boolean quickEnough(GapTable gaps) {
        boolean kills = below(gaps, "kill -9", MOST_KILL_MILLIS);
        boolean pauses = below(gaps, "SIGSTOP", MOST_PAUSE_MILLIS);
        return kills && pauses;
    }

    private static boolean below(GapTable gaps, String kind, double most) {
        double median = gaps.medianMillis(kind);
        boolean fine = !(median >= most);
        System.out.printf(
                Locale.ROOT, "%s: median gap %.0f ms, floor %.0f: %s%n", kind, median, most, fine ? "ok" : "TOO LONG");
        return fine;
    }

    private static List<Fault> faults(int processes, Map<String, String> options, long seed) {
        String only = options.getOrDefault("only", "");
        int rounds = Integer.parseInt(options.getOrDefault("rounds", "1"));
        return switch (only) {
            case "kills" -> Schedule.kills(processes, rounds);
            case "pauses" -> Schedule.pauses(processes, rounds);
            case "laggards" -> Schedule.laggards(processes, rounds);
            default -> Schedule.rounds(processes, rounds, seed);
        };
    }

    /** {@code --name value} pairs after the first word; empty when they are not pairs. */
    private static Map<String, String> options(String[] args) {
        Map<String, String> options = new HashMap<>();
        for (int i = 1; i < args.length; i += 2) {
            if (!args[i].startsWith("--") || i + 1 == args.length) {
                return Map.of();
            }
            options.put(args[i].substring(2), args[i + 1]);
        }
        return options;
    }
}

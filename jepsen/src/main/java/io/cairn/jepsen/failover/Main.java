package io.cairn.jepsen.failover;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * {@code make bench-failover}: six nodes each, default settings but for cluster-node-timeout, kill -9 of a primary under load; Cairn in
 * gossip mode beside Redis Cluster.
 */
public final class Main {
    private static final int WRITES = 5_000;

    private Main() {}

    /** Arguments: first port, rounds, then values of cluster-node-timeout. Exit code 1 when Cairn is slower than Redis. */
    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(args[0]);
        int rounds = Integer.parseInt(args[1]);
        boolean slower = false;
        for (int i = 2; i < args.length; i++) {
            long timeout = Long.parseLong(args[i]);
            long cairn = 0;
            long redis = 0;
            for (int round = 0; round < rounds; round++) {
                cairn += one("cairn", port, timeout);
                redis += one("redis", port + 100, timeout);
            }
            System.out.printf(
                    Locale.ROOT,
                    "cluster-node-timeout %d: mean gap of %d rounds: cairn %d ms, redis %d ms%n",
                    timeout,
                    rounds,
                    cairn / rounds,
                    redis / rounds);
            slower |= cairn > redis;
        }
        System.exit(slower ? 1 : 0);
    }

    private static long one(String what, int port, long timeout) throws Exception {
        Path directory = Files.createTempDirectory("failover-" + what);
        try (SixNodes nodes = what.equals("cairn")
                ? SixNodes.ofCairn(directory, port, timeout, true)
                : SixNodes.ofRedis(directory, port, timeout)) {
            nodes.create(directory);
            FailoverRace race = new FailoverRace(nodes);
            FailoverRace.Outcome outcome = race.run(WRITES);
            race.awaitWell();
            System.out.printf(
                    Locale.ROOT,
                    "%s, cluster-node-timeout %d: gap %d ms, %d of %d acknowledged writes lost, new primary %s%n",
                    what,
                    timeout,
                    outcome.gapMillis(),
                    outcome.lost(),
                    outcome.acknowledged(),
                    outcome.heir());
            return outcome.gapMillis();
        }
    }
}

package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.net.Endpoint;
import io.cairn.jepsen.net.Link;
import io.cairn.jepsen.net.Rule;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterOptions.Start;
import io.cairn.jepsen.process.Shards;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.Address;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** All faults by name. Each is made just before it strikes, for the cluster as it is then; the seed draws the rest. */
public final class Faults {
    /** Draws from all others, sometimes two at once. */
    public static final String MIX = "mix";

    private static final long PARTITION_MILLIS = 5_000;
    private static final long SHORT_PAUSE_MILLIS = 300;
    private static final long LONG_PAUSE_MILLIS = 6_000;
    private static final long LEADER_PAUSE_MILLIS = 3_000;
    /**
     * Each way. A leader steps down when no answer of a majority is younger than 450 ms (the lease, 90 % of
     * cluster-election-timeout), and an answer is up to two round trips and a heartbeat old when the next comes: with more
     * than 100 ms each way and one voter gone, there can be no lasting leader at the default timeout.
     */
    private static final int LEAST_DELAY_MILLIS = 20;

    private static final int MOST_DELAY_MILLIS = 80;
    private static final double LOSS = 0.2;
    private static final long LOSS_SIGN_MILLIS = 190;
    private static final long SLOW_BYTES_PER_SECOND = 32 * 1024;
    private static final long SLOW_SIGN_MILLIS = 500;
    private static final int DRAWS = 50;
    /** Most nodes of a process. */
    private static final int NODES = 3;

    /** What a fault is made from. */
    @FunctionalInterface
    interface Maker {
        Fault make(TestCluster cluster, SplittableRandom random);
    }

    private static final Map<String, Maker> ALL = catalogue();

    /** Those that leave a quorum and last, so that any other may come upon them. */
    private static final List<String> SOFT = List.of("delay", "loss", "slow", "half-open");

    /** Those that an operator works at until they are done, which a slowed link would hold up. */
    private static final List<String> ALONE =
            List.of(MemberChurn.KIND, RollingRestart.KIND, ClassicMigration.KIND, AtomicMigration.KIND);

    /** Those of which two at once lose no disk. */
    private static final List<String> HARD = List.of(
            "kill-one",
            "kill-leader",
            "kill-majority",
            "pause-short",
            "pause-long",
            "pause-leader",
            "isolate",
            "isolate-leader",
            "halves",
            "bridge",
            "ring",
            "one-way-in",
            "one-way-out");

    private Faults() {}

    /** Every name, {@link #MIX} last. */
    public static List<String> names() {
        List<String> names = new ArrayList<>(ALL.keySet());
        names.add(MIX);
        return names;
    }

    /** Those that a cluster can come back from by itself: Redis Cluster forgets who it is with its disk. */
    public static List<String> names(TestCluster cluster) {
        List<String> names = new ArrayList<>(names());
        if (!(cluster instanceof CairnCluster cairn) || cairn.began() == Start.GOSSIP) {
            names.removeAll(List.of("wipe", "wipe-beside-laggard", "log-cut"));
            names.removeAll(
                    List.of(LogLostBesideALaggard.KIND, MemberChurn.KIND, ClassicMigration.KIND, RollingRestart.KIND));
        }
        if (cluster.nodes(0).size() == 1) {
            names.removeAll(List.of(ClassicMigration.KIND, AtomicMigration.KIND)); // there is one shard
        }
        if (cluster.network() == null) {
            names.removeAll(List.of("isolate", "isolate-leader", "halves", "bridge", "ring", "one-way-in"));
            names.removeAll(List.of("one-way-out", "flapping", "reset", "reset-clients"));
            names.removeAll(SOFT);
        }
        return names;
    }

    /**
     * One fault, to strike soon: leaders are who they are now.
     *
     * @throws IllegalArgumentException when there is no such fault
     * @throws IllegalStateException when nobody knows whom it is to strike
     */
    public static Fault make(String name, TestCluster cluster, SplittableRandom random) {
        if (name.equals(MIX)) {
            return mix(cluster, random);
        }
        Maker maker = ALL.get(name);
        if (maker == null) {
            throw new IllegalArgumentException("no fault " + name + "; there are " + names());
        }
        return maker.make(cluster, random);
    }

    private static Map<String, Maker> catalogue() {
        Map<String, Maker> all = new LinkedHashMap<>();
        processes(all);
        partitions(all);
        links(all);
        disks(all);
        administration(all);
        return Collections.unmodifiableMap(all);
    }

    private static void processes(Map<String, Maker> all) {
        all.put("kill-one", (c, r) -> new Killed("kill-one", some(c, r, 1), true));
        all.put("kill-leader", (c, r) -> new Killed("kill-leader", List.of(leader(c, r)), true));
        all.put("kill-minority", (c, r) -> new Killed("kill-minority", some(c, r, (c.processes() - 1) / 2), true));
        all.put("kill-majority", (c, r) -> new Killed("kill-majority", some(c, r, c.processes() / 2 + 1), false));
        all.put("kill-all", (c, r) -> new Killed("kill-all", some(c, r, c.processes()), false));
        all.put("pause-short", (c, r) -> new Paused("pause-short", some(c, r, 1), SHORT_PAUSE_MILLIS, true));
        all.put("pause-long", (c, r) -> new Paused("pause-long", some(c, r, 1), LONG_PAUSE_MILLIS, true));
        all.put(
                "pause-leader",
                (c, r) -> new Paused("pause-leader", List.of(leaderOfMost(c, r)), LEADER_PAUSE_MILLIS, true));
        all.put(
                "pause-majority",
                (c, r) -> new Paused("pause-majority", some(c, r, c.processes() / 2 + 1), LEADER_PAUSE_MILLIS, false));
        all.put("transfer", Faults::transfer);
    }

    private static void partitions(Map<String, Maker> all) {
        all.put("isolate", (c, r) -> around("isolate", c, some(c, r, 1)));
        all.put("isolate-leader", (c, r) -> around("isolate-leader", c, List.of(leaderOfMost(c, r))));
        // As isolate, but clients outside still reach both sides.
        all.put("halves", (c, r) -> {
            List<Integer> order = some(c, r, c.processes());
            List<Integer> alone = order.subList(0, (c.processes() - 1) / 2);
            Set<Link> links = new LinkedHashSet<>();
            for (int p : alone) {
                order.subList(alone.size(), order.size()).forEach(q -> links.addAll(Sides.between(p, q)));
            }
            return cut("halves", alone, links, true);
        });
        all.put("bridge", (c, r) -> {
            List<Integer> ends = some(c, r, 2);
            return cut("bridge", ends, Sides.between(ends.get(0), ends.get(1)), true);
        });
        // Each pair hears one another in one direction only, which is no connection at all: there is no quorum.
        all.put("ring", (c, r) -> cut("ring", some(c, r, c.processes()), Sides.backwards(c.processes()), false));
        all.put("one-way-in", (c, r) -> {
            int victim = r.nextInt(c.processes());
            return cut("one-way-in", List.of(victim), Sides.in(c.processes(), victim), true);
        });
        all.put("one-way-out", (c, r) -> {
            int victim = r.nextInt(c.processes());
            return cut("one-way-out", List.of(victim), Sides.out(c.processes(), victim), true);
        });
        all.put("flapping", (c, r) -> new Flapping(r.nextInt(c.processes()), r.split()));
    }

    private static void links(Map<String, Maker> all) {
        all.put(
                "delay",
                (c, r) -> slowed(
                        "delay",
                        everyone(c),
                        c,
                        Rule.delay(LEAST_DELAY_MILLIS, MOST_DELAY_MILLIS),
                        Slowed.Sign.EACH_LATE,
                        2 * LEAST_DELAY_MILLIS));
        all.put(
                "loss",
                (c, r) -> slowed("loss", everyone(c), c, Rule.loss(LOSS), Slowed.Sign.SOME_LATE, LOSS_SIGN_MILLIS));
        all.put(
                "slow",
                (c, r) -> slowed(
                        "slow",
                        some(c, r, 1),
                        c,
                        Rule.throttle(SLOW_BYTES_PER_SECOND),
                        Slowed.Sign.LARGE_LATE,
                        SLOW_SIGN_MILLIS));
        all.put("reset", (c, r) -> {
            int victim = r.nextInt(c.processes());
            List<Endpoint> others = everyone(c).stream()
                    .filter(p -> p != victim)
                    .map(Endpoint::process)
                    .toList();
            return new Resets("reset", victim, others);
        });
        all.put(
                "reset-clients",
                // Where clients are sure to have connections.
                (c, r) -> new Resets("reset-clients", leader(c, r), Sides.clients(c.processes())));
        all.put("half-open", (c, r) -> new HalfOpened(r.nextInt(c.processes())));
    }

    private static void disks(Map<String, Maker> all) {
        all.put("wipe", (c, r) -> new Wiped(r.nextInt(c.processes())));
        all.put("wipe-beside-laggard", (c, r) -> {
            List<Integer> order = some(c, r, 3);
            return new WipeBesideALaggard(order.get(0), order.get(1), order.get(2));
        });
        all.put(LogLostBesideALaggard.KIND, (c, r) -> {
            List<Integer> order = some(c, r, 3);
            return new LogLostBesideALaggard(order.get(0), order.get(1), order.get(2));
        });
        all.put("orphaned-suffix", (c, r) -> new OrphanedSuffix(r.nextInt(OrphanedSuffix.PROCESSES)));
        all.put("truncated-suffix", (c, r) -> new TruncatedSuffix(r.nextInt(OrphanedSuffix.PROCESSES)));
        all.put("log-cut", (c, r) -> new LogCut(r.nextInt(c.processes()), r.split()));
    }

    private static void administration(Map<String, Maker> all) {
        all.put(MemberChurn.KIND, (c, r) -> new MemberChurn(r.nextInt(c.processes()), r.nextInt(NODES)));
        all.put(RollingRestart.KIND, (c, r) -> new RollingRestart(some(c, r, c.processes())));
        all.put(AtomicMigration.KIND, (c, r) -> new AtomicMigration(c.processes(), r.split()));
        all.put(ClassicMigration.KIND, (c, r) -> new ClassicMigration(c.processes(), r.split()));
    }

    /** One of all, or two at once: one that hurts a link with any, or two that take processes away. */
    private static Fault mix(TestCluster cluster, SplittableRandom random) {
        List<String> names = new ArrayList<>(names(cluster));
        names.remove(MIX);
        int share = random.nextInt(10);
        boolean networked = cluster.network() != null;
        if (share < 2 && networked) {
            Fault soft = make(draw(SOFT, random), cluster, random);
            List<String> others = names.stream()
                    .filter(name -> !SOFT.contains(name) && !ALONE.contains(name))
                    .toList();
            Fault other = make(draw(others, random), cluster, random);
            return new Both(soft, other, other.quorumLeft());
        }
        if (share < 4) {
            for (int i = 0; i < DRAWS; i++) {
                Fault first = make(drawHard(names, random), cluster, random);
                Fault second = make(drawHard(names, random), cluster, random);
                if (canMeet(first, second)) {
                    return new Both(first, second, false);
                }
            }
        }
        return make(draw(names, random), cluster, random);
    }

    /** Two of the same kind are one; a process that is gone cannot be stopped. */
    private static boolean canMeet(Fault first, Fault second) {
        boolean processes = !(first instanceof Cut) && !(second instanceof Cut);
        return !first.kind().equals(second.kind())
                && !(processes && first.victims().stream().anyMatch(second.victims()::contains));
    }

    private static String drawHard(List<String> possible, SplittableRandom random) {
        return draw(HARD.stream().filter(possible::contains).toList(), random);
    }

    private static String draw(List<String> names, SplittableRandom random) {
        return names.get(random.nextInt(names.size()));
    }

    private static Fault around(String kind, TestCluster cluster, List<Integer> inside) {
        return cut(kind, inside, Sides.around(cluster.processes(), inside), true);
    }

    private static Fault cut(String kind, List<Integer> victims, Set<Link> links, boolean quorumLeft) {
        return new Cut(kind, victims, links, quorumLeft, PARTITION_MILLIS);
    }

    private static Fault slowed(
            String kind, List<Integer> victims, TestCluster cluster, Rule rule, Slowed.Sign sign, long leastMillis) {
        Set<Link> links = Sides.peers(cluster.processes(), victims);
        return new Slowed(kind, victims, links, rule, sign, leastMillis, PARTITION_MILLIS);
    }

    private static Fault transfer(TestCluster cluster, SplittableRandom random) {
        List<Shards.Shard> shards = Shards.of(cluster).stream()
                .filter(shard -> !shard.replicas().isEmpty())
                .toList();
        if (shards.isEmpty()) {
            throw new IllegalStateException("nobody tells of a shard with a replica");
        }
        Shards.Shard shard = shards.get(random.nextInt(shards.size()));
        Address replica = shard.replicas().get(random.nextInt(shard.replicas().size()));
        return new Transfer(shard, replica, cluster.processOfNode());
    }

    private static List<Integer> everyone(TestCluster cluster) {
        return IntStream.range(0, cluster.processes()).boxed().toList();
    }

    private static List<Integer> some(TestCluster cluster, SplittableRandom random, int count) {
        List<Integer> all = new ArrayList<>(everyone(cluster));
        for (int i = all.size() - 1; i > 0; i--) {
            Collections.swap(all, i, random.nextInt(i + 1));
        }
        return List.copyOf(all.subList(0, count));
    }

    /** A process that holds a primary. */
    private static int leader(TestCluster cluster, SplittableRandom random) {
        return leaderOf(cluster, random, 1);
    }

    private static int leaderOfMost(TestCluster cluster, SplittableRandom random) {
        return leaderOf(cluster, random, Integer.MAX_VALUE);
    }

    /** One of those that hold this many primaries, or as many as any process does. */
    private static int leaderOf(TestCluster cluster, SplittableRandom random, int atLeast) {
        int[] primaries = Shards.primaries(cluster);
        int most = Arrays.stream(primaries).max().orElse(0);
        if (most == 0) {
            throw new IllegalStateException("nobody tells of a primary, so that none can be struck");
        }
        int[] leaders = IntStream.range(0, primaries.length)
                .filter(p -> primaries[p] >= Math.min(atLeast, most))
                .toArray();
        return leaders[random.nextInt(leaders.length)];
    }
}

package io.cairn.jepsen.migration;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterOptions;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Disk;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.HashSlot;
import io.cairn.jepsen.resp.Reply;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * {@code make bench-migration}: 4,096 slots with a million keys of 100 bytes change hands, without and with writers; with KILLS, kill -9 of
 * the source's, the target's and the meta group's leader at each of the five steps, cancel at each, and FLUSHALL.
 */
public final class Main {
    private static final int LAST_SLOT = 4_095;
    private static final int SECONDS = 120;
    private static final int WRITERS = 2;
    private static final int COUNTERS = 4_000;

    private final CairnCluster cluster;
    private final int keys;
    private int moves;
    private boolean failed;
    /** What was struck while it was so, and not only afterwards. */
    private final Set<String> hits = new TreeSet<>();

    private Main(CairnCluster cluster, int keys) {
        this.cluster = cluster;
        this.keys = keys;
    }

    private static boolean moves(int slot) {
        return slot <= LAST_SLOT;
    }

    /** Arguments: keys, first port, rounds of kills (0 for the benchmark). Exit code 1 when a key is wrong. */
    public static void main(String[] args) throws Exception {
        int keys = Integer.parseInt(args[0]);
        int port = Integer.parseInt(args[1]);
        int kills = Integer.parseInt(args[2]);
        Path directory = Files.createTempDirectory("cairn-migration-");
        boolean failed;
        ClusterOptions options =
                ClusterOptions.DEMO.withExtra("--cluster-election-timeout", kills > 0 ? "500" : "3000");
        try (CairnCluster cluster = new CairnCluster(Distribution.find(), directory, port, options)) {
            ClusterState.awaitHealthy(cluster.nodes(), SECONDS);
            ClusterState.awaitSteady(cluster.nodes().get(0), 4, SECONDS);
            Main main = new Main(cluster, keys);
            main.load();
            if (kills > 0) {
                for (int i = 0; i < kills; i++) {
                    main.kills();
                }
                main.missed();
            } else {
                main.bench();
            }
            failed = main.failed;
        }
        if (failed) {
            System.out.println("kept " + directory);
            System.exit(1);
        }
        Disk.delete(directory);
    }

    private void load() throws Exception {
        long began = System.nanoTime();
        Migrations.loadIn(cluster, "data", keys, Main::moves);
        System.out.printf("%,d keys in slots 0-%d, loaded in %.1f s%n", keys, LAST_SLOT, seconds(began));
    }

    private static double seconds(long began) {
        return (System.nanoTime() - began) / 1e9;
    }

    private Address there() {
        return Objects.requireNonNull(Migrations.primary(cluster, moves % 2 == 0 ? HashSlot.COUNT - 1 : LAST_SLOT + 1));
    }

    private void bench() throws Exception {
        for (int round = 0; round < 2; round++) {
            move("without writers");
            try (Writers writers = new Writers(cluster, "bench" + round, WRITERS, COUNTERS)) {
                writers.awaitDone(COUNTERS, SECONDS);
                writers.watch(Main::moves);
                long before = writers.done();
                long began = System.nanoTime();
                move("with writers");
                System.out.printf(
                        "  slowest increment in the slots %d ms, %,.0f increments/s, %d redirects and refusals%n",
                        writers.slowestMillis(), (writers.done() - before) / seconds(began), writers.refused());
                note(writers.end());
            }
        }
        note(Migrations.wrongIn(cluster, "data", keys, Main::moves));
    }

    private void move(String how) throws Exception {
        long began = System.nanoTime();
        String id = Migrations.begin(there(), 0, LAST_SLOT);
        Migrations.awaitState(cluster, id, "completed", 10 * SECONDS);
        double seconds = seconds(began);
        Map<String, String> status = null;
        for (Address node : cluster.nodes()) {
            status = status == null ? Migrations.status(node, id) : status;
        }
        System.out.printf(
                "%s: %.2f s, %,.0f keys/s, write pause %s ms, %s retries%n",
                how,
                seconds,
                keys / seconds,
                Objects.requireNonNull(status).get("write_pause_ms"),
                status.get("retries"));
        moves++;
    }

    private void note(List<String> wrong) {
        if (wrong.isEmpty()) {
            System.out.println("  all keys and counters are right");
        } else {
            failed = true;
            System.out.println("  WRONG: " + wrong);
        }
    }

    private enum Step {
        BEGUN,
        SNAPSHOT,
        FROZEN,
        ARRIVED,
        COMMITTED
    }

    private enum Victim {
        SOURCE,
        TARGET,
        META,
        NOBODY_BUT_CANCEL
    }

    private void kills() throws Exception {
        for (Step step : Step.values()) {
            for (Victim victim : Victim.values()) {
                strike(step, victim);
            }
        }
        flush();
    }

    /** A run in which a step was never struck has shown nothing of it. */
    private void missed() {
        Set<String> wanted = new TreeSet<>();
        for (Step step : Step.values()) {
            wanted.add("kill in " + step);
        }
        wanted.add("cancel in " + Step.BEGUN);
        wanted.add("cancel in " + Step.SNAPSHOT);
        wanted.removeAll(hits);
        if (!wanted.isEmpty()) {
            failed = true;
            System.out.println("  NEVER HIT: " + wanted);
        }
    }

    private void rate(String bytes, String lag) throws Exception {
        for (Address node : cluster.nodes()) {
            Await.until(node + " answers", SECONDS, () -> ClusterState.answers(node));
            ClusterState.ask(node, "CONFIG", "SET", "cluster-slot-migration-max-rate", bytes);
            ClusterState.ask(node, "CONFIG", "SET", "cluster-slot-migration-handoff-max-lag-bytes", lag);
        }
    }

    private void strike(Step step, Victim victim) throws Exception {
        rate(step == Step.SNAPSHOT || step == Step.BEGUN ? "1000000" : "0", "1mb");
        Address source = Objects.requireNonNull(Migrations.primary(cluster, 0));
        Address target = there();
        try (Writers writers = new Writers(cluster, "k" + moves + step + victim, WRITERS, 500)) {
            writers.awaitDone(500, SECONDS);
            String id = Migrations.begin(target, 0, LAST_SLOT);
            String seen = await(step, id, source, target);
            // Where the end was seen, the step was over before it could be struck.
            boolean inTime = step == Step.COMMITTED || !seen.equals("completed");
            String what = victim == Victim.NOBODY_BUT_CANCEL
                    ? cancel(target, id, step)
                    : kill(victim, source, target, inTime ? step : null);
            rate("0", "1mb");
            Await.until(
                    "the migration ends",
                    SECONDS,
                    () -> !Migrations.state(cluster, id).isEmpty()
                            && List.of("completed", "canceled", "failed").contains(Migrations.state(cluster, id)));
            String end = Migrations.state(cluster, id);
            ClusterState.awaitHealthy(cluster.nodes(), SECONDS);
            long done = writers.done();
            Await.until("writers go on", SECONDS, () -> writers.done() > done + 500);
            List<String> wrong = new ArrayList<>(writers.end());
            wrong.addAll(Migrations.wrongIn(cluster, "data", keys, Main::moves));
            wrong.addAll(owners());
            System.out.printf(
                    "%s (seen %s), %s: %s, %d increments, %d unknown%n",
                    step, seen, what, end, writers.done(), writers.unknown());
            note(wrong);
            moves += end.equals("completed") ? 1 : 0;
        }
    }

    /** Waits for a step; some are so short that the next one is seen. */
    private String await(Step step, String id, Address source, Address target) throws Exception {
        if (step == Step.BEGUN) {
            return "";
        }
        long deadline = System.nanoTime() + SECONDS * 1_000_000_000L;
        while (System.nanoTime() < deadline) {
            Address asked = step == Step.ARRIVED ? target : source;
            Map<String, String> status = Migrations.status(asked, id);
            String state = status == null ? "" : status.getOrDefault("state", "");
            boolean there = switch (step) {
                case BEGUN -> true;
                case SNAPSHOT -> state.equals("send-bulk-and-stream");
                case FROZEN -> state.equals("handoff");
                case ARRIVED -> state.equals("takeover");
                case COMMITTED -> false;
            };
            if (there || state.equals("completed")) {
                return state;
            }
        }
        throw new IllegalStateException("never seen: " + step);
    }

    private String cancel(Address target, String id, Step step) throws Exception {
        Reply reply = ClusterState.ask(target, "CLUSTER", "MIGRATION", "CANCEL", "ID", id);
        if (!reply.failed() && reply.number() > 0) {
            hits.add("cancel in " + step);
        }
        return "cancel of " + reply.text();
    }

    private String kill(Victim victim, Address source, Address target, @Nullable Step inTime) throws Exception {
        Address node = switch (victim) {
            case SOURCE -> source;
            case TARGET -> target;
            default -> metaLeader();
        };
        int process = Objects.requireNonNull(cluster.processOfNode().get(node));
        cluster.kill9(List.of(process));
        if (inTime != null) {
            hits.add("kill in " + inTime);
        }
        Thread.sleep(300);
        cluster.start(process);
        return (inTime == null ? "TOO LATE: " : "") + "kill -9 of " + victim + "'s leader " + node;
    }

    private Address metaLeader() throws Exception {
        for (Address node : cluster.nodes()) {
            String info = ClusterState.ask(node, "CLUSTER", "INFO").text();
            if (info.contains("cluster_meta_role:leader")) {
                return node;
            }
        }
        throw new IllegalStateException("the meta group has no leader");
    }

    /** Every slot has one owner, and every node says the same. */
    private List<String> owners() throws Exception {
        Await.until("all nodes tell the same", SECONDS, () -> {
            List<ClusterState.Range> first = sorted(cluster.nodes().get(0));
            for (Address node : cluster.nodes()) {
                if (!sorted(node).equals(first)) {
                    return false;
                }
            }
            return true;
        });
        List<String> wrong = new ArrayList<>();
        int[] owners = new int[HashSlot.COUNT];
        for (ClusterState.Range range : ClusterState.slots(cluster.nodes().get(0))) {
            for (int slot = range.first(); slot <= range.last(); slot++) {
                owners[slot]++;
            }
        }
        for (int slot = 0; slot < owners.length; slot++) {
            if (owners[slot] != 1) {
                wrong.add("slot " + slot + " has " + owners[slot] + " owners");
            }
        }
        // Hidden or left behind, a key would be counted by none, or twice.
        long counted = 0;
        for (Address primary : Migrations.primaries(cluster)) {
            for (int slot = 0; slot <= LAST_SLOT; slot += 512) {
                counted += ClusterState.ask(primary, "CLUSTER", "COUNTKEYSINSLOT", Integer.toString(slot))
                                        .number()
                                > 0
                        ? 1
                        : 0;
            }
        }
        if (counted != (LAST_SLOT + 1) / 512) {
            wrong.add("keys of " + counted + " slots are counted, of " + (LAST_SLOT + 1) / 512);
        }
        return wrong;
    }

    private static List<ClusterState.Range> sorted(Address node) throws Exception {
        List<ClusterState.Range> ranges = new ArrayList<>(ClusterState.slots(node));
        ranges.sort(java.util.Comparator.comparingInt(ClusterState.Range::first));
        return ranges;
    }

    private void flush() throws Exception {
        rate("1000000", "1mb");
        Address source = Objects.requireNonNull(Migrations.primary(cluster, 0));
        String id = Migrations.begin(there(), 0, LAST_SLOT);
        Migrations.awaitStream(source, id, SECONDS);
        Thread.sleep(500);
        System.out.println("FLUSHALL in the middle: "
                + ClusterState.ask(source, "FLUSHALL").text());
        rate("0", "1mb");
        Migrations.awaitState(cluster, id, "completed", SECONDS);
        moves++;
        List<String> wrong = new ArrayList<>();
        Migrations.eachIn(cluster, "data", keys, Main::moves, "GET", (key, reply) -> {
            if (!reply.text().equals("(nil)") && wrong.size() < 20) {
                wrong.add(key + " is still there");
            }
        });
        note(wrong);
        load();
    }
}

package io.cairn.jepsen.report;

import io.cairn.jepsen.history.FaultWindow;
import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.history.Phase;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** A history as a run with faults leaves it, drawn from a seed. */
final class SyntheticRun {
    private static final long MS = 1_000_000;
    private static final List<String> KINDS = List.of("kill-one", "partition-halves", "pause-short");

    private SyntheticRun() {}

    /** Eight clients for so many seconds, a fault of 8 s every 20 s, in which most operations fail or stay unknown. */
    static History of(long seed, int seconds, String key, long thinkMillis) {
        SplittableRandom random = new SplittableRandom(seed);
        List<FaultWindow> faults = new ArrayList<>();
        for (long at = 12_000; at + 10_000 < seconds * 1_000L; at += 20_000) {
            String kind = KINDS.get(faults.size() % KINDS.size());
            faults.add(new FaultWindow(
                    kind,
                    "process " + random.nextInt(3),
                    List.of(0),
                    at * MS,
                    (at + 12) * MS,
                    (at + 8_000) * MS,
                    (at + 8_040) * MS,
                    faults.size() != 1,
                    "connect to 127.0.2.1 refused"));
        }
        List<Operation> operations = new ArrayList<>();
        int clients = 8;
        for (int session = 0; session < 8; session++) {
            int client = session;
            for (long now = random.nextLong(20 * MS); now < seconds * 1_000L * MS; ) {
                long call = now;
                boolean struck = faults.stream().anyMatch(f -> f.struck() < call && call < f.struck() + 1_500 * MS);
                int draw = random.nextInt(100);
                Outcome outcome =
                        !struck ? Outcome.OK : draw < 70 ? Outcome.FAIL : draw < 90 ? Outcome.INFO : Outcome.OK;
                long took = outcome == Outcome.INFO ? 250 * MS : (long) (MS * Math.exp(random.nextDouble() * 3 - 1));
                String name = key + random.nextInt(40);
                operations.add(new Operation(
                        client,
                        draw % 2 == 0 ? "read" : "cas",
                        name,
                        draw % 2 == 0 ? null : List.of(draw, draw + 1),
                        draw % 2 == 0 ? (long) draw : null,
                        call,
                        call + took,
                        outcome,
                        "127.0.1." + (1 + session % 3) + ":7000",
                        outcome == Outcome.OK
                                ? null
                                : outcome == Outcome.FAIL ? "CLUSTERDOWN" : "no answer in 250 ms"));
                if (outcome == Outcome.INFO) {
                    client = clients++;
                }
                now = call + took + random.nextLong(2 * MS * thinkMillis);
            }
        }
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("run", "register-mixed-" + seed);
        about.put("workload", "register");
        about.put("faults", "mixed");
        about.put("seed", seed);
        about.put("seconds", seconds);
        about.put("target", "cairn");
        about.put("nodes", 3);
        about.put("commit", "8a6b87d");
        about.put("started", "2026-11-21T06:40:00Z");
        about.put("shards", List.of(List.of(0, 8191, "1"), List.of(8192, 16383, "2")));
        List<Phase> phases = List.of(
                new Phase("set-up", 0, 800 * MS),
                new Phase("warm-up", 800 * MS, 6_000 * MS),
                new Phase("faults", 6_000 * MS, (seconds - 4) * 1_000L * MS),
                new Phase("final reads", (seconds - 4) * 1_000L * MS, seconds * 1_000L * MS));
        return new History(about, operations, faults, phases);
    }
}

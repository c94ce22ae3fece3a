package io.cairn.jepsen.check;

import io.cairn.jepsen.history.FaultWindow;
import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How long each fault was felt, and whether the cluster served again afterwards; from the history alone.
 *
 * <p>Reads of {@code about}: {@code shards} (see {@link Shards}), {@code recoverySeconds} ({@value #DEFAULT_RECOVERY_SECONDS}
 * when missing), {@code quorumLeft}: a map from a kind of fault to whether it leaves a quorum of every shard (a kind that is
 * missing is not held to anything while it lasts).
 *
 * <p>Only operations that were called once the fault was in force tell anything; one that was called before may have been served
 * before. Time in which nobody asked a shard is no outage ({@link Service#IDLE_NANOS}). What cannot be told, since the next fault
 * struck or the run ended too early or hardly anybody asked or the fault was over too soon, is counted as {@code undecided} and never as a
 * problem.
 *
 * <p>A problem is: a shard that served nothing in the whole run; a shard that served nothing while a fault lasted longer than
 * {@value #PATIENCE_SECONDS} s that leaves a quorum, with no other fault at work; a shard that took longer than {@code
 * recoverySeconds} to serve after a fault was healed.
 */
public final class Availability implements Checker {
    public static final String NAME = "availability";

    static final int DEFAULT_RECOVERY_SECONDS = 30;
    static final int PATIENCE_SECONDS = 10;

    /** A fault in force for less than this, like the transfer of a leader, has no while in which the cluster could serve. */
    static final long MOMENTARY_NANOS = 1_000_000_000L;

    private static final double SECOND = 1e9;
    private static final long MILLI = 1_000_000L;

    /**
     * How one fault was felt by the shard that felt it longest. Nanoseconds.
     *
     * @param gap from {@code begin} to the return of the first OK operation that was called after {@code struck}; null when a shard
     *     had none while the fault lasted
     * @param longest the longest time within {@code begin} and {@code healed} without such a return
     * @param recovery from {@code healed} to the return of the first OK operation that was called after it; null when that cannot
     *     be told
     * @param undecided rules that could not be judged, over all shards
     */
    public record Felt(
            FaultWindow fault,
            @Nullable Long gap,
            long longest,
            @Nullable Long recovery,
            int undecided) {}

    @Override
    public Finding check(History history) {
        return new Judgement(history).finding();
    }

    /** How each fault of the history was felt, in the history's order. */
    public static List<Felt> felt(History history) {
        return new Judgement(history).felt;
    }

    /** The work on one history. */
    private static final class Judgement {
        private final History history;
        private final Shards shards;
        private final List<Service> services = new ArrayList<>();
        private final long end;
        private final long recoveryLimit;
        private final List<String> problems = new ArrayList<>();
        private final List<Felt> felt = new ArrayList<>();
        private int undecided;

        Judgement(History history) {
            this.history = history;
            shards = new Shards(history);
            List<List<Operation>> byShard = new ArrayList<>();
            shards.names().forEach(name -> byShard.add(new ArrayList<>()));
            long last = 0;
            for (Operation operation : history.operations()) {
                int shard = shards.of(operation);
                if (shard >= 0) {
                    byShard.get(shard).add(operation);
                }
                last = Math.max(last, operation.ret());
            }
            end = last;
            byShard.forEach(operations -> services.add(new Service(operations)));
            recoveryLimit = history.about().get("recoverySeconds") instanceof Number seconds
                    ? (long) (seconds.doubleValue() * SECOND)
                    : DEFAULT_RECOVERY_SECONDS * (long) SECOND;
            wholeRun();
            history.faults().forEach(fault -> felt.add(judge(fault)));
        }

        private void wholeRun() {
            if (history.operations().isEmpty()) {
                problems.add("nobody asked anything in the whole run");
            }
            for (int shard = 0; shard < services.size(); shard++) {
                Service service = services.get(shard);
                if (service.asked() > 0 && service.served() == 0) {
                    problems.add(String.format(
                            Locale.ROOT,
                            "shard %s served none of %d operations in the whole run",
                            shards.names().get(shard),
                            service.asked()));
                }
            }
        }

        private Felt judge(FaultWindow fault) {
            int before = undecided;
            boolean momentary = fault.healing() - fault.struck() < MOMENTARY_NANOS;
            long horizon = horizon(fault);
            long gapUntil = momentary ? horizon : fault.healing();
            long gap = 0;
            long longest = 0;
            long recovery = 0;
            for (int shard = 0; shard < services.size(); shard++) {
                Service service = services.get(shard);
                if (service.asked() == 0) {
                    continue;
                }
                long answered = service.firstServed(fault.struck());
                boolean served = answered <= gapUntil;
                gap = served && gap >= 0 ? Math.max(gap, service.measured(fault.begin(), answered)) : -1;
                longest = Math.max(longest, service.longestSilence(fault.begin(), fault.struck(), fault.healed()));
                if (!served && Boolean.TRUE.equals(quorumLeft(fault))) {
                    judgeWhileItLasts(fault, shard);
                }
                long recovered = judgeRecovery(fault, shard, horizon);
                recovery = recovered >= 0 && recovery >= 0 ? Math.max(recovery, recovered) : -1;
            }
            return new Felt(fault, gap < 0 ? null : gap, longest, recovery < 0 ? null : recovery, undecided - before);
        }

        private @Nullable Object quorumLeft(FaultWindow fault) {
            return history.about().get("quorumLeft") instanceof Map<?, ?> kinds ? kinds.get(fault.kind()) : null;
        }

        /** Until when a fault is alone in what follows it: the begin of the next, or its own end if another is still at work. */
        private long horizon(FaultWindow fault) {
            long horizon = end;
            for (FaultWindow other : history.faults()) {
                if (!other.equals(fault) && other.healed() > fault.healed()) {
                    horizon = Math.min(horizon, Math.max(fault.healed(), other.begin()));
                }
            }
            return horizon;
        }

        private boolean alone(FaultWindow fault) {
            return history.faults().stream()
                    .noneMatch(other ->
                            !other.equals(fault) && other.begin() < fault.healing() && other.healed() > fault.begin());
        }

        private void judgeWhileItLasts(FaultWindow fault, int shard) {
            long lasted = fault.healing() - fault.struck();
            if (lasted <= PATIENCE_SECONDS * (long) SECOND
                    || !alone(fault)
                    || services.get(shard).measured(fault.struck(), fault.healing()) < lasted / 2) {
                undecided++;
                return;
            }
            problems.add(String.format(
                    Locale.ROOT,
                    "shard %s served nothing in the %.1f s in which %s (%s) was in force from %.3f s on, though it leaves a quorum",
                    shards.names().get(shard),
                    lasted / SECOND,
                    fault.kind(),
                    fault.what(),
                    fault.struck() / SECOND));
        }

        /** Nanoseconds that the shard took to serve after the fault was healed; -1 when that cannot be told. */
        private long judgeRecovery(FaultWindow fault, int shard, long horizon) {
            Service service = services.get(shard);
            long answered = service.firstServed(fault.healed());
            boolean served = answered <= horizon;
            long took = service.measured(fault.healed(), served ? answered : horizon);
            if (took > recoveryLimit) {
                problems.add(String.format(
                        Locale.ROOT,
                        "shard %s %s %.1f s after %s (%s) was healed at %.3f s; allowed are %.0f s",
                        shards.names().get(shard),
                        served ? "served again only" : "served nothing in the",
                        took / SECOND,
                        fault.kind(),
                        fault.what(),
                        fault.healed() / SECOND,
                        recoveryLimit / SECOND));
            } else if (!served) {
                undecided++;
            }
            return served ? took : -1;
        }

        Finding finding() {
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("shards", shards.names().size());
            List<String> unasked = new ArrayList<>();
            for (int shard = 0; shard < services.size(); shard++) {
                if (services.get(shard).asked() == 0) {
                    unasked.add(shards.names().get(shard));
                }
            }
            figures.put("unasked", unasked);
            figures.put("undecided", undecided);
            figures.put("byKind", byKind());
            return Finding.of(NAME, figures, problems);
        }

        private Map<String, Object> byKind() {
            Map<String, List<Felt>> kinds = new TreeMap<>();
            felt.forEach(one -> kinds.computeIfAbsent(one.fault().kind(), kind -> new ArrayList<>())
                    .add(one));
            Map<String, Object> figures = new LinkedHashMap<>();
            kinds.forEach((kind, all) -> figures.put(kind, figures(all)));
            return figures;
        }

        /** Times are of confirmed faults alone: one that was not in force was not felt. */
        private static Map<String, Object> figures(List<Felt> all) {
            List<Felt> confirmed =
                    all.stream().filter(one -> one.fault().confirmed()).toList();
            long[] gaps = confirmed.stream()
                    .map(Felt::gap)
                    .filter(gap -> gap != null)
                    .mapToLong(gap -> gap)
                    .toArray();
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("injections", all.size());
            figures.put("confirmed", confirmed.size());
            figures.put("unansweredWhileItLasted", confirmed.size() - gaps.length);
            figures.put("gap", spread(gaps));
            figures.put(
                    "longest",
                    spread(confirmed.stream().mapToLong(Felt::longest).toArray()));
            figures.put(
                    "recovery",
                    spread(confirmed.stream()
                            .map(Felt::recovery)
                            .filter(recovery -> recovery != null)
                            .mapToLong(recovery -> recovery)
                            .toArray()));
            return figures;
        }
    }

    /** Of nanoseconds: count, min, median, p90, max and all values in ascending order, in milliseconds. */
    private static Map<String, Object> spread(long[] nanos) {
        long[] millis = Arrays.stream(nanos)
                .sorted()
                .map(value -> Math.round(value / (double) MILLI))
                .toArray();
        Map<String, Object> spread = new LinkedHashMap<>();
        spread.put("count", millis.length);
        if (millis.length > 0) {
            spread.put("minMillis", millis[0]);
            spread.put("medianMillis", quantile(millis, 0.5));
            spread.put("p90Millis", quantile(millis, 0.9));
            spread.put("maxMillis", millis[millis.length - 1]);
            spread.put("allMillis", Arrays.stream(millis).boxed().toList());
        }
        return spread;
    }

    /** The smallest value that at least {@code share} of the values do not exceed (nearest rank). */
    public static long quantile(long[] sorted, double share) {
        return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
    }
}

package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.net.Counters;
import io.cairn.jepsen.net.Endpoint;
import io.cairn.jepsen.net.Imposed;
import io.cairn.jepsen.net.Link;
import io.cairn.jepsen.net.Network;
import io.cairn.jepsen.net.Rule;
import io.cairn.jepsen.process.TestCluster;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Links on which nothing passes for a while: every partition is one of these. */
final class Cut implements Fault {
    private static final int PROBES_AT_ONCE = 24;

    private final String kind;
    private final List<Integer> victims;
    private final Set<Link> links;
    private final boolean quorumLeft;
    private final long holdMillis;
    private @Nullable Imposed imposed;

    Cut(String kind, List<Integer> victims, Set<Link> links, boolean quorumLeft, long holdMillis) {
        this.kind = kind;
        this.victims = List.copyOf(victims);
        this.links = Set.copyOf(links);
        this.quorumLeft = quorumLeft;
        this.holdMillis = holdMillis;
    }

    @Override
    public String kind() {
        return kind;
    }

    @Override
    public List<Integer> victims() {
        return victims;
    }

    @Override
    public boolean quorumLeft() {
        return quorumLeft;
    }

    @Override
    public long holdMillis(long drawn) {
        return holdMillis;
    }

    @Override
    public void strike(TestCluster cluster) {
        imposed = Sides.network(cluster).impose(Rule.CUT, links);
    }

    @Override
    public void heal(TestCluster cluster) {
        Imposed now = imposed;
        if (now != null) {
            now.close();
        }
    }

    /** One PING from each endpoint to each process, and the counters of the cut links before and after them. */
    @Override
    public String confirm(TestCluster cluster) {
        Network network = Sides.network(cluster);
        Map<Link, Counters> before = counters(network);
        Map<Link, CompletableFuture<Proof.Ping>> pings = new HashMap<>();
        List<String> wrong = new ArrayList<>();
        int answered = 0;
        int silent = 0;
        ExecutorService threads = Executors.newFixedThreadPool(PROBES_AT_ONCE);
        try {
            for (Link probe : probes(cluster)) {
                if (!isCut(probe) && cutByAnother(network, probe)) {
                    continue;
                }
                int patience = isCut(probe) ? Proof.SILENCE_MILLIS : Proof.PATIENCE_MILLIS;
                pings.put(
                        probe,
                        CompletableFuture.supplyAsync(
                                () -> Proof.ping(
                                        cluster, probe.from(), probe.to().process(), patience),
                                threads));
            }
            for (Map.Entry<Link, CompletableFuture<Proof.Ping>> ping : pings.entrySet()) {
                Proof.Ping seen = ping.getValue().join();
                if (seen.answered() == isCut(ping.getKey())) {
                    wrong.add(ping.getKey() + " said " + seen.what());
                } else if (seen.answered()) {
                    answered++;
                } else {
                    silent++;
                }
            }
        } finally {
            threads.shutdownNow();
        }
        long held = compare(before, counters(network), wrong);
        if (!wrong.isEmpty() || silent == 0 || held == 0) {
            throw new UnconfirmedException("%s: %d probes silent, %d bytes came to a cut; not as it should be: %s"
                    .formatted(describe(), silent, held, wrong));
        }
        return "%d probes across silent, %d others answered, %d links forwarded nothing of %d bytes"
                .formatted(silent, answered, links.size(), held);
    }

    /** Every endpoint asks every process but itself; what does not run cannot answer and is not asked. */
    private static List<Link> probes(TestCluster cluster) {
        List<Link> probes = new ArrayList<>();
        for (int to = 0; to < cluster.processes(); to++) {
            if (Proof.runs(cluster, to)) {
                for (int from = 0; from < cluster.processes(); from++) {
                    if (from != to) {
                        probes.add(new Link(Endpoint.process(from), Endpoint.process(to)));
                    }
                    probes.add(new Link(Endpoint.beside(from), Endpoint.process(to)));
                }
                probes.add(new Link(Endpoint.OUTSIDE, Endpoint.process(to)));
            }
        }
        return probes;
    }

    /** A question needs its answer, so that a cut in either direction silences it. */
    private boolean isCut(Link probe) {
        return links.contains(probe) || links.contains(probe.back());
    }

    private static boolean cutByAnother(Network network, Link probe) {
        return network.rule(probe).cut() || network.rule(probe.back()).cut();
    }

    private Map<Link, Counters> counters(Network network) {
        Map<Link, Counters> counters = new HashMap<>();
        links.forEach(link -> counters.put(link, network.counters(link.from(), link.to())));
        return counters;
    }

    /** Returns how many bytes came to the cut links meanwhile; of them not one may have gone on. */
    private static long compare(Map<Link, Counters> before, Map<Link, Counters> after, List<String> wrong) {
        long came = 0;
        for (Map.Entry<Link, Counters> link : before.entrySet()) {
            Counters then = link.getValue();
            Counters now = after.get(link.getKey());
            if (now == null || now.forwarded() != then.forwarded()) {
                wrong.add(link.getKey() + " forwarded bytes");
            } else {
                came += now.received() - then.received() + now.held();
            }
        }
        return came;
    }

    @Override
    public String describe() {
        return kind + " of process "
                + String.join(", ", victims.stream().map(String::valueOf).toList());
    }
}

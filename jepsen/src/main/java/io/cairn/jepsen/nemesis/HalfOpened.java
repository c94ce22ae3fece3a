package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.net.Endpoint;
import io.cairn.jepsen.net.Network;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A process loses all its connections with the others, who are not told: theirs stay open and silent. */
final class HalfOpened implements Fault {
    /** On a busy machine a PING may take longer than silence is waited for. */
    private static final int PROBE_ATTEMPTS = 10;

    private static final long HOLD_MILLIS = 4_000;

    private final int victim;
    private final List<Network.HalfOpen> made = new ArrayList<>();
    private String seen = "nothing was tried";
    private boolean silent;

    HalfOpened(int victim) {
        this.victim = victim;
    }

    @Override
    public String kind() {
        return "half-open";
    }

    @Override
    public List<Integer> victims() {
        return List.of(victim);
    }

    @Override
    public long holdMillis(long drawn) {
        return HOLD_MILLIS;
    }

    @Override
    public void strike(TestCluster cluster) {
        Network network = Sides.network(cluster);
        Endpoint first = Endpoint.process((victim + 1) % cluster.processes());
        try (RawClient probe = answered(cluster, first)) {
            for (int other = 0; other < cluster.processes(); other++) {
                if (other != victim) {
                    made.add(network.halfOpen(Endpoint.process(victim), Endpoint.process(other)));
                }
            }
            seen = probe.call("PING").text();
        } catch (NotSentException e) {
            seen = String.valueOf(e.getMessage());
        } catch (OutcomeUnknownException e) {
            silent = e.getCause() instanceof SocketTimeoutException;
            seen = String.valueOf(e.getMessage());
        }
    }

    /** A connection that was answered once: the network knows it, it does not just wait to be accepted. */
    private RawClient answered(TestCluster cluster, Endpoint from) throws NotSentException {
        NotSentException last = null;
        for (int attempt = 0; attempt < PROBE_ATTEMPTS; attempt++) {
            RawClient probe = Proof.connect(cluster, from, victim, Proof.SILENCE_MILLIS);
            try {
                probe.call("PING");
                return probe;
            } catch (OutcomeUnknownException e) {
                probe.close();
                last = new NotSentException("the probe was not answered before the fault: " + e.getMessage(), e);
            }
        }
        throw Objects.requireNonNull(last);
    }

    @Override
    public String confirm(TestCluster cluster) {
        int connections = made.stream().mapToInt(Network.HalfOpen::connections).sum();
        if (!silent || connections < 2) {
            throw new UnconfirmedException("half-open: %d connections, the probe saw %s".formatted(connections, seen));
        }
        return "%d connections are open at one side only; a probe's that was among them took a PING and said: %s"
                .formatted(connections, seen);
    }

    @Override
    public void heal(TestCluster cluster) {
        made.forEach(half -> half.imposed().close());
        made.clear();
    }
}

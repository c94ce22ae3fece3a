package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.net.Endpoint;
import io.cairn.jepsen.net.Network;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import java.net.SocketTimeoutException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All connections of a process with some endpoints are reset, several times; new ones can be made at once. */
final class Resets implements Fault {
    private static final int TIMES = 5;
    private static final long BETWEEN_MILLIS = 300;

    private final String kind;
    private final int victim;
    private final List<Endpoint> others;
    private int resets;
    private @Nullable String seen;

    Resets(String kind, int victim, List<Endpoint> others) {
        this.kind = kind;
        this.victim = victim;
        this.others = List.copyOf(others);
    }

    @Override
    public String kind() {
        return kind;
    }

    @Override
    public List<Integer> victims() {
        return List.of(victim);
    }

    @Override
    public void strike(TestCluster cluster) {
        Network network = Sides.network(cluster);
        for (int i = 0; i < TIMES; i++) {
            if (i > 0) {
                Pauses.sleep(BETWEEN_MILLIS);
            }
            try (RawClient probe = Proof.connect(cluster, others.get(0), victim, Proof.PATIENCE_MILLIS)) {
                probe.call("PING");
                for (Endpoint other : others) {
                    resets += network.reset(Endpoint.process(victim), other);
                }
                hear(probe);
            } catch (NotSentException | OutcomeUnknownException e) {
                // The probe can end before it is reset when its process is also struck otherwise; others may be reset
                // yet.
                seen = seen == null ? null : seen;
            }
        }
    }

    private void hear(RawClient probe) {
        try {
            seen = "a reply " + probe.receive().text();
        } catch (OutcomeUnknownException e) {
            seen = e.getCause() instanceof SocketTimeoutException ? null : e.getMessage();
        }
    }

    @Override
    public String confirm(TestCluster cluster) {
        if (resets == 0 || (seen == null && Proof.runs(cluster, victim))) {
            throw new UnconfirmedException(
                    "%s: %d connections reset, the probe heard %s".formatted(kind, resets, seen));
        }
        return "%d connections reset in %d rounds; a probe heard: %s".formatted(resets, TIMES, seen);
    }

    @Override
    public void heal(TestCluster cluster) {
        // It was over when it was made.
    }
}

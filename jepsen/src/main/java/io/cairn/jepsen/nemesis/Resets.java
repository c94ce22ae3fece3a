package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.net.Endpoint;
import io.cairn.jepsen.net.Network;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import java.io.EOFException;
import java.net.SocketException;
import java.util.List;

/** All connections of a process with some endpoints are reset, several times; new ones can be made at once. */
final class Resets implements Fault {
    private static final int TIMES = 5;
    private static final long BETWEEN_MILLIS = 300;

    private final String kind;
    private final int victim;
    private final List<Endpoint> others;
    private int resets;
    private int probes;
    private String heard = "nothing";
    private boolean heardReset;

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
                probes++;
                for (Endpoint other : others) {
                    resets += network.reset(Endpoint.process(victim), other);
                }
                hear(probe);
            } catch (NotSentException | OutcomeUnknownException e) {
                // The probe can end before it is reset when its process is also struck otherwise; the next may not.
                heard = heardReset ? heard : String.valueOf(e.getMessage());
            }
        }
    }

    private void hear(RawClient probe) {
        try {
            String unasked = "a reply that nobody asked for, " + probe.receive().text();
            heard = heardReset ? heard : unasked;
        } catch (OutcomeUnknownException e) {
            boolean reset = e.getCause() instanceof SocketException || e.getCause() instanceof EOFException;
            heard = reset || !heardReset ? String.valueOf(e.getMessage()) : heard;
            heardReset |= reset;
        }
    }

    @Override
    public String confirm(TestCluster cluster) {
        if (resets <= probes || !heardReset) {
            throw new UnconfirmedException("%s: %d connections reset, %d of them probes; a probe heard: %s"
                    .formatted(kind, resets, probes, heard));
        }
        return "%d connections reset in %d rounds, %d of them probes; a probe heard: %s"
                .formatted(resets, TIMES, probes, heard);
    }

    @Override
    public void heal(TestCluster cluster) {
        // It was over when it was made.
    }
}

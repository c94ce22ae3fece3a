package io.cairn.jepsen.failover;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Timeouts;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Kills the first primary under a client that writes one key after the other to it, and looks from when on its replica, now the primary,
 * takes writes: the gap. What was acknowledged and is not there afterwards was lost.
 */
final class FailoverRace {
    private static final Timeouts IMPATIENT = new Timeouts(300, 500);
    private static final int SECONDS = 90;
    private static final long PAUSE_NANOS = 5_000_000;

    private final SixNodes nodes;
    private final List<String> acknowledged = new ArrayList<>();

    FailoverRace(SixNodes nodes) {
        this.nodes = nodes;
    }

    /**
     * What one kill cost.
     *
     * @param gapMillis from the kill to the next write that succeeds
     * @param lost of the acknowledged writes
     */
    record Outcome(long gapMillis, int acknowledged, int lost, Address heir) {}

    /** @param writes before the kill */
    Outcome run(int writes) throws Exception {
        Address first = nodes.node(0);
        RawClient client = RawClient.connect(first, Timeouts.PATIENT);
        Thread killer = null;
        long[] killed = {0};
        for (int i = 0; ; i++) {
            if (i == writes) {
                killer = new Thread(
                        () -> {
                            killed[0] = System.nanoTime();
                            nodes.killFirst();
                        },
                        "killer");
                killer.start();
            }
            String key = SixNodes.keyOfFirst(i);
            try {
                if (client.call("SET", key, "v").text().equals("OK")) {
                    acknowledged.add(key);
                }
            } catch (OutcomeUnknownException e) {
                break;
            }
        }
        Objects.requireNonNull(killer).join();
        Address heir = awaitHeir();
        long gap = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed[0]);
        return new Outcome(gap, acknowledged.size(), lost(heir), heir);
    }

    private Address awaitHeir() {
        String key = SixNodes.keyOfFirst(-1);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (System.nanoTime() < deadline) {
            for (int i = SixNodes.NODES / 2; i < SixNodes.NODES; i++) {
                if (takes(nodes.node(i), key)) {
                    return nodes.node(i);
                }
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        throw new IllegalStateException("nobody took the place of " + nodes.node(0));
    }

    private @Nullable RawClient[] clients = new RawClient[SixNodes.NODES];

    private boolean takes(Address node, String key) {
        int i = nodes.nodes().indexOf(node);
        RawClient client = clients[i];
        try {
            if (client == null || client.isClosed()) {
                client = RawClient.connect(node, IMPATIENT);
                clients[i] = client;
            }
            return client.call("SET", key, "v").text().equals("OK");
        } catch (NotSentException | OutcomeUnknownException e) {
            return false;
        }
    }

    private int lost(Address heir) throws NotSentException, OutcomeUnknownException {
        int lost = 0;
        try (RawClient client = RawClient.connect(heir, Timeouts.PATIENT)) {
            for (String key : acknowledged) {
                Reply reply = client.call("EXISTS", key);
                lost += reply.text().equals("1") ? 0 : 1;
            }
        }
        return lost;
    }

    /** Waits until all others find the cluster well again. */
    void awaitWell() {
        for (int i = 1; i < SixNodes.NODES; i++) {
            Address node = nodes.node(i);
            Await.until(
                    node + " finds the cluster well",
                    SECONDS,
                    () -> String.valueOf(nodes.reply(node, "CLUSTER", "INFO")).contains("cluster_state:ok"));
        }
    }
}

package io.cairn.gossip;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.Assertions;

/** A gossiping node on loopback that records its events. */
final class TestNode implements AutoCloseable {
    final String id;
    final int port;
    final List<String> events = new CopyOnWriteArrayList<>();
    final Gossip gossip;
    volatile long clients;

    TestNode(GossipThreads threads, int idNumber, int port, String secret, int... seeds) throws GossipException {
        this.id = String.format(Locale.ROOT, "%040x", idNumber);
        this.port = port;
        NodeInfo info =
                new NodeInfo(id, System.currentTimeMillis(), "127.0.0.1", port + 100, port, 0, "p", "", "", "test");
        List<SeedAddress> addresses = java.util.Arrays.stream(seeds)
                .mapToObj(seed -> new SeedAddress("127.0.0.1", seed))
                .toList();
        GossipOptions options = new GossipOptions(
                threads,
                "127.0.0.1",
                port,
                info,
                addresses,
                secret,
                () -> new SoftState(0, clients, 1, 2, 3, true, "s", "", 0, 7));
        this.gossip = Gossip.start(options, new GossipListener() {
            @Override
            public void joined(Peer peer) {
                add("joined", peer);
            }

            @Override
            public void updated(Peer peer) {
                add("updated", peer);
            }

            @Override
            public void suspected(Peer peer) {
                add("suspected", peer);
            }

            @Override
            public void recovered(Peer peer) {
                add("recovered", peer);
            }

            @Override
            public void left(Peer peer) {
                add("left", peer);
            }
        });
    }

    private void add(String what, Peer peer) {
        events.add(what + " " + Integer.parseInt(peer.info().nodeId(), 16));
    }

    boolean sees(TestNode other, Health health) {
        return gossip.member(other.id).map(peer -> peer.health() == health).orElse(false);
    }

    void vanish() {
        ((SwimGossip) gossip).vanish();
    }

    @Override
    public void close() {
        gossip.close();
    }

    static void eventually(String what, long withinMillis, BooleanSupplier holds) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(withinMillis);
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                Assertions.fail("not within " + withinMillis + " ms: " + what);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }
}

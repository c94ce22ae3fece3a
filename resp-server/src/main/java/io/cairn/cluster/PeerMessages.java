package io.cairn.cluster;

import io.cairn.command.Subscriptions.Kind;
import io.cairn.pubsub.Hub;
import io.cairn.pubsub.Spread;
import io.cairn.raft.group.PeerException;
import io.cairn.raft.group.RaftHost;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.Shard;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pub/sub between the nodes of a cluster: what is published at one node goes to all others of the map, what is published on a shard
 * channel to those of its shard, at most once and in the order of publishing. Best effort, as Redis Cluster's bus: what does not fit
 * into the bounds, or was under way to a node that does not answer, is dropped and counted.
 *
 * <p>Publishers only put a message into the outbox; one thread of the process does the rest.
 */
final class PeerMessages implements Spread, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PeerMessages.class);

    /** "Messages for your subscribers": part of the wire format, beside {@code MessageTypes}. */
    private static final byte MESSAGES = 33;
    /** Bytes that publishers may have handed over before they are in the nodes' queues. */
    static final long MAX_OUTBOX_BYTES = 16L << 20;

    /** Memory for messages of all nodes that have begun to arrive. */
    private static final long MAX_BEGUN_BYTES = 64L << 20;

    private static final int OVERHEAD = 64;
    /** How long a node has to take a part, milliseconds. */
    private static final long ANSWER_MILLIS = 3_000;

    private static final byte[] TAKEN = {};

    private final Topology topology;
    private final RaftHost host;
    private final Hub hub;
    private final Executor thread;
    private final Queue<Outgoing> outbox = new ConcurrentLinkedQueue<>();
    private final AtomicLong outboxBytes = new AtomicLong();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final LongAdder sent = new LongAdder();
    private final LongAdder received = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private volatile boolean closed;
    /** The rest belongs to the thread. */
    private final Map<String, PeerStream> streams = new HashMap<>();

    private final Map<String, PeerInbox> inboxes = new HashMap<>();
    private ClusterMap map = ClusterMap.EMPTY;
    private List<String> everybody = List.of();
    private List<String> ownShard = List.of();

    private record Outgoing(Kind kind, byte[] message) {}

    PeerMessages(Topology topology, RaftHost host, Hub hub, Executor thread) {
        this.topology = topology;
        this.host = host;
        this.hub = hub;
        this.thread = thread;
        host.handle(MESSAGES, false, (from, payload) -> receive(from.nodeId(), payload));
    }

    void bindMetrics(MeterRegistry registry, Tags tags) {
        counter(registry, tags, "cairn_pubsub_cluster_sent", "Messages sent to other nodes", sent);
        counter(registry, tags, "cairn_pubsub_cluster_received", "Messages received from other nodes", received);
        counter(registry, tags, "cairn_pubsub_cluster_dropped", "Messages that other nodes may miss", dropped);
    }

    private static void counter(MeterRegistry registry, Tags tags, String name, String help, LongAdder value) {
        FunctionCounter.builder(name, value, LongAdder::sum)
                .description(help)
                .tags(tags)
                .register(registry);
    }

    @Override
    public void send(Kind kind, byte[] channel, byte[] message) {
        long cost = OVERHEAD + (long) channel.length + message.length;
        long waiting = outboxBytes.addAndGet(cost);
        if (closed || (waiting > MAX_OUTBOX_BYTES && waiting > cost)) {
            outboxBytes.addAndGet(-cost);
            dropped.increment();
            return;
        }
        outbox.add(new Outgoing(kind, PeerInbox.encode(kind, channel, message)));
        if (scheduled.compareAndSet(false, true)) {
            execute(this::distribute);
        }
    }

    private void execute(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("messages between nodes have stopped", e);
        }
    }

    private void distribute() {
        scheduled.set(false);
        follow(topology.map());
        for (Outgoing next = outbox.poll(); next != null; next = outbox.poll()) {
            outboxBytes.addAndGet(-(OVERHEAD + (long) next.message.length - PeerInbox.HEAD_BYTES));
            for (String node : next.kind == Kind.SHARD ? ownShard : everybody) {
                PeerStream stream = streams.get(node);
                if (stream != null && stream.offer(next.message)) {
                    sent.increment();
                } else {
                    dropped.increment();
                }
            }
        }
        streams.forEach(this::send);
    }

    /** Who is there to be sent to. */
    private void follow(ClusterMap now) {
        if (now == map) {
            return;
        }
        map = now;
        String self = topology.self().id();
        Shard own = now.shardOfNode(self);
        List<String> all = new ArrayList<>();
        List<String> shard = new ArrayList<>();
        for (ClusterNode node : now.activeNodes()) {
            if (!node.id().equals(self)) {
                all.add(node.id());
                streams.computeIfAbsent(
                        node.id(),
                        id -> new PeerStream(ThreadLocalRandom.current().nextLong()));
                if (own != null && own.hasMember(node.id())) {
                    shard.add(node.id());
                }
            }
        }
        everybody = List.copyOf(all);
        ownShard = List.copyOf(shard);
        streams.keySet().retainAll(Set.copyOf(all));
        inboxes.keySet().retainAll(Set.copyOf(all));
    }

    private void send(String node, PeerStream stream) {
        byte[] part = closed ? null : stream.next();
        if (part == null) {
            return;
        }
        host.sendBulk(node, MESSAGES, part)
                .orTimeout(ANSWER_MILLIS, TimeUnit.MILLISECONDS)
                .whenComplete((answer, failure) -> execute(() -> {
                    if (failure == null) {
                        stream.arrived();
                    } else {
                        // What was in the part is not known to have arrived; counted as one.
                        dropped.add(1L + stream.lost());
                        LOG.debug("messages to {} were dropped: {}", node, failure.getMessage());
                    }
                    if (streams.get(node) == stream) {
                        send(node, stream);
                    }
                }));
    }

    private CompletableFuture<byte[]> receive(String node, byte[] part) {
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        try {
            thread.execute(() -> {
                try {
                    inboxes.computeIfAbsent(node, id -> new PeerInbox()).part(part, (kind, channel, message) -> {
                        received.increment();
                        hub.announce(kind, channel, message);
                    });
                    if (inboxes.values().stream()
                                    .mapToLong(PeerInbox::heldBytes)
                                    .sum()
                            > MAX_BEGUN_BYTES) {
                        throw new IllegalArgumentException("too much has begun to arrive");
                    }
                    answer.complete(TAKEN);
                } catch (RuntimeException | OutOfMemoryError e) {
                    inboxes.remove(node);
                    LOG.debug("messages of node {} were not taken", node, e);
                    answer.completeExceptionally(new PeerException("not taken: " + e.getMessage()));
                }
            });
        } catch (RejectedExecutionException e) {
            answer.completeExceptionally(new PeerException("the node stops"));
        }
        return answer;
    }

    @Override
    public void close() {
        closed = true;
    }
}

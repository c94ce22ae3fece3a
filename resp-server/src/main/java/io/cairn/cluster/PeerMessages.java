package io.cairn.cluster;

import io.cairn.command.Subscriptions.Kind;
import io.cairn.pubsub.Hub;
import io.cairn.pubsub.Spread;
import io.cairn.raft.group.PeerException;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
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
import java.util.function.Supplier;
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

    /** Bytes that publishers may have handed over before they are in the nodes' queues. */
    static final long MAX_OUTBOX_BYTES = 16L << 20;

    /** Memory for messages of all nodes that have begun to arrive. */
    private static final long MAX_BEGUN_BYTES = 64L << 20;

    private static final int OVERHEAD = 64;
    /** How long a node has to take a part, milliseconds. */
    private static final long ANSWER_MILLIS = 3_000;

    private static final byte[] TAKEN = {};

    private final Supplier<Audience> audiences;
    private final PeerCourier courier;
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
    private Audience audience = Audience.NOBODY;

    /**
     * Whom messages go to: another object whenever somebody comes or goes.
     *
     * @param everybody ids of all other nodes
     * @param shard ids of the other nodes of this node's shard
     */
    record Audience(List<String> everybody, List<String> shard) {
        static final Audience NOBODY = new Audience(List.of(), List.of());

        Audience {
            everybody = List.copyOf(everybody);
            shard = List.copyOf(shard);
        }
    }

    private record Outgoing(Kind kind, byte[] message) {}

    /** @param audiences asked on {@code thread} only */
    PeerMessages(Supplier<Audience> audiences, PeerCourier courier, Hub hub, Executor thread) {
        this.audiences = audiences;
        this.courier = courier;
        this.hub = hub;
        this.thread = thread;
        courier.receive(this::receive);
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
        follow(audiences.get());
        for (Outgoing next = outbox.poll(); next != null; next = outbox.poll()) {
            outboxBytes.addAndGet(-(OVERHEAD + (long) next.message.length - PeerInbox.HEAD_BYTES));
            for (String node : next.kind == Kind.SHARD ? audience.shard() : audience.everybody()) {
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

    /** Of the same audience there is nothing new; whether another says the same is not worth asking. */
    @SuppressWarnings("ReferenceEquality")
    private void follow(Audience now) {
        if (now == audience) {
            return;
        }
        audience = now;
        for (String node : now.everybody()) {
            streams.computeIfAbsent(
                    node, id -> new PeerStream(ThreadLocalRandom.current().nextLong(), courier.partBytes()));
        }
        streams.keySet().retainAll(Set.copyOf(now.everybody()));
        inboxes.keySet().retainAll(Set.copyOf(now.everybody()));
    }

    private void send(String node, PeerStream stream) {
        byte[] part = closed ? null : stream.next();
        if (part == null) {
            return;
        }
        courier.send(node, part)
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

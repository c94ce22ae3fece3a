package io.cairn.pubsub;

import io.cairn.command.GlobPattern;
import io.cairn.command.PubSub;
import io.cairn.command.Subscriptions.Kind;
import io.netty.channel.EventLoop;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Pub/sub of one node. Here is which names have how many subscribers on which event loops; who they are is known to the loop
 * alone ({@link Mailbox}). Any thread.
 */
public final class Hub implements PubSub {
    private static final long LEAST_QUEUE_BYTES = 2L << 20;
    private static final long MOST_QUEUE_BYTES = 64L << 20;
    private static final int HEAP_SHARE = 64;

    private final Map<Kind, ConcurrentHashMap<Name, Topic>> topics = new EnumMap<>(Kind.class);
    private final ConcurrentHashMap<EventLoop, Mailbox> mailboxes = new ConcurrentHashMap<>();
    private final long maxQueuedBytes;
    private volatile Spread spread = Spread.NONE;
    private volatile Predicate<byte[]> served = channel -> true;

    /** With queues in proportion to the heap. */
    public Hub() {
        this(Math.max(
                LEAST_QUEUE_BYTES,
                Math.min(MOST_QUEUE_BYTES, Runtime.getRuntime().maxMemory() / HEAP_SHARE)));
    }

    /** @param maxQueuedBytes of messages on their way to the subscribers of one event loop */
    Hub(long maxQueuedBytes) {
        this.maxQueuedBytes = maxQueuedBytes;
        for (Kind kind : Kind.values()) {
            topics.put(kind, new ConcurrentHashMap<>());
        }
    }

    /** How messages reach other nodes. */
    public void spread(Spread to) {
        spread = to;
    }

    /** A connection's subscriptions, none at first. */
    public Subscriber subscriber(Outlet outlet) {
        EventLoop loop = outlet.eventLoop();
        return new Subscriber(this, mailboxes.computeIfAbsent(loop, this::mailbox), outlet);
    }

    private Mailbox mailbox(EventLoop loop) {
        return new Mailbox(loop, maxQueuedBytes);
    }

    @Override
    public int publish(Kind kind, byte[] channel, byte[] message) {
        int receivers = announce(kind, channel, message);
        Mailbox own = receivers == 0 ? null : own();
        if (own != null) {
            own.drain();
        }
        spread.send(kind, channel, message);
        return receivers;
    }

    /** The mailbox of the event loop that this runs on. */
    private @Nullable Mailbox own() {
        for (Mailbox mailbox : mailboxes.values()) {
            if (mailbox.loop.inEventLoop()) {
                return mailbox;
            }
        }
        return null;
    }

    @Override
    public int announce(Kind kind, byte[] channel, byte[] message) {
        int receivers = 0;
        Name name = new Name(channel);
        Topic topic = topics(kind).get(name);
        if (topic != null) {
            receivers = topic.subscribers;
            topic.offer(Frame.message(kind, name, message));
        }
        if (kind == Kind.CHANNEL) {
            for (Map.Entry<Name, Topic> each : topics(Kind.PATTERN).entrySet()) {
                if (new GlobPattern(each.getKey().bytes, false).matches(channel)) {
                    receivers += each.getValue().subscribers;
                    each.getValue().offer(Frame.patternMessage(each.getKey(), channel, message));
                }
            }
        }
        return receivers;
    }

    @Override
    public boolean hasListeners() {
        return !topics(Kind.CHANNEL).isEmpty() || !topics(Kind.PATTERN).isEmpty();
    }

    @Override
    public int subscribers(Kind kind, byte[] name) {
        Topic topic = topics(kind).get(new Name(name));
        return topic == null ? 0 : topic.subscribers;
    }

    @Override
    public int names(Kind kind) {
        return topics(kind).size();
    }

    @Override
    public void forEachName(Kind kind, Consumer<byte[]> visitor) {
        topics(kind).keySet().forEach(name -> visitor.accept(name.bytes));
    }

    /**
     * Which shard channels this node serves from now on: subscribers of others lose their subscription and are told so. Redis:
     * removeChannelsInSlot.
     */
    public void serves(Predicate<byte[]> channels) {
        served = channels;
        topics(Kind.SHARD).forEach((name, topic) -> {
            if (!channels.test(name.bytes)) {
                topic.offer(Frame.unsubscribe(name));
            }
        });
    }

    /** On the event loop of the subscriber. */
    void added(Kind kind, Name name, Mailbox mailbox) {
        topics(kind).compute(name, (n, old) -> Topic.plus(old, mailbox));
        if (kind == Kind.SHARD && !served.test(name.bytes)) {
            // The slot went away between the check of the command and now.
            mailbox.offer(Frame.unsubscribe(name));
        }
    }

    void removed(Kind kind, Name name, Mailbox mailbox) {
        topics(kind).computeIfPresent(name, (n, old) -> old.minus(mailbox));
    }

    private ConcurrentHashMap<Name, Topic> topics(Kind kind) {
        return java.util.Objects.requireNonNull(topics.get(kind));
    }
}

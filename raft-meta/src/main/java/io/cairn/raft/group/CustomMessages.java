package io.cairn.raft.group;

import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The messages of the layers above: handlers by type, and requests that wait for a connection but not for ever. */
final class CustomMessages {
    /** Requests that may wait for an answer at once. */
    static final int MAX_WAITING = 1_024;

    private record Registered(Handler handler, boolean whileUnformed) {}

    private final RaftHost host;
    private final Map<Byte, Registered> handlers = new ConcurrentHashMap<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final Lane answers;

    CustomMessages(RaftHost host) {
        this.host = host;
        this.answers = new Lane(host.threads().workers());
    }

    void register(byte type, boolean whileUnformed, Handler handler) {
        if (handlers.putIfAbsent(type, new Registered(handler, whileUnformed)) != null) {
            throw new IllegalStateException("message type " + type + " has a handler");
        }
    }

    void handle(Inbound from, Frame frame) {
        Registered registered = handlers.get(frame.type());
        if (registered == null
                || !(from.formed() || registered.whileUnformed())
                || (from.sender().clusterId() != null
                        && host.addresses().isRemoved(from.sender().nodeId()))) {
            from.fail(frame.id(), "message type " + frame.type() + " is not accepted from you here");
            return;
        }
        CompletableFuture<byte[]> answer;
        try {
            answer = registered.handler().handle(from.sender(), frame.payload());
        } catch (RuntimeException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        answer.whenComplete((payload, failure) -> {
            if (failure != null) {
                from.fail(frame.id(), String.valueOf(failure.getMessage()));
            } else if (payload.length > RaftHost.MAX_MESSAGE_BYTES) {
                from.fail(frame.id(), "the answer is too large");
            } else {
                from.answer(frame.id(), payload);
            }
        });
    }

    CompletableFuture<byte[]> send(PeerLink link, byte type, byte[] payload) {
        boolean unformed = false;
        Registered registered = handlers.get(type);
        if (registered != null) {
            unformed = registered.whileUnformed();
        }
        return send(link, type, payload, unformed);
    }

    /** To a mere address anything may be sent: the other side decides. */
    CompletableFuture<byte[]> send(@Nullable PeerLink link, InetSocketAddress address, byte type, byte[] payload) {
        if (link == null) {
            return CompletableFuture.failedFuture(new PeerException("too many connections, none left for " + address));
        }
        return send(link, type, payload, true);
    }

    private CompletableFuture<byte[]> send(PeerLink link, byte type, byte[] payload, boolean unformed) {
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        if (payload.length > RaftHost.MAX_MESSAGE_BYTES) {
            answer.completeExceptionally(new PeerException("a message of " + payload.length + " bytes is too large"));
            return answer;
        }
        if (waiting.incrementAndGet() > MAX_WAITING) {
            waiting.decrementAndGet();
            answer.completeExceptionally(new PeerException("too many messages wait for answers"));
            return answer;
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RaftHost.SEND_TIMEOUT_MILLIS);
        Future<?> timeout = host.threads()
                .ticker()
                .schedule(
                        () -> host.threads()
                                .workers()
                                .execute(() -> answer.completeExceptionally(new PeerException(PeerException.LATE))),
                        RaftHost.SEND_TIMEOUT_MILLIS,
                        TimeUnit.MILLISECONDS);
        answer.whenComplete((ok, failure) -> {
            waiting.decrementAndGet();
            timeout.cancel(false);
        });
        attempt(link, type, payload, unformed, deadline, answer);
        return answer;
    }

    private void attempt(
            PeerLink link,
            byte type,
            byte[] payload,
            boolean unformed,
            long deadlineNanos,
            CompletableFuture<byte[]> answer) {
        long leftMillis = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
        if (leftMillis <= 0 || answer.isDone()) {
            return;
        }
        link.request(
                (allocator, id) -> Frame.of(allocator, Frame.CUSTOM, type, id, type, payload),
                answers,
                leftMillis,
                false,
                unformed,
                new Call() {
                    @Override
                    public void answered(Frame frame) {
                        answer.complete(frame.payload());
                    }

                    @Override
                    public void failed(Cause cause, String why) {
                        if (cause == Cause.NOT_CONNECTED) {
                            link.whenUp(
                                    () -> attempt(link, type, payload, unformed, deadlineNanos, answer),
                                    unformed,
                                    deadlineNanos);
                        } else {
                            answer.completeExceptionally(new PeerException(why));
                        }
                    }
                });
    }
}

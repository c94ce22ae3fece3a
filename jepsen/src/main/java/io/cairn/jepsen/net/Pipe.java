package io.cairn.jepsen.net;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** One direction of a proxied connection. Network thread only. */
final class Pipe {
    /** Bound of what one direction holds; beyond it the sender is not read, and TCP holds it back. */
    static final int MAX_HELD_BYTES = 256 * 1024;

    /** How the sender ended. */
    private enum Ending {
        NOT,
        FIN,
        RST
    }

    private record Chunk(ByteBuffer bytes, long releaseNanos) {}

    private final Connection connection;
    private final Wire wire;
    private final End from;
    private final End to;
    private final SplittableRandom random;
    private final Deque<Chunk> waiting = new ArrayDeque<>();
    private int held;
    private long lastReleaseNanos = System.nanoTime();
    private int ruleVersion;
    private long underRule;
    private Ending ending = Ending.NOT;
    private boolean told;
    private boolean blocked;

    Pipe(Connection connection, Wire wire, End from, End to, SplittableRandom random) {
        this.connection = connection;
        this.wire = wire;
        this.from = from;
        this.to = to;
        this.random = random;
        this.ruleVersion = wire.version();
    }

    Wire wire() {
        return wire;
    }

    int held() {
        return held;
    }

    /** Whether the receiver knows that the sender ended. */
    boolean told() {
        return told;
    }

    boolean wantsRead() {
        return ending == Ending.NOT && held < MAX_HELD_BYTES;
    }

    boolean wantsWrite() {
        return blocked;
    }

    /** Takes what the sender has sent, once, and hands on what may pass. */
    void readable(ByteBuffer scratch) {
        if (!wantsRead()) {
            return;
        }
        Rule rule = wire.rule();
        scratch.clear().limit(Math.min(rule.chunkBytes(), MAX_HELD_BYTES - held));
        int n;
        try {
            n = from.channel.read(scratch);
        } catch (IOException e) {
            ending = Ending.RST;
            connection.ended(from);
            flush();
            return;
        }
        if (n < 0) {
            ending = Ending.FIN;
            connection.ended(from);
        } else if (n > 0) {
            wire.received(n);
            scratch.flip();
            take(scratch, rule);
        }
        flush();
    }

    private void take(ByteBuffer bytes, Rule rule) {
        boolean free = waiting.isEmpty() && rule.equals(Rule.PASS) && !to.connecting;
        if (free && !write(bytes)) {
            return;
        }
        if (bytes.hasRemaining()) {
            ByteBuffer copy = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
            held += copy.remaining();
            waiting.add(new Chunk(copy, release(copy.remaining(), rule)));
        }
    }

    private long release(int bytes, Rule rule) {
        long now = System.nanoTime();
        if (!rule.timed()) {
            return now;
        }
        long release = now + rule.delayNanos();
        if (rule.jitterNanos() > 0) {
            release += random.nextLong(rule.jitterNanos());
        }
        if (rule.loss() > 0) {
            // Each retransmission may be lost as well, and waits twice as long.
            for (long wait = Rule.RETRANSMIT_NANOS;
                    wait <= 8 * Rule.RETRANSMIT_NANOS && random.nextDouble() < rule.loss();
                    wait *= 2) {
                release += wait;
            }
        }
        release = Math.max(release, lastReleaseNanos);
        if (rule.bytesPerSecond() > 0) {
            release += TimeUnit.SECONDS.toNanos(bytes) / rule.bytesPerSecond();
        }
        lastReleaseNanos = release;
        return release;
    }

    /** Hands on what may pass now. */
    void flush() {
        blocked = false;
        Rule rule = wire.rule();
        if (!rule.cut() && !to.connecting && !told) {
            long now = System.nanoTime();
            while (!waiting.isEmpty() && !blocked) {
                Chunk head = waiting.getFirst();
                if (rule.timed() && head.releaseNanos() - now > 0) {
                    connection.wakeAt(head.releaseNanos());
                    break;
                }
                int before = head.bytes().remaining();
                boolean goesOn = write(head.bytes());
                if (!goesOn) {
                    return;
                }
                held -= before - head.bytes().remaining();
                if (head.bytes().hasRemaining()) {
                    blocked = true;
                } else {
                    waiting.removeFirst();
                }
            }
            if (waiting.isEmpty() && ending != Ending.NOT) {
                tell();
                return;
            }
        }
        from.updateInterest();
        to.updateInterest();
    }

    /** Writes what the receiver takes; false when that was the end of the connection. */
    private boolean write(ByteBuffer bytes) {
        if (ruleVersion != wire.version()) {
            ruleVersion = wire.version();
            underRule = 0;
        }
        long most = wire.rule().resetAfterBytes();
        int limit = bytes.limit();
        if (most > 0 && bytes.remaining() > most - underRule) {
            bytes.limit(bytes.position() + (int) (most - underRule));
        }
        int n;
        try {
            n = to.channel.write(bytes);
        } catch (IOException e) {
            connection.dead(to);
            return false;
        } finally {
            bytes.limit(limit);
        }
        wire.forwarded(n);
        underRule += n;
        if (most > 0 && underRule >= most) {
            wire.reset();
            connection.reset();
            return false;
        }
        return true;
    }

    private void tell() {
        told = true;
        if (ending == Ending.RST) {
            connection.reset();
        } else {
            to.shutdownOutput();
            connection.closeIfOver();
            from.updateInterest();
            to.updateInterest();
        }
    }

    /** The sender is found dead by a write to it: what it has sent still passes, then the receiver hears of it. */
    void senderDied() {
        ending = Ending.RST;
        told = false;
        flush();
    }

    /** The receiver is dead, what waits for it is nobody's. */
    void receiverDied() {
        waiting.clear();
        held = 0;
        blocked = false;
        ending = Ending.FIN;
        told = true;
    }
}

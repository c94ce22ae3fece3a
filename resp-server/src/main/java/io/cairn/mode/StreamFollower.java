package io.cairn.mode;

import io.cairn.command.FollowerLink;
import io.cairn.command.FollowerTraits;
import io.cairn.command.Replication;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** One who gets the stream of changes, and what waits for it while the data is on its way. Any thread. Redis: SLAVE_STATE_*. */
final class StreamFollower {
    /** Changes that may wait in any case while the data is on its way, bytes. */
    private static final long MAX_WAITING_BYTES = 1L << 30;

    /** How far it is. */
    enum State {
        /** No data is being made for it yet; changes are in the data to come. */
        WAITING,
        /** Data of a moment is being made; changes since then are kept. */
        MAKING,
        /** Data of a moment is being made and goes out as it is made; changes since then are kept. */
        STREAMING,
        /** The data is being sent; changes since its moment are kept. */
        SENDING,
        /** All data is sent, and it reads up to a mark: changes are kept until it says that it has found that. */
        AWAITING_SIGN,
        /** Changes are sent as they come. */
        ONLINE,
        /** It wanted the data only. */
        SERVED,
        GONE
    }

    final FollowerLink link;
    final FollowerTraits traits;
    /** It knows no positions, and acknowledges nothing (SYNC). */
    final boolean silent;

    private final AtomicLong allWaitingBytes;
    private List<byte[]> waiting = new ArrayList<>();
    private long waitingBytes;
    private State state = State.WAITING;

    /** @param allWaitingBytes of all followers together */
    StreamFollower(FollowerLink link, FollowerTraits traits, boolean silent, AtomicLong allWaitingBytes) {
        this.link = link;
        this.traits = traits;
        this.silent = silent;
        this.allWaitingBytes = allWaitingBytes;
    }

    synchronized State state() {
        return state;
    }

    /** @param limit client-output-buffer-limit replica, bytes; 0 for none */
    synchronized void send(byte[] bytes, long limit) {
        switch (state) {
            case ONLINE -> {
                // The connection's own bound is looked at by its event loop, which may be busy for long.
                if (limit > 0 && link.queuedBytes() > limit) {
                    drop();
                    link.close();
                } else {
                    link.send(bytes);
                }
            }
            case MAKING, STREAMING, SENDING, AWAITING_SIGN -> {
                long most = limit == 0 ? MAX_WAITING_BYTES : Math.min(limit, MAX_WAITING_BYTES);
                if (traits.dataOnly()) {
                    return;
                }
                if (waitingBytes + bytes.length > most) {
                    drop();
                    link.close();
                } else {
                    waiting.add(bytes);
                    waits(bytes.length);
                }
            }
            case WAITING, SERVED, GONE -> {}
        }
    }

    private void waits(long bytes) {
        waitingBytes += bytes;
        allWaitingBytes.addAndGet(bytes);
    }

    /** Goes on, unless it is gone. */
    synchronized void become(State next) {
        if (state == State.GONE) {
            return;
        }
        state = next;
        if (next == State.ONLINE) {
            waiting.forEach(link::send);
            waiting = List.of();
            waits(-waitingBytes);
        }
    }

    /** It has acknowledged something. */
    synchronized void acknowledged() {
        if (state == State.AWAITING_SIGN) {
            become(State.ONLINE);
        }
    }

    /** Nothing more is kept for it, or sent to it. */
    synchronized void drop() {
        state = State.GONE;
        waiting = List.of();
        waits(-waitingBytes);
    }

    /** Whether anything is to be sent to it. */
    boolean isWanted() {
        return link.isOpen() && state() != State.GONE;
    }

    boolean isOnline() {
        State now = state();
        return now == State.ONLINE || now == State.AWAITING_SIGN;
    }

    /** A sign of life while it waits for data that is not being sent yet: between its bytes it would be one of them. Redis: replicationCron. */
    synchronized void reassure() {
        if (state == State.WAITING || state == State.MAKING) {
            link.send("\n".getBytes(StandardCharsets.US_ASCII));
        }
    }

    /** As INFO and ROLE show it. */
    Replication.Replica view(long nowMillis) {
        String name = switch (state()) {
            case WAITING, MAKING, STREAMING -> "wait_bgsave";
            case SENDING -> "send_bulk";
            case AWAITING_SIGN, ONLINE -> "online";
            case SERVED -> "rdb_transmitted";
            case GONE -> "";
        };
        long lagMillis = isOnline() ? Math.max(0, nowMillis - link.lastHeardMillis()) : 0;
        return new Replication.Replica(
                link.host(), link.port(), link.acknowledged(), lagMillis / 1000, name, link.durable(), lagMillis);
    }
}

package io.cairn.jepsen.net;

/** A proxied connection: who dialled, who was dialled, and a pipe each way. Network thread only. */
final class Connection {
    private final Network.Loop loop;
    private final Listener listener;
    final Endpoint dialler;
    final Endpoint dialled;
    private final End near;
    private final End far;
    private final Pipe there;
    private final Pipe back;
    private long wakeAtNanos = Long.MAX_VALUE;
    private boolean dialling;
    private boolean over;
    private boolean halfOpen;

    /** @param far not yet connected: {@link #dialIfItMay} does that */
    Connection(Network.Loop loop, Listener listener, Endpoint dialler, End near, End far) {
        this.loop = loop;
        this.listener = listener;
        this.dialler = dialler;
        this.dialled = listener.endpoint();
        this.near = near;
        this.far = far;
        far.connecting = true;
        far.idle = true;
        there = new Pipe(this, loop.wire(dialler, dialled), near, far, loop.random());
        back = new Pipe(this, loop.wire(dialled, dialler), far, near, loop.random());
        near.attach(there, back);
        far.attach(back, there);
        there.wire().connections(1);
    }

    Pipe pipe(Wire wire) {
        return there.wire() == wire ? there : back;
    }

    boolean over() {
        return over;
    }

    /** A SYN passes no cut; what the dialler sends meanwhile waits with it. */
    void dialIfItMay() {
        if (!dialling && !there.wire().rule().cut()) {
            dialling = true;
            far.idle = false;
            if (!listener.dial(far, dialler)) {
                refused();
                return;
            }
        }
        near.updateInterest();
        far.updateInterest();
    }

    /** The dialled socket can tell whether it is connected. */
    void connectable() {
        try {
            if (!far.channel.finishConnect()) {
                return;
            }
        } catch (java.io.IOException e) {
            refused();
            return;
        }
        far.connecting = false;
        rulesChanged();
    }

    private void refused() {
        listener.refused();
        back.senderDied();
        if (!over) {
            far.close(true);
        }
    }

    void rulesChanged() {
        if (over || halfOpen) {
            return;
        }
        if (!dialling) {
            dialIfItMay();
        }
        if (!over) {
            there.flush();
        }
        if (!over) {
            back.flush();
        }
    }

    void readable(End end, java.nio.ByteBuffer scratch) {
        (end == near ? there : back).readable(scratch);
    }

    void writable(End end) {
        (end == near ? back : there).flush();
    }

    void wakeAt(long nanos) {
        if (wakeAtNanos == Long.MAX_VALUE || nanos - wakeAtNanos < 0) {
            wakeAtNanos = nanos;
            loop.wakeAt(nanos, this);
        }
    }

    void woken() {
        wakeAtNanos = Long.MAX_VALUE;
        rulesChanged();
    }

    /** A side said that it is done, or is gone. */
    void ended(End end) {
        if (end == far) {
            listener.check();
        } else if (!dialling) {
            // A dialler whose SYN never arrived and who gave up leaves nothing behind.
            close(true);
        }
    }

    /** A write to a side failed. */
    void dead(End end) {
        if (end == far) {
            listener.check();
            there.receiverDied();
            back.senderDied();
        } else {
            back.receiverDied();
            there.senderDied();
        }
    }

    /** Both sides see an RST. */
    void reset() {
        close(true);
    }

    void closeIfOver() {
        if (there.told() && back.told()) {
            close(false);
        }
    }

    /** The side of {@code victim} is reset, the other is left alone and hears nothing. */
    void halfOpen(Endpoint victim) {
        halfOpen = true;
        near.deafen();
        far.deafen();
        (dialler.equals(victim) ? near : far).close(true);
        there.wire().reset();
    }

    private void close(boolean reset) {
        if (over) {
            return;
        }
        over = true;
        there.receiverDied();
        back.receiverDied();
        near.close(reset);
        far.close(reset);
        there.wire().connections(-1);
        loop.forget(this);
    }
}

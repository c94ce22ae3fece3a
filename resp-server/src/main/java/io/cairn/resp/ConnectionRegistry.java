package io.cairn.resp;

import io.cairn.command.Client;
import io.cairn.command.ClientTracking;
import io.cairn.command.Clients;
import io.cairn.tracking.Tracking;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The client connections of one node. Any thread. */
public final class ConnectionRegistry implements Clients {
    /** One line about HTTP requests in this time is enough. Redis: securityWarningCommand. */
    private static final long ATTACK_WARNING_MILLIS = 60_000;

    private final ConcurrentSkipListMap<Long, Connection> connections = new ConcurrentSkipListMap<>();
    private final AtomicLong nextId = new AtomicLong(1);
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong attackWarnedMillis = new AtomicLong();
    private final MonitorList monitors = new MonitorList();
    private final Tracking tracking = new Tracking();
    private final ClientMemory memory = new ClientMemory();
    private final AtomicLong followerBytes = new AtomicLong();
    private volatile Supplier<@Nullable Client> primary = () -> null;
    private volatile long pauseAllUntil;
    private volatile long pauseWritesUntil;
    private volatile boolean writesHeld;

    /** Counts a new connection in; false when there are {@code max} already. */
    boolean admit(int max) {
        if (count.incrementAndGet() > max) {
            count.decrementAndGet();
            return false;
        }
        return true;
    }

    long nextId() {
        return nextId.getAndIncrement();
    }

    void add(Connection connection) {
        connections.put(connection.id(), connection);
    }

    void remove(Connection connection) {
        if (connections.remove(connection.id()) != null) {
            count.decrementAndGet();
        }
    }

    /** True when no warning of an attack was logged for a minute; the caller logs one. */
    boolean mayWarnOfAttack(long nowMillis) {
        long last = attackWarnedMillis.get();
        return nowMillis - last > ATTACK_WARNING_MILLIS && attackWarnedMillis.compareAndSet(last, nowMillis);
    }

    /** maxmemory-clients: bytes, or percent of maxmemory as a negative number; 0 for none. */
    public void maxBytes(long bytesOrPercent) {
        memory.setting(bytesOrPercent);
        limitMemory();
    }

    /** maxmemory, which the other may be a percentage of. */
    public void maxMemory(long bytes) {
        memory.maxMemory(bytes);
        limitMemory();
    }

    @Override
    public long bytes() {
        return memory.total();
    }

    @Override
    public long followerBytes() {
        return followerBytes.get();
    }

    /** The buffers of a follower of the changes have grown, or (negative) shrunk: maxmemory-clients is not for them. */
    void accountFollower(long bytes) {
        followerBytes.addAndGet(bytes);
    }

    /** The buffers of another connection have grown, or (negative) shrunk. */
    void account(long bytes) {
        memory.add(bytes);
        if (bytes > 0) {
            limitMemory();
        }
    }

    private void limitMemory() {
        if (memory.exceeded()) {
            memory.evict(connections.values());
        }
    }

    void waits(boolean begins) {
        waiting.addAndGet(begins ? 1 : -1);
    }

    @Override
    public int count() {
        return count.get();
    }

    @Override
    public MonitorList monitors() {
        return monitors;
    }

    /** Which keys connections are to be told of. */
    public Tracking tracking() {
        return tracking;
    }

    @Override
    public ClientTracking.Counts trackingCounts() {
        return tracking.counts();
    }

    /** The connection of an id, or null. */
    @Nullable
    Connection connection(long id) {
        return connections.get(id);
    }

    @Override
    public int waiting() {
        return waiting.get();
    }

    /** The link to the node's primary, if it has one, is shown with its clients. */
    public void primary(Function<LongSupplier, @Nullable Client> link) {
        primary = () -> link.apply(this::nextId);
    }

    @Override
    public void forEach(Consumer<Client> visitor) {
        connections.values().forEach(connection -> visitor.accept(connection.client()));
        Client link = primary.get();
        if (link != null) {
            visitor.accept(link);
        }
    }

    @Override
    public @Nullable Client byId(long id) {
        Connection connection = connections.get(id);
        return connection == null ? null : connection.client();
    }

    @Override
    public void pause(long untilMillis, boolean writesOnly) {
        if (writesOnly) {
            pauseWritesUntil = Math.max(pauseWritesUntil, untilMillis);
        } else {
            pauseAllUntil = Math.max(pauseAllUntil, untilMillis);
        }
    }

    @Override
    public void unpause() {
        pauseAllUntil = 0;
        pauseWritesUntil = 0;
        connections.values().forEach(Connection::wake);
    }

    @Override
    public void holdWrites(boolean on) {
        writesHeld = on;
        if (!on) {
            connections.values().forEach(Connection::wake);
        }
    }

    @Override
    public long pausedUntilMillis() {
        return pausedUntil(true);
    }

    /** When a command may go on, milliseconds of the Unix epoch; in the past or 0 for at once. */
    long pausedUntil(boolean mayWrite) {
        if (mayWrite && writesHeld) {
            return Long.MAX_VALUE;
        }
        return mayWrite ? Math.max(pauseAllUntil, pauseWritesUntil) : pauseAllUntil;
    }

    /** True when a pause may be under way: a cheap check before asking the clock. */
    boolean mayBePaused() {
        return writesHeld || pauseAllUntil != 0 || pauseWritesUntil != 0;
    }

    /** Once a second: idle timeouts and soft output limits. */
    public void tend(long nowMillis, int idleTimeoutSeconds) {
        connections.values().forEach(connection -> connection.tend(nowMillis, idleTimeoutSeconds));
        if (pausedUntilMillis() != 0 && pausedUntilMillis() < nowMillis) {
            unpause();
        }
    }

    /** Closes all. */
    public void closeAll() {
        connections.values().forEach(connection -> connection.client().kill());
    }
}

package io.cairn.jepsen.resp;

import java.net.SocketTimeoutException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Speaks to whichever node of a cluster holds a slot. A command goes out again only after an answer that proves that
 * nothing happened (a redirect, a refusal, a connection that was never made); anything else ends it with an unknown
 * outcome. {@link #execute} insists until a deadline; {@link #talk} follows redirects only, for operations that are
 * recorded one by one. One thread only.
 */
public final class ClusterClient implements AutoCloseable {
    /** Pause after a refusal that names no other node: 16 clients then ask a leaderless shard 8,000 times a second. */
    private static final long PAUSE_MILLIS = 2;
    /** How long a node, or its whole process after a timeout, is asked only when nobody else is left. */
    private static final long REFUSED_SUSPICION_MILLIS = 50;

    /** After a connection that was hung up before it ever answered: behind a proxy that is how a dead process looks. */
    private static final long MUTE_SUSPICION_MILLIS = 300;

    private static final long TIMEOUT_SUSPICION_MILLIS = 1_000;
    /** Redirects that one recorded operation follows. */
    public static final int MOST_HOPS = 5;

    private final List<Address> nodes;
    private final Map<Address, Integer> processes;
    private final Timeouts timeouts;
    private final @Nullable String source;
    private final Map<Address, RawClient> connections = new HashMap<>();
    /** Connections that said READONLY. */
    private final Map<Address, RawClient> readers = new HashMap<>();

    private final SlotHolders holders = new SlotHolders();
    private long holdersReadNanos = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(SlotHolders.FRESH_MILLIS);
    private final Map<Address, Long> suspectUntilNanos = new HashMap<>();
    private final @Nullable Address[] owners = new Address[HashSlot.COUNT];
    private int turn;
    private @Nullable Address asked;
    private boolean askedReplica;

    /**
     * @param processes the nodes by address, with the number of the process that hosts them: what hangs, hangs together
     * @param firstTurn where in the list of nodes to start asking, so that not all clients ask the same one first
     */
    public ClusterClient(List<Address> nodes, Map<Address, Integer> processes, Timeouts timeouts, int firstTurn) {
        this(nodes, processes, timeouts, firstTurn, null);
    }

    /** As the other, with connections from the local address {@code source}; null for the kernel's choice. */
    public ClusterClient(
            List<Address> nodes,
            Map<Address, Integer> processes,
            Timeouts timeouts,
            int firstTurn,
            @Nullable String source) {
        this.source = source;
        this.nodes = List.copyOf(nodes);
        this.processes = Map.copyOf(processes);
        this.timeouts = timeouts;
        turn = firstTurn;
    }

    /** Tries until the command was acknowledged, its outcome is unknown, or the deadline passed with refusals only. */
    public Attempt execute(int slot, long deadlineNanos, byte[]... args) {
        Attempt.Refused refused = new Attempt.Refused("the deadline had passed");
        while (System.nanoTime() - deadlineNanos < 0 && !Thread.currentThread().isInterrupted()) {
            Address target = target(slot);
            Attempt attempt = askedTo(target, args);
            if (!(attempt instanceof Attempt.Refused refusal)) {
                if (attempt instanceof Attempt.Acknowledged) {
                    owners[slot] = target;
                }
                return attempt;
            }
            refused = refusal;
            if (!followed(slot, target, refusal.reason())) {
                owners[slot] = null;
                pause();
            }
        }
        return refused;
    }

    /** One attempt, and if its answer was ASK, one at the node that ASK names. */
    private Attempt askedTo(Address target, byte[]... args) {
        Attempt attempt = once(target, args);
        if (attempt instanceof Attempt.Refused refusal && refusal.reason().startsWith("ASK ")) {
            Address to = named(refusal.reason());
            Attempt asking = once(to, RawClient.words("ASKING"));
            return asking instanceof Attempt.Acknowledged ? once(to, args) : attempt;
        }
        return attempt;
    }

    /** One attempt at one node. */
    public Attempt once(Address target, byte[]... args) {
        RawClient connection = connections.get(target);
        try {
            if (connection == null) {
                connection = RawClient.connect(target, timeouts, source);
                connections.put(target, connection);
            }
        } catch (NotSentException e) {
            suspect(target, REFUSED_SUSPICION_MILLIS);
            return new Attempt.Refused(String.valueOf(e.getMessage()));
        }
        try {
            Reply reply = connection.call(args);
            suspectUntilNanos.remove(target);
            return Attempt.of(target, reply);
        } catch (OutcomeUnknownException e) {
            connections.remove(target);
            lost(target, e);
            return new Attempt.Unknown(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Holds a talk with the node that is believed to own the slot, and again with the node that a redirect names, up to {@link
     * #MOST_HOPS} times. A refusal that names no other node ends it, and the next talk about this slot begins elsewhere. ASK
     * is followed for the first command of the talk, so it suits talks of one command.
     */
    public Attempt talk(int slot, Talk talk) {
        Address target = target(slot);
        boolean asking = false;
        for (int hop = 0; ; hop++) {
            Attempt attempt = hold(target, asking, connections, talk);
            if (!(attempt instanceof Attempt.Refused refusal)) {
                if (attempt instanceof Attempt.Acknowledged && !asking) {
                    owners[slot] = target;
                }
                return attempt;
            }
            asking = refusal.reason().startsWith("ASK ");
            if (hop == MOST_HOPS || !(asking || followed(slot, target, refusal.reason()))) {
                if (!Transaction.ABORTED.equals(refusal.reason())) {
                    owners[slot] = null;
                }
                return attempt;
            }
            target = named(refusal.reason());
        }
    }

    /**
     * Holds a talk that only reads with one of the slot's replicas, over a connection that said READONLY; as {@link #talk}
     * when no replica is known (see {@link #refreshHolders}), or when it sends us away.
     */
    public Attempt talkToReplica(int slot, SplittableRandom random, Talk talk) {
        List<Address> replicas = holders.replicas(slot).stream()
                .filter(replica -> !suspected(replica))
                .toList();
        if (replicas.isEmpty()) {
            return talk(slot, talk);
        }
        Address target = replicas.get(random.nextInt(replicas.size()));
        Attempt attempt = hold(target, false, readers, talk);
        return attempt instanceof Attempt.Refused refusal && followed(slot, target, refusal.reason())
                ? talk(slot, talk)
                : attempt;
    }

    /** The node that was asked last, whatever it answered; null before the first. */
    public @Nullable Address asked() {
        return asked;
    }

    /** Whether it was asked as a replica. */
    public boolean askedReplica() {
        return askedReplica;
    }

    @Override
    public void close() {
        connections.values().forEach(RawClient::close);
        connections.clear();
        readers.values().forEach(RawClient::close);
        readers.clear();
    }

    /** One talk with one node. */
    private Attempt hold(Address target, boolean asking, Map<Address, RawClient> kept, Talk talk) {
        asked = target;
        askedReplica = kept == readers;
        try {
            RawClient connection = connection(target, kept);
            if (asking) {
                harmless(connection, "ASKING");
            }
            Attempt attempt = talk.over(connection);
            suspectUntilNanos.remove(target);
            if (attempt instanceof Attempt.Unknown) {
                connection.close();
            }
            if (connection.isClosed()) {
                kept.remove(target);
            }
            return attempt;
        } catch (NotSentException e) {
            boolean mute = forget(target, kept);
            if (e.getCause() instanceof OutcomeUnknownException lost) {
                lost(target, lost);
                suspectIf(mute, target);
            } else {
                suspect(target, REFUSED_SUSPICION_MILLIS);
            }
            return new Attempt.Refused(String.valueOf(e.getMessage()));
        } catch (OutcomeUnknownException e) {
            boolean mute = forget(target, kept);
            lost(target, e);
            suspectIf(mute, target);
            return new Attempt.Unknown(String.valueOf(e.getMessage()));
        }
    }

    private RawClient connection(Address target, Map<Address, RawClient> kept) throws NotSentException {
        RawClient connection = kept.get(target);
        if (connection == null) {
            connection = RawClient.connect(target, timeouts, source);
            kept.put(target, connection);
            if (kept == readers) {
                harmless(connection, "READONLY");
            }
        }
        return connection;
    }

    /** A command that changes nothing but the connection; without it what follows would not be what was asked for. */
    private static void harmless(RawClient connection, String command) throws NotSentException {
        try {
            Reply reply = connection.call(command);
            if (reply.failed()) {
                throw new NotSentException(command + ": " + reply.text(), new IllegalStateException(reply.text()));
            }
        } catch (OutcomeUnknownException e) {
            throw new NotSentException("at " + command + ": " + e.getMessage(), e);
        }
    }

    /** Gives a connection up; says whether it was made and never answered. */
    private static boolean forget(Address target, Map<Address, RawClient> kept) {
        RawClient connection = kept.remove(target);
        if (connection == null) {
            return false;
        }
        connection.close();
        return !connection.answered();
    }

    private void suspectIf(boolean mute, Address node) {
        if (mute && !suspectedFor(node, MUTE_SUSPICION_MILLIS)) {
            suspect(node, MUTE_SUSPICION_MILLIS);
        }
    }

    /** Asks some node which nodes are replicas of which slots, if it has not been asked for a while. */
    public void refreshHolders() {
        long now = System.nanoTime();
        if (now - holdersReadNanos < TimeUnit.MILLISECONDS.toNanos(SlotHolders.FRESH_MILLIS)) {
            return;
        }
        holdersReadNanos = now;
        Attempt attempt = hold(target(0), false, connections, Talk.command("CLUSTER", "SLOTS"));
        if (attempt instanceof Attempt.Acknowledged done) {
            holders.read(done.reply());
        }
    }

    /** Whether a redirect named a node that is worth asking at once. */
    private boolean followed(int slot, Address from, String reason) {
        if (!reason.startsWith("MOVED ")) {
            return false;
        }
        Address to = named(reason);
        if (to.equals(from) || suspected(to)) {
            return false;
        }
        owners[slot] = to;
        return true;
    }

    private static Address named(String redirect) {
        return Address.parse(redirect.substring(redirect.lastIndexOf(' ') + 1));
    }

    private Address target(int slot) {
        Address owner = owners[slot];
        if (owner != null && !suspected(owner)) {
            return owner;
        }
        for (int i = 0; i < nodes.size(); i++) {
            Address node = next();
            if (!suspected(node)) {
                return node;
            }
        }
        return next();
    }

    private Address next() {
        turn = (turn + 1) % nodes.size();
        return nodes.get(turn);
    }

    private void lost(Address target, OutcomeUnknownException e) {
        if (e.getCause() instanceof SocketTimeoutException) {
            Integer process = processes.get(target);
            for (Address node : nodes) {
                if (node.equals(target) || (process != null && process.equals(processes.get(node)))) {
                    suspect(node, TIMEOUT_SUSPICION_MILLIS);
                }
            }
        } else {
            suspect(target, REFUSED_SUSPICION_MILLIS);
        }
    }

    private void suspect(Address node, long millis) {
        suspectUntilNanos.put(node, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis));
    }

    private boolean suspected(Address node) {
        Long until = suspectUntilNanos.get(node);
        return until != null && System.nanoTime() - until < 0;
    }

    private boolean suspectedFor(Address node, long millis) {
        Long until = suspectUntilNanos.get(node);
        return until != null && until - System.nanoTime() > TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.cairn.jepsen.resp;

import java.net.SocketTimeoutException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sends single commands to whichever node of a cluster takes them. A command goes out again only after an answer that
 * proves that nothing happened (a redirect, a refusal, a connection that was never made); anything else ends it with
 * an unknown outcome. One thread only.
 */
public final class ClusterClient implements AutoCloseable {
    /** Error codes that say "nothing happened". Every other error counts as unknown, also one that promises more. */
    private static final Set<String> REFUSALS =
            Set.of("MOVED", "ASK", "CLUSTERDOWN", "TRYAGAIN", "LOADING", "MISCONF", "READONLY", "MASTERDOWN");
    /** Pause after a refusal that names no other node: 16 clients then ask a leaderless shard 8,000 times a second. */
    private static final long PAUSE_MILLIS = 2;
    /** How long a node, or its whole process after a timeout, is asked only when nobody else is left. */
    private static final long REFUSED_SUSPICION_MILLIS = 50;

    private static final long TIMEOUT_SUSPICION_MILLIS = 1_000;

    private final List<Address> nodes;
    private final Map<Address, Integer> processes;
    private final Timeouts timeouts;
    private final @Nullable String source;
    private final Map<Address, RawClient> connections = new HashMap<>();
    private final Map<Address, Long> suspectUntilNanos = new HashMap<>();
    private final @Nullable Address[] owners = new Address[HashSlot.COUNT];
    private int turn;

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
            return judge(target, reply);
        } catch (OutcomeUnknownException e) {
            connections.remove(target);
            lost(target, e);
            return new Attempt.Unknown(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void close() {
        connections.values().forEach(RawClient::close);
        connections.clear();
    }

    private static Attempt judge(Address node, Reply reply) {
        if (!(reply instanceof Reply.Failure failure)) {
            return new Attempt.Acknowledged(reply, node);
        }
        String text = failure.value();
        int space = text.indexOf(' ');
        return REFUSALS.contains(space < 0 ? text : text.substring(0, space))
                ? new Attempt.Refused(text)
                : new Attempt.Unknown(text);
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

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

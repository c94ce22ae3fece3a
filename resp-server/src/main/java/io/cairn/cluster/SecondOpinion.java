package io.cairn.cluster;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Asks a node that gossip believes to be gone, over the Raft connection to it, whether it lives, again and again until gossip
 * sees it too. On a busy machine gossip's pings come late while the node serves: nobody is to be told then that its shard has
 * no leader, and no election is to be hinted at. A node without a connection is gone at once. Decides nothing but whom clients
 * are sent to and what CLUSTER NODES shows. Any thread.
 */
final class SecondOpinion {
    /** How long a node may take to answer. */
    static final int ANSWER_MILLIS = 500;

    private static final int PAUSE_MILLIS = 200;

    private final Predicate<String> isConnected;
    private final Function<String, CompletableFuture<byte[]>> ask;
    private final Predicate<String> isMember;
    private final BiConsumer<String, Boolean> alive;
    private final Consumer<String> gone;
    /** To what is new with each doubt: questions of an earlier one end. */
    private final Map<String, Object> doubted = new ConcurrentHashMap<>();

    private final Set<String> confirmed = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * @param isConnected whether there is an open connection to a node
     * @param ask fails when the node cannot be reached
     * @param isMember nobody asks for nodes that left the cluster
     * @param alive told the verdict, each time it changes
     * @param gone told of a node that gossip and this believe to be gone
     */
    SecondOpinion(
            Predicate<String> isConnected,
            Function<String, CompletableFuture<byte[]>> ask,
            Predicate<String> isMember,
            BiConsumer<String, Boolean> alive,
            Consumer<String> gone) {
        this.isConnected = isConnected;
        this.ask = ask;
        this.isMember = isMember;
        this.alive = alive;
        this.gone = gone;
    }

    /** Gossip sees the node. */
    void trusted(String nodeId) {
        doubted.remove(nodeId);
        confirmed.remove(nodeId);
        alive.accept(nodeId, true);
    }

    /** Gossip suspects the node, or has given it up. */
    void doubted(String nodeId) {
        Object doubt = new Object();
        if (doubted.putIfAbsent(nodeId, doubt) != null) {
            return;
        }
        if (isMember.test(nodeId) && isConnected.test(nodeId)) {
            confirmed.add(nodeId);
        } else {
            believeGone(nodeId);
        }
        look(nodeId, doubt);
    }

    /** Whether a node that gossip does not see has answered. */
    boolean confirms(String nodeId) {
        return confirmed.contains(nodeId);
    }

    private void believeGone(String nodeId) {
        confirmed.remove(nodeId);
        alive.accept(nodeId, false);
        gone.accept(nodeId);
    }

    private boolean isOver(String nodeId, Object doubt) {
        return doubted.get(nodeId) != doubt;
    }

    private void look(String nodeId, Object doubt) {
        if (closed || isOver(nodeId, doubt)) {
            return;
        }
        if (!isMember.test(nodeId)) {
            doubted.remove(nodeId, doubt);
            confirmed.remove(nodeId);
            return;
        }
        ask.apply(nodeId).orTimeout(ANSWER_MILLIS, TimeUnit.MILLISECONDS).whenComplete((answer, failure) -> {
            heard(nodeId, doubt, failure == null);
            CompletableFuture.delayedExecutor(PAUSE_MILLIS, TimeUnit.MILLISECONDS)
                    .execute(() -> look(nodeId, doubt));
        });
    }

    private void heard(String nodeId, Object doubt, boolean answered) {
        if (isOver(nodeId, doubt)) {
            return;
        }
        if (!answered) {
            if (confirmed.contains(nodeId)) {
                believeGone(nodeId);
            }
        } else if (confirmed.add(nodeId)) {
            alive.accept(nodeId, true);
        }
        if (!doubted.containsKey(nodeId)) {
            // Gossip saw it again meanwhile.
            confirmed.remove(nodeId);
            alive.accept(nodeId, true);
        }
    }

    void close() {
        closed = true;
    }
}

package io.cairn.gossip;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Discovery, SWIM health and soft state of one node. Several nodes of a process share {@link GossipThreads}. All methods
 * may be called from any thread and none but {@link #start} and {@link #close} blocks.
 */
public interface Gossip extends AutoCloseable {
    /**
     * Binds the port and begins to look for the seeds, without waiting for them.
     *
     * @throws GossipException if the port is taken, or asks for strangers without a secret
     */
    static Gossip start(GossipOptions options, GossipListener listener) throws GossipException {
        return SwimGossip.start(options, listener);
    }

    /** What this node tells of itself now. */
    NodeInfo self();

    /** This node and every member it knows; the dead stay listed for {@value Roster#DEAD_KEPT_MILLIS} ms. */
    List<Peer> members();

    /** The member of that node id. */
    Optional<Peer> member(String nodeId);

    /** Tells others something new of this node; node id, start and bus port must stay. */
    void update(NodeInfo info);

    /**
     * CLUSTER MEET: one more seed, asked until it answers. Takes effect at once.
     *
     * @return the host and bus port that the node there announces, as "host:port", once it answers; it may announce others than
     *     it was met at
     */
    CompletableFuture<String> meet(SeedAddress seed);

    /** CLUSTER FORGET: drops the node and takes no news of it for {@value Roster#FORGOTTEN_MILLIS} ms. */
    void forget(String nodeId);

    /**
     * Sends bytes to a node of ours at "host:port", a member or not, at most once: best effort, in order per receiver while the connection
     * lasts. It hears them by {@link GossipListener#message}.
     *
     * @param message at most {@value MessageRules#MAX_MESSAGE_BYTES} bytes
     */
    void send(String address, byte[] message);

    /**
     * An open connection to another node.
     *
     * @param sinceMillis milliseconds of the Unix epoch
     * @param unsentBytes that wait for the other side to read
     */
    record LinkState(long sinceMillis, long unsentBytes) {}

    /** The connection that this node has opened to "host:port", if it is open. */
    Optional<LinkState> link(String address);

    /** Tells the others that this node leaves, at most {@value SwimGossip#LEAVE_TIMEOUT_MILLIS} ms, and stops. */
    @Override
    void close();
}

package io.cairn.raft.group;

import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A host's outgoing connections: one to each peer of its groups, one more while there is bulk to send, and short-lived ones to mere
 * addresses.
 */
final class Links {
    private static final Logger LOG = LoggerFactory.getLogger(Links.class);

    /** Connections to mere addresses, and addresses learned from handshakes. */
    static final int MAX_ADDRESS_LINKS = 64;

    static final int MAX_LEARNED = 4_096;
    static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final RaftHost host;
    private final Map<String, PeerLink> byNode = new ConcurrentHashMap<>();
    /** Connections of their own for what may be much. */
    private final Map<String, PeerLink> bulk = new ConcurrentHashMap<>();

    private final Map<InetSocketAddress, PeerLink> byAddress = new ConcurrentHashMap<>();
    private final Map<InetSocketAddress, PeerLink> asStranger = new ConcurrentHashMap<>();
    private final Map<String, InetSocketAddress> learned = new ConcurrentHashMap<>();
    private final RateLimitedLog refusals = new RateLimitedLog(LOG);
    private volatile Set<String> members = Set.of();
    private volatile boolean closed;

    Links(RaftHost host) {
        this.host = host;
    }

    /** The link to a node; made when there is none, not connected by this call. */
    PeerLink to(String nodeId) {
        PeerLink link = byNode.get(nodeId);
        return link != null
                ? link
                : byNode.computeIfAbsent(nodeId, id -> new PeerLink(this, id, false, () -> resolve(id)));
    }

    /** The link to a node for what may be much; made when there is none. */
    PeerLink bulk(String nodeId) {
        PeerLink link = bulk.get(nodeId);
        return link != null
                ? link
                : bulk.computeIfAbsent(nodeId, id -> new PeerLink(this, id, true, () -> resolve(id)));
    }

    /** The link to an address, or null when there are too many. */
    @Nullable
    PeerLink to(InetSocketAddress address) {
        PeerLink link = byAddress.get(address);
        if (link != null || byAddress.size() >= MAX_ADDRESS_LINKS) {
            return link;
        }
        return byAddress.computeIfAbsent(address, to -> new PeerLink(this, null, false, () -> to));
    }

    /** The link to an address on which this node names no cluster, or null when there are too many. */
    @Nullable
    PeerLink asStranger(InetSocketAddress address) {
        PeerLink link = asStranger.get(address);
        if (link != null || asStranger.size() >= MAX_ADDRESS_LINKS) {
            return link;
        }
        return asStranger.computeIfAbsent(address, to -> PeerLink.asStranger(this, to));
    }

    private @Nullable InetSocketAddress resolve(String nodeId) {
        if (host.addresses().isRemoved(nodeId)) {
            return null;
        }
        InetSocketAddress known = host.addresses().resolve(nodeId);
        return known != null ? known : learned.get(nodeId);
    }

    /** Remembers where a node that proved itself listens, for as long as nobody knows better. */
    void learn(Sender sender) {
        if (learned.size() < MAX_LEARNED || learned.containsKey(sender.nodeId())) {
            learned.put(sender.nodeId(), sender.address());
        }
    }

    /** Keeps connections to these nodes; closes the others once they are idle. */
    void want(Set<String> nodeIds) {
        members = nodeIds;
        for (String nodeId : nodeIds) {
            to(nodeId).connect();
        }
        long now = System.nanoTime();
        byAddress.values().removeIf(link -> closeIfIdle(link, now));
        asStranger.values().removeIf(link -> closeIfIdle(link, now));
        bulk.values().removeIf(link -> closeIfIdle(link, now));
        byNode.entrySet().removeIf(entry -> !nodeIds.contains(entry.getKey()) && closeIfIdle(entry.getValue(), now));
    }

    private static boolean closeIfIdle(PeerLink link, long now) {
        if (now - link.lastUsedNanos() < IDLE_NANOS) {
            return false;
        }
        link.close();
        return true;
    }

    /** Whether a link that is down goes on trying. */
    boolean wanted(PeerLink link) {
        if (closed) {
            return false;
        }
        for (String member : members) {
            if (byNode.get(member) == link) {
                return true;
            }
        }
        return System.nanoTime() - link.lastUsedNanos() < TimeUnit.SECONDS.toNanos(2);
    }

    void up(@Nullable String nodeId, boolean formed) {
        if (nodeId != null && formed) {
            host.linkUp(nodeId);
        }
    }

    void gone(String nodeId) {
        host.gone(nodeId);
    }

    void refused(String nodeId, String why) {
        refusals.warn("node " + host.nodeId() + " gave up a connection to " + nodeId + ": " + why);
    }

    boolean drops(String nodeId) {
        return host.filter().drops(host.nodeId(), nodeId) || host.filter().drops(nodeId, host.nodeId());
    }

    Identity identity() {
        return host.identity();
    }

    int ownPort() {
        return host.address().getPort();
    }

    /** Where this node says that its peers find it; null where they see it is right. */
    @Nullable
    String ownHost() {
        return host.announcedHost();
    }

    /** What a link's socket is bound to before it connects; null leaves it to the kernel. */
    @Nullable
    InetSocketAddress source() {
        InetAddress source = host.source();
        return source == null ? null : new InetSocketAddress(source, 0);
    }

    @Nullable
    SslHandler tls() {
        return host.tls(true);
    }

    PeerNames names() {
        return host.threads().names();
    }

    EventLoop nextLoop() {
        return host.threads().loops().next();
    }

    /** The established connections to nodes, in order of node id. */
    List<RaftHost.Link> describe() {
        List<RaftHost.Link> all = new ArrayList<>();
        new TreeMap<>(byNode).forEach((nodeId, link) -> {
            RaftHost.Link one = link.describe(nodeId);
            if (one != null) {
                all.add(one);
            }
        });
        return all;
    }

    /** Makes every connection anew: handshakes then say the new cluster id. */
    void renew() {
        byNode.values().forEach(PeerLink::renew);
        bulk.values().forEach(PeerLink::renew);
        byAddress.values().forEach(PeerLink::renew);
    }

    void close() {
        closed = true;
        byNode.values().forEach(PeerLink::close);
        bulk.values().forEach(PeerLink::close);
        byAddress.values().forEach(PeerLink::close);
        asStranger.values().forEach(PeerLink::close);
    }
}

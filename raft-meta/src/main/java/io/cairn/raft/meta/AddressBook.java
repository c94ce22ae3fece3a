package io.cairn.raft.meta;

import io.cairn.raft.group.PeerAddresses;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Node id to Raft address: the cluster map's, and before it arrives those that the layout or the adoption named. Made
 * before the Raft host, which asks it. Any thread.
 */
public final class AddressBook implements PeerAddresses {
    private final Map<String, InetSocketAddress> addresses = new ConcurrentHashMap<>();
    private final Map<String, InetSocketAddress> heard = new ConcurrentHashMap<>();
    private final Set<String> removed = ConcurrentHashMap.newKeySet();

    /** Where the node is now as discovery says, else where the map has it. Whoever answers there has to prove who it is. */
    @Override
    public @Nullable InetSocketAddress resolve(String nodeId) {
        InetSocketAddress now = heard.get(nodeId);
        return removed.contains(nodeId) ? null : now != null ? now : addresses.get(nodeId);
    }

    /**
     * Takes over where living nodes say that they are: nodes that came back at other addresses, maybe all of them at once,
     * find each other before the map, which needs them, can say so.
     */
    public void hear(Collection<NodeDirectory.SeenNode> nodes) {
        Set<String> living = new HashSet<>();
        for (NodeDirectory.SeenNode node : nodes) {
            if (node.alive() && !node.clusterId().isEmpty() && addresses.containsKey(node.id())) {
                living.add(node.id());
                heard.put(node.id(), node.toNode().raftAddress());
            }
        }
        heard.keySet().retainAll(living);
    }

    @Override
    public boolean isRemoved(String nodeId) {
        return removed.contains(nodeId);
    }

    /** Names addresses that the map does not know yet. */
    void learn(Collection<ClusterNode> nodes) {
        for (ClusterNode node : nodes) {
            addresses.put(node.id(), node.raftAddress());
        }
    }

    /** Takes over what the meta group decided; returns the nodes that are newly gone for good. */
    List<String> take(ClusterMap map) {
        List<String> gone = new ArrayList<>();
        for (ClusterNode node : map.nodes()) {
            if (node.isActive()) {
                addresses.put(node.id(), node.raftAddress());
            } else {
                addresses.remove(node.id());
                heard.remove(node.id());
                if (removed.add(node.id())) {
                    gone.add(node.id());
                }
            }
        }
        return gone;
    }
}

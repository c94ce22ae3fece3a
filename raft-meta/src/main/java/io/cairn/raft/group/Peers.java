package io.cairn.raft.group;

import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.entity.PeerId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Node ids as the library's peers: the "ip" is the node id and the port a constant, so that a peer is an identity and
 * never an address (SAFETY 5).
 */
final class Peers {
    static final int PORT = 1;

    private Peers() {}

    static PeerId of(String nodeId) {
        return new PeerId(nodeId, PORT);
    }

    static String nodeId(PeerId peer) {
        return peer.getIp();
    }

    static List<PeerId> of(Collection<String> nodeIds) {
        List<PeerId> peers = new ArrayList<>(nodeIds.size());
        for (String nodeId : nodeIds) {
            peers.add(of(nodeId));
        }
        return peers;
    }

    static List<String> nodeIds(Collection<PeerId> peers) {
        List<String> ids = new ArrayList<>(peers.size());
        for (PeerId peer : peers) {
            ids.add(nodeId(peer));
        }
        return ids;
    }

    static Configuration configuration(Collection<String> voters, Collection<String> learners) {
        return new Configuration(of(voters), of(learners));
    }

    /** The node id of {@code "nodeid:port"}, or the text itself when there is no port. */
    static String nodeId(String peer) {
        int colon = peer.indexOf(':');
        return colon < 0 ? peer : peer.substring(0, colon);
    }
}

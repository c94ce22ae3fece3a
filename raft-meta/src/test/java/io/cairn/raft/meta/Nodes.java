package io.cairn.raft.meta;

import java.util.ArrayList;
import java.util.List;

/** Nodes for tests, with ids that tell who they are. */
public final class Nodes {
    private Nodes() {}

    /** An id of 40 digits that ends in {@code number}. */
    public static String id(int number) {
        return String.format("%040x", number);
    }

    /** A node with ports derived from its number, in the domain. */
    public static ClusterNode node(int number, String domain) {
        return new ClusterNode(
                id(number), "127.0.0.1", 7000 + number, 17000 + number, 27000 + number, "", domain, NodeState.ACTIVE);
    }

    /** {@code perDomain[i]} nodes in each domain, numbered from 1 through all of them. */
    public static List<ClusterNode> inDomains(int... perDomain) {
        List<ClusterNode> nodes = new ArrayList<>();
        for (int d = 0; d < perDomain.length; d++) {
            for (int i = 0; i < perDomain[d]; i++) {
                nodes.add(node(nodes.size() + 1, "process-" + (char) ('a' + d)));
            }
        }
        return nodes;
    }
}

package com.alipay.sofa.jraft.core;

import com.alipay.sofa.jraft.conf.ConfigurationEntry;

/**
 * Ours, in the library's package: reads the one thing of a node that has no public accessor, without reflection. Whether
 * a membership change is under way decides how reads are served (SAFETY 2).
 */
public final class NodeView {
    private NodeView() {}

    /** The newest configuration in the node's log, committed or not, with the old one while joint. Takes a read lock. */
    public static ConfigurationEntry configuration(NodeImpl node) {
        return node.getConf();
    }
}

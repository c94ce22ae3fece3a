package io.cairn.raft.group;

import com.alipay.sofa.jraft.option.NodeOptions;

/** Carries the group through the library to the client it makes ({@link CairnRpcFactory}). */
final class HostNodeOptions extends NodeOptions {
    private final HostedGroup group;

    HostNodeOptions(HostedGroup group) {
        this.group = group;
    }

    HostedGroup group() {
        return group;
    }
}

package io.cairn.mode;

import io.cairn.cluster.NodeHealth;

/** No node is missed. */
final class AllAlive implements NodeHealth {
    @Override
    public boolean alive(String nodeId) {
        return true;
    }

    @Override
    public boolean suspected(String nodeId) {
        return false;
    }

    @Override
    public long lastHeardMillis(String nodeId) {
        return 0;
    }
}

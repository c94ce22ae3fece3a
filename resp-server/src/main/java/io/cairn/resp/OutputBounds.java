package io.cairn.resp;

import io.cairn.config.OutputLimit;
import io.cairn.config.OutputLimits;

/** client-output-buffer-limit of normal and of subscribed clients and of those who follow all changes, changed by CONFIG SET. */
public final class OutputBounds {
    private volatile OutputLimit normal = new OutputLimit(0, 0, 0);
    private volatile OutputLimit pubsub = new OutputLimit(0, 0, 0);
    private volatile OutputLimit replica = new OutputLimit(0, 0, 0);

    public void limits(OutputLimits limits) {
        normal = limits.normal();
        pubsub = limits.pubsub();
        replica = limits.replica();
    }

    /** The limit of a client's class. */
    OutputLimit of(boolean follower, boolean subscribed) {
        if (follower) {
            return replica;
        }
        return subscribed ? pubsub : normal;
    }
}

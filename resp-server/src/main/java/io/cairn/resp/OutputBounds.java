package io.cairn.resp;

import io.cairn.config.OutputLimit;
import io.cairn.config.OutputLimits;

/** client-output-buffer-limit of normal and of subscribed clients and of those who follow all changes, changed by CONFIG SET. */
public final class OutputBounds {
    private volatile OutputLimit normal = new OutputLimit(0, 0, 0);
    private volatile OutputLimit pubsub = new OutputLimit(0, 0, 0);
    private volatile OutputLimit replica = new OutputLimit(0, 0, 0);

    /**
     * @param backlogBytes repl-backlog-size: that much goes to a follower at once, so its hard limit is never less. Redis: checkClientOutputBufferLimits
     */
    public void limits(OutputLimits limits, long backlogBytes) {
        normal = limits.normal();
        pubsub = limits.pubsub();
        OutputLimit own = limits.replica();
        long hard = own.hardBytes();
        replica = new OutputLimit(hard == 0 ? 0 : Math.max(hard, backlogBytes), own.softBytes(), own.softSeconds());
    }

    /** The limit of a client's class. */
    OutputLimit of(boolean follower, boolean subscribed) {
        if (follower) {
            return replica;
        }
        return subscribed ? pubsub : normal;
    }
}

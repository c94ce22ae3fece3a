package io.cairn.resp;

import io.cairn.command.ServerState;
import io.cairn.metrics.NodeStats;
import io.cairn.mode.BlockedKeys;
import io.cairn.mode.Mode;
import io.cairn.pubsub.Hub;

/**
 * What connections need of the node they came to.
 *
 * @param failure called when a command that changed data threw: the node may not go on
 */
public record Endpoint(
        ServerState server,
        Mode mode,
        NodeStats stats,
        ConnectionRegistry connections,
        ProtocolLimits limits,
        OutputBounds outputBounds,
        ReceiveBudget budget,
        BlockedKeys blocked,
        Hub hub,
        Failure failure) {
    /** Told of an error after which the node may not go on. */
    @FunctionalInterface
    public interface Failure {
        void fatal(String doing, Throwable cause);
    }
}

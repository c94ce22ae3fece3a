package io.cairn.command;

/** The node's counters, summed over its event loops when asked. Any thread; sums may be a moment old. */
public interface Stats {
    long connectionsReceived();

    long connectionsRejected();

    long commandsProcessed();

    /** Commands per second over the last 1.6 seconds (Redis: getInstantaneousMetric). */
    long commandsPerSecond();

    long inputBytes();

    long outputBytes();

    /** Bytes per second over the last 1.6 seconds. */
    long inputBytesPerSecond();

    long outputBytesPerSecond();

    long keyspaceHits();

    long keyspaceMisses();

    long expiredKeys();

    long evictedKeys();

    /** Connections closed for maxmemory-clients. */
    long evictedClients();

    long errorReplies();

    /** Connections closed for a full output buffer. */
    long outputBufferLimitDisconnections();

    /** Connections closed for a full query buffer. */
    long queryBufferLimitDisconnections();

    /** The largest {@link io.cairn.keyspace.Keyspace#usedBytes} sampled. */
    long peakUsedBytes();

    /** Statistics of each command that was called, rejected or failed, in the table's order. */
    void forEachCommand(CommandVisitor visitor);

    /** Counts of error replies by their first word, as "ERR", in order of name. */
    void forEachError(ErrorVisitor visitor);

    /** CONFIG RESETSTAT. */
    void reset();

    /** Told of one command. */
    interface CommandVisitor {
        /**
         * @param microsTimes hundredths are lost: whole microseconds over all calls
         * @param rejected calls refused before they ran
         * @param failed calls that ran and answered an error
         * @param histogram calls by the power of two of their nanoseconds: index n counts those below 2^n
         */
        void visit(Command command, long calls, long microsTimes, long rejected, long failed, long[] histogram);
    }

    /** Told of one kind of error. */
    interface ErrorVisitor {
        void visit(String code, long count);
    }
}

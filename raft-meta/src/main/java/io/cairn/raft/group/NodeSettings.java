package io.cairn.raft.group;

import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.option.ReadOnlyOption;
import com.alipay.sofa.jraft.storage.snapshot.ThroughputSnapshotThrottle;

/** How the library's nodes are set up: the bounds and timeouts in one place. */
final class NodeSettings {
    /** Size of each of the library's four rings; more than the proposals in flight ({@link Inflight}). */
    static final int RING_SIZE = 1_024;

    static final int HEARTBEATS_PER_ELECTION_TIMEOUT = 5;
    static final int RPC_TIMEOUT_MILLIS = 2_000;
    static final int INSTALL_SNAPSHOT_TIMEOUT_MILLIS = 30 * 60 * 1_000;
    static final int SNAPSHOT_CHUNK_BYTES = 512 * 1_024;
    static final long SNAPSHOT_BYTES_PER_SECOND = 200L << 20;
    static final int SNAPSHOT_THROTTLE_CYCLES_PER_SECOND = 10;
    static final int MAX_BATCH_BYTES = 1 << 20;
    static final int MAX_ENTRIES_PER_BATCH = 256;
    /**
     * To one follower. They lie in the heap: with 64 a process of three nodes and 256 MB ran out of it when it brought restarted
     * followers up to date. What comes meanwhile goes in fuller batches.
     */
    static final int MAX_BATCHES_IN_FLIGHT = 8;

    static final int MAX_PROPOSALS_PER_TURN = 128;

    /** Entries kept in memory for an apply thread that lags; over it a replica takes no more until it has caught up. */
    static final long MAX_LOG_MEMORY_BYTES = 256L << 20;

    private NodeSettings() {}

    static int maxElectionDelayMillis(GroupOptions options) {
        return Math.max(1, options.electionTimeoutMillis() / 2);
    }

    static HostNodeOptions of(HostedGroup group, GroupMachine machine, GroupStorage storage) {
        GroupOptions options = group.options();
        HostNodeOptions made = new HostNodeOptions(group);
        made.setFsm(machine);
        made.setServiceFactory(storage);
        // Names only: the service factory ignores them.
        made.setLogUri("log");
        made.setRaftMetaUri("vote");
        made.setSnapshotUri(storage.snapshotDirectory().toString());
        made.setInitialConf(Peers.configuration(options.initialVoters(), options.initialLearners()));
        made.setElectionTimeoutMs(options.electionTimeoutMillis());
        made.setSnapshotIntervalSecs(0);
        made.setDisableCli(true);
        made.setSharedElectionTimer(true);
        made.setSharedVoteTimer(true);
        made.setSharedStepDownTimer(true);
        made.setSharedSnapshotTimer(true);
        made.setSharedTimerPool(true);
        made.setRpcProcessorThreadPoolSize(3);
        made.setRpcConnectTimeoutMs(PeerLink.CONNECT_TIMEOUT_MILLIS);
        made.setRpcDefaultTimeout(RPC_TIMEOUT_MILLIS);
        made.setRpcInstallSnapshotTimeout(INSTALL_SNAPSHOT_TIMEOUT_MILLIS);
        made.setSnapshotThrottle(
                new ThroughputSnapshotThrottle(SNAPSHOT_BYTES_PER_SECOND, SNAPSHOT_THROTTLE_CYCLES_PER_SECOND));
        made.setAppendEntriesExecutors(group.host().appendExecutors());
        raft(made.getRaftOptions(), options);
        return made;
    }

    private static void raft(RaftOptions raft, GroupOptions options) {
        raft.setMaxElectionDelayMs(maxElectionDelayMillis(options));
        raft.setElectionHeartbeatFactor(HEARTBEATS_PER_ELECTION_TIMEOUT);
        raft.setDisruptorBufferSize(RING_SIZE);
        raft.setApplyBatch(MAX_PROPOSALS_PER_TURN);
        raft.setMaxEntriesSize(MAX_ENTRIES_PER_BATCH);
        raft.setMaxBodySize(MAX_BATCH_BYTES);
        raft.setMaxAppendBufferSize(MAX_BATCH_BYTES);
        raft.setMaxByteCountPerRpc(SNAPSHOT_CHUNK_BYTES);
        raft.setMaxReplicatorInflightMsgs(MAX_BATCHES_IN_FLIGHT);
        raft.setMaxLogsInMemoryBytes(MAX_LOG_MEMORY_BYTES);
        raft.setReadOnlyOptions(ReadOnlyOption.ReadOnlySafe);
        raft.setSync(true);
        raft.setSyncMeta(true);
    }
}

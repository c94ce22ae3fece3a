package io.cairn.raft.group;

import com.alipay.sofa.jraft.ReplicatorGroup;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.error.InvokeTimeoutException;
import com.alipay.sofa.jraft.error.RemotingException;
import com.alipay.sofa.jraft.option.RpcOptions;
import com.alipay.sofa.jraft.rpc.InvokeCallback;
import com.alipay.sofa.jraft.rpc.InvokeContext;
import com.alipay.sofa.jraft.rpc.RpcClient;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.ErrorResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.InstallSnapshotRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.PingRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteRequest;
import com.alipay.sofa.jraft.rpc.RpcResponseClosureAdapter;
import com.alipay.sofa.jraft.util.Endpoint;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One group's view of its host's links, as the library wants it. It never blocks: the library asks for connections
 * while it holds a node's lock, and a black-holed peer must not stall an election. It sees every AppendEntries answer,
 * so it also keeps the peers' progress.
 */
final class GroupRpcClient implements RpcClient {
    private @Nullable HostedGroup group;
    private volatile @Nullable ReplicatorGroup replicators;
    private final Map<String, Lane> lanes = new ConcurrentHashMap<>();
    /** How far each peer was told that the log is committed. */
    private final Map<String, Long> told = new ConcurrentHashMap<>();

    void bind(HostedGroup owner) {
        group = owner;
        owner.bind(this);
    }

    private HostedGroup group() {
        return Objects.requireNonNull(group, "bound by the factory");
    }

    @Override
    public boolean init(RpcOptions options) {
        return true;
    }

    @Override
    public void shutdown() {
        // The links belong to the host.
    }

    @Override
    public boolean checkConnection(Endpoint endpoint) {
        return link(endpoint).isReady();
    }

    @Override
    public boolean checkConnection(Endpoint endpoint, boolean createIfAbsent) {
        PeerLink link = link(endpoint);
        if (link.isReady()) {
            return true;
        }
        if (createIfAbsent) {
            link.connect();
        }
        return false;
    }

    private PeerLink link(Endpoint endpoint) {
        return group().host().links().to(endpoint.getIp());
    }

    @Override
    public void closeConnection(Endpoint endpoint) {
        // Other groups use the link too.
    }

    @Override
    public void registerConnectEventListener(ReplicatorGroup replicatorGroup) {
        replicators = replicatorGroup;
    }

    /** A leader without a replicator to this peer starts one now; takes the node's lock, so never on an event loop. */
    void linkUp(String nodeId) {
        ReplicatorGroup now = replicators;
        if (now != null) {
            now.checkReplicator(Peers.of(nodeId), true);
        }
    }

    /**
     * A heartbeat at once for a peer that was not told that the log is committed up to {@code index}; takes the replicator's
     * lock, so never on an event loop.
     */
    void tell(String nodeId, long index) {
        ReplicatorGroup now = replicators;
        if (now != null && told.getOrDefault(nodeId, 0L) < index) {
            now.sendHeartbeat(Peers.of(nodeId), new RpcResponseClosureAdapter<AppendEntriesResponse>() {
                @Override
                public void run(Status status) {
                    // Whether it came shows in the peer's progress.
                }
            });
        }
    }

    /** The library calls this only to ping when it finds no connection, under its lock: it is told at once. */
    @Override
    public Object invokeSync(Endpoint endpoint, Object request, InvokeContext ctx, long timeoutMs)
            throws RemotingException {
        if (!(request instanceof PingRequest)) {
            throw new RemotingException("only pings are synchronous");
        }
        if (!checkConnection(endpoint, true)) {
            throw new RemotingException("not connected to " + endpoint.getIp() + " yet");
        }
        return ErrorResponse.newBuilder().setErrorCode(0).build();
    }

    @Override
    public void invokeAsync(
            Endpoint endpoint, Object request, InvokeContext ctx, InvokeCallback callback, long timeoutMs) {
        Message message = (Message) request;
        String peer = endpoint.getIp();
        HostedGroup owner = group();
        int laneKey = owner.id().hashCode();
        // While a hint shortens the election timeout the library would also cut votes off before they are fsynced.
        long timeout = message instanceof RequestVoteRequest
                ? Math.max(timeoutMs, owner.options().electionTimeoutMillis())
                : timeoutMs;
        Lane lane =
                lanes.computeIfAbsent(peer, k -> new Lane(owner.host().threads().workers()));
        if (message instanceof RequestVoteRequest && owner.leases().withheldNanos() > 0) {
            lane.execute(() -> callback.complete(null, new RemotingException("a lease was granted")));
            return;
        }
        if (message instanceof InstallSnapshotRequest install
                && owner.isBase(install.getMeta().getLastIncludedIndex())) {
            // Its files only name data that is here. The library asks again, and finds a real one then.
            lane.execute(() -> callback.complete(null, new RemotingException("there is no snapshot to send yet")));
            return;
        }
        boolean append = message instanceof AppendEntriesRequest;
        if (message instanceof AppendEntriesRequest entries) {
            owner.telling(entries.getCommittedIndex());
            long known = Math.min(entries.getCommittedIndex(), entries.getPrevLogIndex() + entries.getEntriesCount());
            if (known > told.getOrDefault(peer, 0L)) {
                told.merge(peer, known, Math::max);
            }
        }
        // Votes, too: on a link that is dead at one side they are all there is when the leader is gone.
        boolean probes = append || message instanceof RequestVoteRequest;
        long sentNanos = System.nanoTime();
        owner.host()
                .links()
                .to(peer)
                .request(
                        (allocator, id) -> RaftMessages.encode(allocator, Frame.RAFT, id, laneKey, message),
                        lane,
                        timeout,
                        probes,
                        false,
                        new Answer(
                                owner,
                                peer,
                                append ? header((AppendEntriesRequest) message) : null,
                                sentNanos,
                                callback));
    }

    private static Sent header(AppendEntriesRequest request) {
        return new Sent(request.getTerm(), request.getPrevLogIndex(), request.getEntriesCount());
    }

    /** What an AppendEntries request said, without its data. */
    private record Sent(long term, long prevLogIndex, int entries) {}

    /** Hands an answer to the library. */
    private record Answer(
            HostedGroup group, String peer, @Nullable Sent sent, long sentNanos, InvokeCallback callback)
            implements Call {
        @Override
        public void answered(Frame answer) {
            Message message;
            try {
                message = RaftMessages.parse(answer.type(), answer.payload());
            } catch (InvalidProtocolBufferException e) {
                callback.complete(null, new RemotingException("a malformed answer", e));
                return;
            }
            if (message == null) {
                callback.complete(null, new RemotingException("an answer of unknown type"));
                return;
            }
            if (sent != null && message instanceof AppendEntriesResponse response) {
                note(sent, response);
            }
            callback.complete(message, null);
        }

        private void note(Sent request, AppendEntriesResponse response) {
            if (response.getTerm() == request.term()) {
                // Even a refusal for a gap in the log proves that the peer still follows this term.
                group.progress().heard(peer, request.term(), sentNanos);
                if (response.getSuccess() && request.entries() > 0) {
                    group.progress().holds(peer, request.term(), request.prevLogIndex() + request.entries());
                }
            }
        }

        @Override
        public void failed(Cause cause, String why) {
            callback.complete(
                    null, cause == Cause.TIMED_OUT ? new InvokeTimeoutException(why) : new RemotingException(why));
        }
    }
}

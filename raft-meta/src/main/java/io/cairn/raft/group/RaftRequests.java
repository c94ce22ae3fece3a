package io.cairn.raft.group;

import com.alipay.sofa.jraft.rpc.Connection;
import com.alipay.sofa.jraft.rpc.RaftServerService;
import com.alipay.sofa.jraft.rpc.RpcContext;
import com.alipay.sofa.jraft.rpc.RpcRequestClosure;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.GetFileRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.GetFileResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.InstallSnapshotRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.InstallSnapshotResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.ReadIndexRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.TimeoutNowRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.TimeoutNowResponse;
import com.alipay.sofa.jraft.storage.FileService;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Hands the library's requests to the group that they are for. A message must come from the node that its connection
 * proved to be, be meant for this node, and both must be in one cluster.
 */
final class RaftRequests {
    private final RaftHost host;

    RaftRequests(RaftHost host) {
        this.host = host;
    }

    void handle(Inbound from, Frame frame) {
        if (!from.formed() || host.addresses().isRemoved(from.sender().nodeId())) {
            from.fail(frame.id(), "not of this cluster");
            return;
        }
        try {
            Message message = RaftMessages.parse(frame.type(), frame.payload());
            if (message == null) {
                from.fail(frame.id(), "unknown message type");
            } else {
                dispatch(from, frame.id(), message);
            }
        } catch (InvalidProtocolBufferException e) {
            from.fail(frame.id(), "malformed message");
        } catch (IllegalStateException e) {
            // The library throws this when its node is shutting down.
            from.fail(frame.id(), String.valueOf(e.getMessage()));
        }
    }

    private void dispatch(Inbound from, long id, Message message) {
        Reply reply = new Reply(from, id);
        if (message instanceof AppendEntriesRequest m) {
            HostedGroup group = group(from, id, m.getGroupId(), m.getServerId(), m.getPeerId());
            if (group != null) {
                RpcRequestClosure done = new RpcRequestClosure(reply, AppendEntriesResponse.getDefaultInstance());
                answer(from, id, group.service().handleAppendEntriesRequest(m, done));
            }
        } else if (message instanceof RequestVoteRequest m) {
            HostedGroup group = group(from, id, m.getGroupId(), m.getServerId(), m.getPeerId());
            if (group != null) {
                RaftServerService service = group.service();
                Message response = group.leases()
                        .vote(() ->
                                m.getPreVote() ? service.handlePreVoteRequest(m) : service.handleRequestVoteRequest(m));
                answer(from, id, response);
                if (m.getPreVote() && response instanceof RequestVoteResponse vote && !vote.getGranted()) {
                    group.refusedPreVote();
                }
            }
        } else if (message instanceof TimeoutNowRequest m) {
            HostedGroup group = group(from, id, m.getGroupId(), m.getServerId(), m.getPeerId());
            if (group != null && group.isLeaving()) {
                from.answer(
                        id,
                        TimeoutNowResponse.newBuilder()
                                .setTerm(group.term())
                                .setSuccess(false)
                                .build());
            } else if (group != null) {
                group.offered(m.getTerm());
                // The leader that sends this serves by its lease no more.
                group.leases().release(m.getTerm());
                RpcRequestClosure done = new RpcRequestClosure(reply, TimeoutNowResponse.getDefaultInstance());
                answer(from, id, group.service().handleTimeoutNowRequest(m, done));
            }
        } else if (message instanceof ReadIndexRequest m) {
            HostedGroup group = group(from, id, m.getGroupId(), m.getServerId(), m.getPeerId());
            if (group != null) {
                group.barriers().serve(m, from, id);
            }
        } else if (message instanceof InstallSnapshotRequest m) {
            HostedGroup group = group(from, id, m.getGroupId(), m.getServerId(), m.getPeerId());
            if (group != null) {
                if (!group.hasSnapshotRoom()) {
                    from.fail(id, "no disk space for a snapshot"); // Offered again a little later.
                    return;
                }
                RpcRequestClosure done = new RpcRequestClosure(reply, InstallSnapshotResponse.getDefaultInstance());
                group.snapshotOffered();
                // It returns only when the whole snapshot has been copied.
                blocking(from, id, () -> answer(from, id, group.service().handleInstallSnapshot(m, done)));
            }
        } else if (message instanceof GetFileRequest m) {
            RpcRequestClosure done = new RpcRequestClosure(reply, GetFileResponse.getDefaultInstance());
            blocking(from, id, () -> answer(from, id, FileService.getInstance().handleGetFile(m, done)));
        } else {
            from.fail(id, "not a request");
        }
    }

    private void blocking(Inbound from, long id, Runnable task) {
        try {
            host.threads().blocking().execute(() -> {
                try {
                    task.run();
                } catch (IllegalStateException e) {
                    from.fail(id, String.valueOf(e.getMessage()));
                }
            });
        } catch (RejectedExecutionException e) {
            from.fail(id, "busy");
        }
    }

    private static void answer(Inbound from, long id, @Nullable Message response) {
        if (response != null) {
            from.answer(id, response);
        }
    }

    private @Nullable HostedGroup group(Inbound from, long id, String groupId, String sender, String receiver) {
        HostedGroup group = host.group(groupId);
        if (group == null
                || !Peers.nodeId(sender).equals(from.sender().nodeId())
                || !Peers.nodeId(receiver).equals(host.nodeId())) {
            from.fail(id, "no replica of group " + groupId + " here, or not from or for the node that it names");
            return null;
        }
        return group;
    }

    /** The library answers through this. */
    private record Reply(Inbound from, long id) implements RpcContext, Connection {
        @Override
        public void sendResponse(Object response) {
            from.answer(id, (Message) response);
        }

        @Override
        public Connection getConnection() {
            return this;
        }

        @Override
        public String getRemoteAddress() {
            return Objects.toString(from.sender().address());
        }

        @Override
        public @Nullable Object getAttribute(String key) {
            return null;
        }

        @Override
        public void setAttribute(String key, Object value) {
            // Only the library's own AppendEntries processor, which is not used, keeps attributes.
        }

        @Override
        public @Nullable Object setAttributeIfAbsent(String key, Object value) {
            return null;
        }

        @Override
        public void close() {
            from.close();
        }
    }
}

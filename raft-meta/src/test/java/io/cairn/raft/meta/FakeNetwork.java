package io.cairn.raft.meta;

import io.cairn.raft.group.RaftGroup;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A world of nodes without sockets, disks or elections that take time: everything that happens runs on one thread, in
 * order. A group commits when a majority of its voters is open; the first open voter leads. For tests.
 */
public final class FakeNetwork implements AutoCloseable {
    final Map<String, FakeHost> hosts = new TreeMap<>();
    final Map<String, FakeConsensus> groups = new TreeMap<>();
    final ExecutorService world = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "fake-world");
        thread.setDaemon(true);
        return thread;
    });

    volatile Supplier<CompletableFuture<Long>> snapshots = () -> CompletableFuture.completedFuture(0L);

    /** Takes a replica's snapshots, which hold nothing: the fake keeps its whole log. */
    void snapshotsBy(Supplier<CompletableFuture<Long>> taker) {
        snapshots = taker;
    }

    /** The files of all replicas of a group are gone. */
    void forget(String groupId) {
        call(() -> groups.remove(groupId));
    }

    /** A host that answers messages sent to {@code address}. */
    public FakeHost host(String nodeId, InetSocketAddress address) {
        return call(() -> {
            FakeHost host = new FakeHost(this, nodeId, address);
            hosts.put(nodeId, host);
            return host;
        });
    }

    /** The node is gone, as by kill -9: its replicas stop without a word. */
    public void kill(String nodeId) {
        call(() -> {
            hosts.remove(nodeId);
            for (FakeConsensus group : groups.values()) {
                group.killed(nodeId);
            }
            return true;
        });
    }

    /** The group's replica on the node that leads it, or null. */
    public @Nullable RaftGroup leaderOf(String groupId) {
        return call(() -> {
            FakeConsensus group = groups.get(groupId);
            return group == null ? null : group.leader;
        });
    }

    /** Makes another open voter lead. */
    public void deposeLeader(String groupId) {
        call(() -> {
            FakeConsensus group = groups.get(groupId);
            if (group != null) {
                group.depose();
            }
            return true;
        });
    }

    /** Makes the replicas of a group hear of the next term while its leader still leads. */
    public void requestVote(String groupId) {
        call(() -> {
            FakeConsensus group = groups.get(groupId);
            if (group != null) {
                group.requestVote();
            }
            return true;
        });
    }

    /** All membership changes of a group so far, in order. */
    public List<Members> changesOf(String groupId) {
        return call(() -> {
            FakeConsensus group = groups.get(groupId);
            return group == null ? List.of() : new ArrayList<>(group.changes);
        });
    }

    @Nullable
    FakeHost at(InetSocketAddress address) {
        for (FakeHost host : hosts.values()) {
            if (host.address.equals(address)) {
                return host;
            }
        }
        return null;
    }

    <T extends @Nullable Object> T call(Supplier<T> work) {
        return CompletableFuture.supplyAsync(work, world).join();
    }

    @Override
    public void close() {
        world.shutdownNow();
    }
}

package io.cairn.raft.shards;

import io.cairn.raft.group.HostFaults;
import io.cairn.raft.group.HostOptions;
import io.cairn.raft.group.RaftHost;
import io.cairn.raft.group.RaftThreads;
import io.cairn.raft.meta.AddressBook;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.GroupHost;
import io.cairn.raft.meta.RaftHostPort;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Raft over loopback sockets for a {@link TestCluster}. */
final class RealHosts implements TestCluster.Hosts {
    private final Map<String, RaftThreads> threads = new ConcurrentHashMap<>();
    private final Map<GroupHost, RaftHost> hosts = new ConcurrentHashMap<>();

    @Override
    public GroupHost start(ClusterNode self, AddressBook book, @Nullable String clusterId) throws IOException {
        RaftThreads shared = threads.computeIfAbsent(self.domain(), domain -> new RaftThreads());
        RaftHost host = RaftHost.start(
                new HostOptions(self.id(), self.raftAddress(), book, clusterId, new byte[] {1, 2, 3}, shared));
        GroupHost port = new RaftHostPort(host);
        hosts.put(port, host);
        return port;
    }

    @Override
    public void stop(GroupHost port, ClusterNode self, boolean kill) {
        RaftHost host = hosts.remove(port);
        if (host != null && kill) {
            HostFaults.kill(host);
        } else if (host != null) {
            host.close();
        }
    }

    void close() {
        threads.values().forEach(RaftThreads::close);
    }
}

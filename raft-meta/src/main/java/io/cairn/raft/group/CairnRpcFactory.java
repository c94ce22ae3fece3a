package io.cairn.raft.group;

import com.alipay.sofa.jraft.option.RpcOptions;
import com.alipay.sofa.jraft.rpc.RaftRpcFactory;
import com.alipay.sofa.jraft.rpc.RpcClient;
import com.alipay.sofa.jraft.rpc.RpcServer;
import com.alipay.sofa.jraft.util.Endpoint;
import com.alipay.sofa.jraft.util.SPI;

/**
 * Gives the library our transport in place of Bolt (found by its service loader): each of its nodes gets a client that
 * goes through its host's links. It never makes a server: {@link PeerPort} calls the nodes directly.
 */
@SPI(name = "cairn", priority = 100)
public final class CairnRpcFactory implements RaftRpcFactory {
    /** Called by the service loader. */
    public CairnRpcFactory() {}

    @Override
    public void registerProtobufSerializer(String className, Object... args) {
        // RaftMessages knows the few messages that this port speaks.
    }

    @Override
    public RpcClient createRpcClient(ConfigHelper<RpcClient> helper) {
        GroupRpcClient client = new GroupRpcClient();
        helper.config(client);
        return client;
    }

    @Override
    public ConfigHelper<RpcClient> defaultJRaftClientConfigHelper(RpcOptions options) {
        HostNodeOptions ours = (HostNodeOptions) options;
        return client -> ((GroupRpcClient) client).bind(ours.group());
    }

    @Override
    public RpcServer createRpcServer(Endpoint endpoint, ConfigHelper<RpcServer> helper) {
        throw new UnsupportedOperationException("Cairn's peer port is the only server");
    }

    @Override
    public boolean isReplicatorPipelineEnabled() {
        return true;
    }
}

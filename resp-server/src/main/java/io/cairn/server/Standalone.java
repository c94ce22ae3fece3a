package io.cairn.server;

import io.cairn.command.Command;
import io.cairn.command.DisabledClusterCommands;
import io.cairn.config.Config;
import io.cairn.config.Keys;
import io.cairn.replica.WaitReplicas;
import java.util.List;
import java.util.function.Supplier;

/** Nodes on their own. */
public final class Standalone implements NodeKind {
    @Override
    public String redisMode() {
        return "standalone";
    }

    @Override
    public int databases(Config config) {
        return config.get(Keys.DATABASES);
    }

    @Override
    public List<List<Command>> commands(Supplier<NodeBackend> backend) {
        return List.of(DisabledClusterCommands.table(), new WaitReplicas().table());
    }

    @Override
    public NodeBackend backend(NodeParts parts) {
        return new StandaloneBackend(parts);
    }
}
